"""The pods of the cluster: computed from nodes and objects, Running a little after they could be."""

from __future__ import annotations

import hashlib
import re

from . import state
from .cluster import (
    POD_SECONDS,
    condition,
    flannel,
    flannel_address,
    internal_ip,
    kubelet_of,
    node_has_network,
    pod_cidr,
    read,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def _suffix(*parts: object) -> str:
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()
    return "".join("bcdfghjklmnpqrstvwxz2456789"[b % 27] for b in digest[:5])


def pods() -> list[dict[str, Any]]:
    """All pods of the cluster as small dictionaries, sorted as kubectl lists them."""
    document = read()
    found: list[dict[str, Any]] = []
    for name, node in document.get("nodes", {}).items():
        if "node-role.kubernetes.io/control-plane" in node["labels"]:
            found += _static(document, name, node)
    for entry in document.get("objects", {}).values():
        kind = entry["item"]["kind"]
        if kind == "DaemonSet":
            found += _daemon_pods(document, entry)
        elif kind in ("Deployment", "ReplicaSet", "StatefulSet"):
            found += _replicas(document, entry)
        elif kind == "Pod":
            found.append(
                _pod(
                    document,
                    entry["item"]["metadata"]["name"],
                    entry,
                    entry["item"],
                    _place(document, entry["item"], 0),
                )
            )
    _give_addresses(document, found)
    return sorted(found, key=lambda p: (p["namespace"], p["name"]))


def _static(document: dict[str, Any], name: str, node: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for component in ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"):
        item = {
            "metadata": {
                "namespace": "kube-system",
                "labels": {"component": component, "tier": "control-plane"},
            },
            "spec": {
                "hostNetwork": True,
                "containers": [{"name": component, "image": _image(document, component)}],
            },
        }
        found.append(
            _pod(
                document,
                f"{component}-{name}",
                {"created": node["joined"], "changed": node["joined"]},
                item,
                name,
            )
        )
    return found


def _image(document: dict[str, Any], component: str) -> str:
    tag = "3.6.8-0" if component == "etcd" else document.get("version", "")
    return f"{document.get('repository', 'registry.k8s.io')}/{component}:{tag}"


def _tolerates(spec: dict[str, Any], taint: dict[str, str]) -> bool:
    return any(
        (t.get("operator") == "Exists" and not t.get("key"))
        or (t.get("key") == taint["key"] and t.get("effect") in (None, "", taint.get("effect")))
        for t in spec.get("tolerations") or []
    )


def _fits(node: dict[str, Any], spec: dict[str, Any], *, daemon: bool = False) -> bool:
    if node.get("unschedulable") and not daemon:
        return False
    selector = spec.get("nodeSelector") or {}
    if any(node["labels"].get(k) != v for k, v in selector.items()):
        return False
    return all(t.get("effect") == "PreferNoSchedule" or _tolerates(spec, t) for t in node.get("taints", []))


def _daemon_pods(document: dict[str, Any], entry: dict[str, Any]) -> list[dict[str, Any]]:
    item = entry["item"]
    template = item["spec"]["template"]
    found = []
    for name, node in document.get("nodes", {}).items():
        if _fits(node, template["spec"], daemon=True):
            start = max(entry["changed"], node["joined"])
            pod = {
                "metadata": {**template.get("metadata", {}), "namespace": item["metadata"]["namespace"]},
                "spec": template["spec"],
            }
            own = _pod(
                document,
                f"{item['metadata']['name']}-{_suffix(entry['changed'], name)}",
                {"created": start, "changed": start},
                pod,
                name,
            )
            found.append({**own, "owner": ("DaemonSet", item["metadata"]["name"])})
    return found


def _place(document: dict[str, Any], item: dict[str, Any], number: int) -> str | None:
    spec = item.get("spec", {})
    if spec.get("nodeName"):
        return str(spec["nodeName"])
    fitting = [
        n
        for n, node in sorted(document.get("nodes", {}).items())
        if _fits(node, spec) and condition(node)[0] == "True"
    ]
    return fitting[number % len(fitting)] if fitting else None


def _replicas(document: dict[str, Any], entry: dict[str, Any]) -> list[dict[str, Any]]:
    item = entry["item"]
    template, found = item["spec"]["template"], []
    for number in range(int(item["spec"].get("replicas", 1))):
        pod = {
            "metadata": {**template.get("metadata", {}), "namespace": item["metadata"]["namespace"]},
            "spec": template["spec"],
        }
        place = _place(document, pod, number)
        middle = _suffix(entry["changed"], "rs") + "8c8"
        name = f"{item['metadata']['name']}-{middle}-{_suffix(entry['changed'], number)}"
        own = _pod(document, name, entry, pod, place)
        found.append({**own, "owner": (item["kind"], item["metadata"]["name"])})
    return found


def _pod(
    document: dict[str, Any], name: str, entry: dict[str, Any], item: dict[str, Any], node_name: str | None
) -> dict[str, Any]:
    spec, metadata = item.get("spec", {}), item.get("metadata", {})
    node = document.get("nodes", {}).get(node_name) if node_name else None
    host = bool(spec.get("hostNetwork"))
    report = kubelet_of(node["machine"]) if node else None
    phase, reason, since = "Pending", "Pending", entry["changed"]
    if node and report:
        since = max(since, report["since"])
        network = host or node_has_network(node["machine"])
        if not host and network:
            flannel_entry = flannel()
            since = max(since, (flannel_entry["changed"] if flannel_entry else 0) + POD_SECONDS)
        if network and state.now() >= since + POD_SECONDS:
            phase = reason = "Running"
        else:
            reason = "ContainerCreating"
        if "flannel" in name and flannel() and flannel_address(report) is None:
            phase, reason = "Running", "CrashLoopBackOff"
    elif node:
        phase = reason = "Running"
    containers = spec.get("containers") or [{"name": "c", "image": ""}]
    why, code = "", 0
    if not node:
        why = _unschedulable(document, spec)
    elif report and reason == "Running":
        phase, reason, why, code = _fault(name, metadata, containers) or (phase, reason, "", 0)
    return {
        "name": name, "namespace": metadata.get("namespace", "default"), "labels": metadata.get("labels", {}), "node": node["machine"] if node else "",
        "node_name": node_name or "", "phase": phase, "reason": reason, "ready": reason == "Running", "created": entry["created"],
        "started": since + POD_SECONDS, "host": host, "ip": internal_ip(node) if node and host else "", "container": containers[0]["name"],
        "containers": containers, "spec": spec, "restarts": 3 if reason == "CrashLoopBackOff" else 0,
        "uid": uid(metadata.get("namespace", "default"), name), "why": why, "code": code,
    }  # fmt: skip


def uid(namespace: str, name: str) -> str:
    """An object's uid: the same as long as its name is."""
    digest = hashlib.sha256(f"{namespace}/{name}".encode()).hexdigest()
    return "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))


def _fault(
    name: str, metadata: dict[str, Any], containers: list[dict[str, Any]]
) -> tuple[str, str, str, int] | None:
    """(phase, reason, message, exit code) of a pod that can't run: its registry's name is below the domain that
    never exists (RFC 2606), or its command is a shell that ends with an error.
    """
    for container in containers:
        image = container.get("image", "")
        host, _, path = image.partition("/")
        if host.endswith(".invalid"):
            place, _, tag = path.rpartition(":")
            why = (
                f'failed to pull and unpack image "{image}": failed to resolve image: failed to do request: Head '
                f'"https://{host}/v2/{place}/manifests/{tag}": dial tcp: lookup {host} on 10.200.0.1:53: no such host'
            )
            return "Pending", "ErrImagePull", why, 0
        command = [*(container.get("command") or []), *(container.get("args") or [])]
        ends = re.search(r"\bexit ([1-9]\d{0,2})\s*$", command[-1]) if command[1:2] == ["-c"] else None
        if ends:
            namespace = metadata.get("namespace", "default")
            why = (
                f"back-off 40s restarting failed container={container['name']} "
                f"pod={name}_{namespace}({uid(namespace, name)})"
            )
            return "Running", "CrashLoopBackOff", why, int(ends[1])
    return None


def _unschedulable(document: dict[str, Any], spec: dict[str, Any]) -> str:
    """What the scheduler says of a pod for which there is no node."""
    nodes = document.get("nodes", {})
    selector = spec.get("nodeSelector") or {}
    strange = sum(any(n["labels"].get(k) != v for k, v in selector.items()) for n in nodes.values())
    counts = [f"{strange} node(s) didn't match Pod's node affinity/selector"] if strange else []
    if len(nodes) - strange:
        counts.append(f"{len(nodes) - strange} node(s) had untolerated taint(s)")
    return (
        f"0/{len(nodes)} nodes are available: {', '.join(counts) or 'no nodes'}. no new claims to deallocate, "
        f"preemption: 0/{len(nodes)} nodes are available: {len(nodes)} Preemption is not helpful for scheduling."
    )


def _give_addresses(document: dict[str, Any], found: list[dict[str, Any]]) -> None:
    counts: dict[str, int] = {}
    for pod in sorted(found, key=lambda p: (p["created"], p["name"])):
        if pod["host"] or not pod["node_name"]:
            continue
        counts[pod["node_name"]] = counts.get(pod["node_name"], 1) + 1
        cidr = pod_cidr(document, document["nodes"][pod["node_name"]])
        if pod["ready"] and cidr:
            pod["ip"] = cidr.rpartition(".")[0] + f".{counts[pod['node_name']]}"
