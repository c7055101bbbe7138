"""flannel's manifest, made here instead of downloaded (facts: flannel 0.28.9).

Two things differ from upstream: the interface is the overlay's, told by its addresses, and the MTU may be
given. The hash of the whole is an annotation, also of the pods, so that a change restarts them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from typing import Any

from zkwizard.phases.documents.pattern import addresses_pattern
from zkwizard.phases.documents.text import text_of

IMAGE = "ghcr.io/flannel-io/flannel:v0.28.9"
PLUGIN_IMAGE = "ghcr.io/flannel-io/flannel-cni-plugin:v1.9.1-flannel3"
IMAGES = (IMAGE, PLUGIN_IMAGE)
NAMESPACE = "kube-flannel"
ANNOTATION = "zkwizard/manifest"
_LABELS = {"app": "flannel", "k8s-app": "flannel", "tier": "node"}
_CNI = {
    "name": "cbr0",
    "cniVersion": "0.3.1",
    "plugins": [
        {"type": "flannel", "delegate": {"hairpinMode": True, "isDefaultGateway": True}},
        {"type": "portmap", "capabilities": {"portMappings": True}},
    ],
}


def manifest(pods: IPv4Network, overlay: IPv4Network, mtu: str) -> str:
    """The whole manifest. ``mtu`` is that of the outer packets; empty takes the interface's own."""
    plain = text_of(*_documents(pods, overlay, mtu, {}))
    digest = hashlib.sha256(plain.encode()).hexdigest()[:16]
    return text_of(*_documents(pods, overlay, mtu, {ANNOTATION: digest}))


def digest_of(text: str) -> str:
    """The hash that a manifest carries."""
    return text.rpartition(f"{ANNOTATION}: ")[2].split("\n")[0].strip("'\"")


def _documents(
    pods: IPv4Network, overlay: IPv4Network, mtu: str, mark: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    labels = {"k8s-app": "flannel", "pod-security.kubernetes.io/enforce": "privileged"}
    yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}}
    yield {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": _named("flannel")}
    yield from _permissions()
    backend: dict[str, Any] = {"Type": "vxlan"}
    if mtu:
        backend["MTU"] = int(mtu) if mtu.isdecimal() else mtu
    network = {"Network": str(pods), "EnableNFTables": False, "Backend": backend}
    yield {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {**_named("kube-flannel-cfg"), "labels": _LABELS},
        "data": {"cni-conf.json": _json(_CNI), "net-conf.json": _json(network)},
    }
    yield _daemon_set(addresses_pattern(overlay), dict(mark))


def _named(name: str) -> dict[str, Any]:
    return {"name": name, "namespace": NAMESPACE}


def _json(data: Mapping[str, Any]) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _permissions() -> Iterator[dict[str, Any]]:
    group = "rbac.authorization.k8s.io"
    rules = [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]},
        {"apiGroups": [""], "resources": ["nodes"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": [""], "resources": ["nodes/status"], "verbs": ["patch"]},
    ]
    metadata = {"name": "flannel", "labels": {"k8s-app": "flannel"}}
    api = f"{group}/v1"
    yield {"apiVersion": api, "kind": "ClusterRole", "metadata": metadata, "rules": rules}
    yield {
        "apiVersion": api,
        "kind": "ClusterRoleBinding",
        "metadata": metadata,
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "flannel"},
        "subjects": [{"kind": "ServiceAccount", **_named("flannel")}],
    }


def _daemon_set(interface: str, mark: dict[str, str]) -> dict[str, Any]:
    pod: dict[str, Any] = {"labels": _LABELS}
    metadata: dict[str, Any] = {**_named("kube-flannel-ds"), "labels": _LABELS}
    if mark:
        pod["annotations"] = metadata["annotations"] = mark
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": metadata,
        "spec": {
            "selector": {"matchLabels": {"app": "flannel"}},
            "template": {"metadata": pod, "spec": _pod(interface)},
        },
    }


def _pod(interface: str) -> dict[str, Any]:
    linux = {"key": "kubernetes.io/os", "operator": "In", "values": ["linux"]}
    terms = {"nodeSelectorTerms": [{"matchExpressions": [linux]}]}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": terms}
    return {
        "affinity": {"nodeAffinity": required},
        "hostNetwork": True,
        "priorityClassName": "system-node-critical",
        "serviceAccountName": "flannel",
        "tolerations": [{"operator": "Exists", "effect": "NoSchedule"}],
        "initContainers": [
            _copier("install-cni-plugin", PLUGIN_IMAGE, "/flannel", "cni-plugin", "/opt/cni/bin", "flannel"),
            _copier(
                "install-cni",
                IMAGE,
                "/etc/kube-flannel/cni-conf.json",
                "cni",
                "/etc/cni/net.d",
                "10-flannel.conflist",
            ),
        ],
        "containers": [_flanneld(interface)],
        "volumes": [
            _host_path("run", "/run/flannel"),
            _host_path("cni-plugin", "/opt/cni/bin"),
            _host_path("cni", "/etc/cni/net.d"),
            {"name": "flannel-cfg", "configMap": {"name": "kube-flannel-cfg"}},
            _host_path("xtables-lock", "/run/xtables.lock", "FileOrCreate"),
        ],
    }


def _copier(name: str, image: str, source: str, volume: str, folder: str, file: str) -> dict[str, Any]:
    """An init container that copies one file to the node."""
    mounts = [{"name": volume, "mountPath": folder}]
    if source.startswith("/etc/kube-flannel"):
        mounts.append({"name": "flannel-cfg", "mountPath": "/etc/kube-flannel/"})
    return {
        "name": name,
        "image": image,
        "command": ["cp"],
        "args": ["-f", source, f"{folder}/{file}"],
        "volumeMounts": mounts,
    }


def _flanneld(interface: str) -> dict[str, Any]:
    own = {name: {"fieldRef": {"fieldPath": path}} for name, path in _OWN_FIELDS.items()}
    return {
        "name": "kube-flannel",
        "image": IMAGE,
        "command": ["/opt/bin/flanneld"],
        "args": [
            "--ip-masq",
            "--kube-subnet-mgr",
            "--healthz-port=8081",
            f"--iface-regex={interface}",
        ],
        "env": [
            *({"name": name, "valueFrom": source} for name, source in own.items()),
            {"name": "EVENT_QUEUE_DEPTH", "value": "5000"},
            {"name": "CONT_WHEN_CACHE_NOT_READY", "value": "false"},
        ],
        "livenessProbe": {"httpGet": {"path": "/healthz", "port": 8081}, "timeoutSeconds": 5},
        "readinessProbe": {"httpGet": {"path": "/readyz", "port": 8081}, "timeoutSeconds": 5},
        "resources": {"requests": {"cpu": "100m", "memory": "50Mi"}},
        "securityContext": {"privileged": False, "capabilities": {"add": ["NET_ADMIN", "NET_RAW"]}},
        "volumeMounts": [
            {"name": "run", "mountPath": "/run/flannel"},
            {"name": "flannel-cfg", "mountPath": "/etc/kube-flannel/"},
            {"name": "xtables-lock", "mountPath": "/run/xtables.lock"},
        ],
    }


_OWN_FIELDS = {"POD_NAME": "metadata.name", "POD_NAMESPACE": "metadata.namespace"}


def _host_path(name: str, path: str, kind: str = "") -> dict[str, Any]:
    place = {"path": path, "type": kind} if kind else {"path": path}
    return {"name": name, "hostPath": place}
