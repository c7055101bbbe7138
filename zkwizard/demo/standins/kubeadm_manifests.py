"""The static pods that kubeadm writes: etcd and the three components of the control plane."""

from __future__ import annotations

import os

from . import strict_yaml
from .kubeadm_files import PKI, ROOT, images

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .kubeadm_files import Settings

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")


def _command(program: str, defaults: dict[str, str], extra: list[dict[str, str]] | None) -> list[str]:
    """Flags sorted by name; an extra argument replaces the default of its name and moves to the end."""
    extra = extra or []
    named = {e["name"] for e in extra}
    kept = [f"--{k}={v}" for k, v in sorted(defaults.items()) if k not in named]
    return [program, *kept, *(f"--{e['name']}={e.get('value', '')}" for e in extra)]


def _probe(host: str, path: str, scheme: str, **more: int) -> dict[str, Any]:
    return {
        "httpGet": {"host": host, "path": path, "port": "probe-port", "scheme": scheme},
        "timeoutSeconds": 15,
        **more,
    }


def _pod(
    name: str,
    image: str,
    command: list[str],
    port: int,
    host: str,
    scheme: str,
    mounts: dict[str, tuple[str, str]],
    annotation: dict[str, str] | None = None,
    requests: dict[str, str] | None = None,
) -> str:
    live = "/healthz" if name == "kube-controller-manager" else "/livez"
    ready = live if name == "kube-controller-manager" else "/readyz"
    container: dict[str, Any] = {
        "command": command, "image": image, "imagePullPolicy": "IfNotPresent", "name": name,
        "livenessProbe": _probe(host, live, scheme, failureThreshold=8, initialDelaySeconds=10, periodSeconds=10),
        "startupProbe": _probe(host, ready, scheme, failureThreshold=24, initialDelaySeconds=10, periodSeconds=10),
        "ports": [{"containerPort": port, "name": "probe-port", "protocol": "TCP"}],
        "resources": {"requests": requests or {"cpu": "100m"}},
        "volumeMounts": [{"mountPath": path, "name": volume, **({"readOnly": True} if kind != "rw" else {})}
                         for volume, (path, kind) in mounts.items()],
    }  # fmt: skip
    if name in ("etcd", "kube-apiserver"):
        container["readinessProbe"] = _probe(host, "/readyz", scheme, failureThreshold=3, periodSeconds=1)
    environment = [{"name": k, "value": os.environ[k]} for k in _PROXIES if os.environ.get(k)]
    if environment:
        container["env"] = environment
    metadata: dict[str, Any] = {
        "labels": {"component": name, "tier": "control-plane"},
        "name": name,
        "namespace": "kube-system",
    }
    if annotation:
        metadata["annotations"] = annotation
    volumes = [
        {
            "hostPath": {
                "path": path,
                "type": "FileOrCreate" if path.endswith(".conf") else "DirectoryOrCreate",
            },
            "name": volume,
        }
        for volume, (path, _) in mounts.items()
    ]
    return strict_yaml.dump({
        "apiVersion": "v1", "kind": "Pod", "metadata": metadata,
        "spec": {"containers": [container], "hostNetwork": True, "priority": 2000001000,
                 "priorityClassName": "system-node-critical",
                 "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}, "volumes": volumes},
        "status": {},
    })  # fmt: skip


def etcd_manifest(s: Settings) -> str:
    """The static pod of etcd."""
    local, address = (s.cluster.get("etcd") or {}).get("local") or {}, s.advertise
    data = local.get("dataDir") or "/var/lib/etcd"
    defaults = {
        "advertise-client-urls": f"https://{address}:2379", "cert-file": f"{PKI}/etcd/server.crt", "client-cert-auth": "true",
        "data-dir": data, "feature-gates": "InitialCorruptCheck=true",
        "initial-advertise-peer-urls": f"https://{address}:2380", "initial-cluster": f"{s.name}=https://{address}:2380",
        "key-file": f"{PKI}/etcd/server.key", "listen-client-urls": f"https://127.0.0.1:2379,https://{address}:2379",
        "listen-metrics-urls": "http://127.0.0.1:2381", "listen-peer-urls": f"https://{address}:2380", "name": s.name,
        "peer-cert-file": f"{PKI}/etcd/peer.crt", "peer-client-cert-auth": "true", "peer-key-file": f"{PKI}/etcd/peer.key",
        "peer-trusted-ca-file": f"{PKI}/etcd/ca.crt", "snapshot-count": "10000", "trusted-ca-file": f"{PKI}/etcd/ca.crt",
        "watch-progress-notify-interval": "5s",
    }  # fmt: skip
    return _pod(
        "etcd",
        images(s)[-1],
        _command("etcd", defaults, local.get("extraArgs")),
        2381,
        "127.0.0.1",
        "HTTP",
        {"etcd-data": (data, "rw"), "etcd-certs": (f"{PKI}/etcd", "rw")},
        {"kubeadm.kubernetes.io/etcd.advertise-client-urls": f"https://{address}:2379"},
        {"cpu": "100m", "memory": "100Mi"},
    )


def control_plane_manifest(name: str, s: Settings) -> str:
    """The static pod of one control plane component."""
    config = f"{ROOT}/{name.removeprefix('kube-')}.conf"
    if name == "kube-apiserver":
        defaults = {
            "advertise-address": s.advertise, "allow-privileged": "true", "authorization-mode": "Node,RBAC",
            "client-ca-file": f"{PKI}/ca.crt", "enable-admission-plugins": "NodeRestriction",
            "enable-bootstrap-token-auth": "true", "etcd-cafile": f"{PKI}/etcd/ca.crt",
            "etcd-certfile": f"{PKI}/apiserver-etcd-client.crt", "etcd-keyfile": f"{PKI}/apiserver-etcd-client.key",
            "etcd-servers": "https://127.0.0.1:2379", "kubelet-client-certificate": f"{PKI}/apiserver-kubelet-client.crt",
            "kubelet-client-key": f"{PKI}/apiserver-kubelet-client.key",
            "kubelet-preferred-address-types": "InternalIP,ExternalIP,Hostname",
            "proxy-client-cert-file": f"{PKI}/front-proxy-client.crt", "proxy-client-key-file": f"{PKI}/front-proxy-client.key",
            "requestheader-allowed-names": "front-proxy-client", "requestheader-client-ca-file": f"{PKI}/front-proxy-ca.crt",
            "requestheader-extra-headers-prefix": "X-Remote-Extra-", "requestheader-group-headers": "X-Remote-Group",
            "requestheader-username-headers": "X-Remote-User", "secure-port": str(s.port),
            "service-account-issuer": f"https://kubernetes.default.svc.{s.domain}",
            "service-account-key-file": f"{PKI}/sa.pub", "service-account-signing-key-file": f"{PKI}/sa.key",
            "service-cluster-ip-range": s.service_subnet, "tls-cert-file": f"{PKI}/apiserver.crt",
            "tls-private-key-file": f"{PKI}/apiserver.key",
        }  # fmt: skip
        extra = (s.cluster.get("apiServer") or {}).get("extraArgs")
        return _pod(
            name,
            images(s)[0],
            _command(name, defaults, extra),
            s.port,
            s.advertise,
            "HTTPS",
            {"ca-certs": ("/etc/ssl/certs", "ro"), "k8s-certs": (PKI, "ro")},
            {f"kubeadm.kubernetes.io/{name}.advertise-address.endpoint": f"{s.advertise}:{s.port}"},
            {"cpu": "250m"},
        )
    common = {
        "authentication-kubeconfig": config,
        "authorization-kubeconfig": config,
        "bind-address": "127.0.0.1",
        "kubeconfig": config,
        "leader-elect": "true",
    }
    if name == "kube-scheduler":
        extra = (s.cluster.get("scheduler") or {}).get("extraArgs")
        return _pod(
            name,
            images(s)[2],
            _command(name, common, extra),
            10259,
            "127.0.0.1",
            "HTTPS",
            {"kubeconfig": (config, "ro")},
        )
    defaults = {
        **common,
        "client-ca-file": f"{PKI}/ca.crt",
        "cluster-name": str(s.cluster.get("clusterName") or "kubernetes"),
        "cluster-signing-cert-file": f"{PKI}/ca.crt",
        "cluster-signing-key-file": f"{PKI}/ca.key",
        "controllers": "*,bootstrapsigner,tokencleaner",
        "requestheader-client-ca-file": f"{PKI}/front-proxy-ca.crt",
        "root-ca-file": f"{PKI}/ca.crt",
        "service-account-private-key-file": f"{PKI}/sa.key",
        "use-service-account-credentials": "true",
    }
    if s.pod_subnet:
        defaults |= {
            "allocate-node-cidrs": "true",
            "cluster-cidr": s.pod_subnet,
            "service-cluster-ip-range": s.service_subnet,
        }
    extra = (s.cluster.get("controllerManager") or {}).get("extraArgs")
    return _pod(
        name,
        images(s)[1],
        _command(name, defaults, extra),
        10257,
        "127.0.0.1",
        "HTTPS",
        {"ca-certs": ("/etc/ssl/certs", "ro"), "k8s-certs": (PKI, "ro"), "kubeconfig": (config, "ro")},
        None,
        {"cpu": "200m"},
    )
