"""The one cluster that all nodes share: what the API server would know, computed from what the kubelets
last reported.

Nothing here runs in the background. A node's state follows from its kubelet, its runtime and the network
add-on at the moment of the question; pods follow from nodes and objects and become Running a little after
they could.
"""

from __future__ import annotations

import re
import time

from . import host, state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .kubeadm_files import Settings

POD_SECONDS = 1.5
# The node controller's grace period before a silent node is NotReady; shortened from 40 s.
GRACE_SECONDS = 8.0


def read() -> dict[str, Any]:
    """The shared document."""
    return dict(state.read("cluster"))


def endpoint() -> str:
    """host:port of the API."""
    return str(read().get("endpoint", "localhost:8080"))


def ca_hash() -> str:
    """sha256:… of the cluster's CA."""
    return str(read().get("ca_hash", ""))


def machine(name: str) -> dict[str, Any]:
    """What node `name` of the practice cluster has written about itself."""
    return dict(state.read("node-" + name))


def kubelet_of(name: str) -> dict[str, Any] | None:
    """The report of the kubelet on machine `name`, None if it does not run."""
    document = machine(name)
    unit = document.get("units", {}).get("kubelet.service", {})
    running = unit.get("active") == "active" or host.lives(name, "kubelet.service")
    return dict(document["kubelet"]) if running and document.get("kubelet", {}).get("running") else None


def api_fault() -> str | None:
    """Why the API can't be reached from here, None if it can."""
    from .kubeadm_phases import answers

    host, _, port = endpoint().rpartition(":")
    document = read()
    if not document.get("endpoint"):
        return "dial tcp: connect: connection refused"
    if not answers(host, int(port), 3):
        return f"dial tcp {host}:{port}: connect: connection refused"
    return certificate_fault()


def certificate_fault() -> str | None:
    """What a client says of an API server whose certificate has expired, None while it is valid."""
    for node in read().get("nodes", {}).values():
        expired = (kubelet_of(node["machine"]) or {}).get("api_expired")
        if expired:
            now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            return (
                "tls: failed to verify certificate: x509: certificate has expired or is not yet valid: "
                f"current time {now} is after {expired}"
            )
    return None


def create(s: Settings, ca_hash_now: str) -> None:
    """After the control plane came up: remember what it is made of; a second init with the same CA
    keeps what there is.
    """
    with state.change("cluster") as document:
        if document.get("ca_hash") != ca_hash_now:
            kept = {k: v for k, v in document.get("nodes", {}).items() if v.get("machine") == state.node()}
            document.clear()
            document["nodes"] = kept
        document.update({
            "endpoint": s.endpoint, "ca_hash": ca_hash_now, "ca": state.load("/etc/kubernetes/pki/ca.crt"), "version": s.version,
            "pod_subnet": s.pod_subnet, "service_subnet": s.service_subnet, "domain": s.domain, "settings": s.documents,
            "pki": state.read(state.mine()).get("pki", 0), "repository": s.repository,
        })  # fmt: skip
        document.setdefault("objects", {})
        document.setdefault("created", state.now())
    register(state.node(), s.name)


def register(machine_name: str, node_name: str) -> None:
    """A kubelet registers its node."""
    with state.change("cluster") as document:
        nodes = document.setdefault("nodes", {})
        if node_name not in nodes:
            used = {n.get("index") for n in nodes.values()}
            index = next(i for i in range(250) if i not in used)
            nodes[node_name] = {
                "machine": machine_name,
                "joined": state.now(),
                "index": index,
                "taints": [],
                "labels": {
                    "beta.kubernetes.io/arch": _architecture(),
                    "beta.kubernetes.io/os": "linux",
                    "kubernetes.io/arch": _architecture(),
                    "kubernetes.io/hostname": node_name,
                    "kubernetes.io/os": "linux",
                },
            }
        nodes[node_name]["machine"] = machine_name


def _architecture() -> str:
    from .packages import architecture

    return architecture()


def mark_control_plane(name: str, taints: list[dict[str, str]] | None) -> None:
    """Labels and taints of a control plane node; an empty list of taints means none."""
    with state.change("cluster") as document:
        node = document["nodes"].get(name)
        if node is None:
            return
        node["labels"]["node-role.kubernetes.io/control-plane"] = ""
        node["labels"]["node.kubernetes.io/exclude-from-external-load-balancers"] = ""
        wanted = (
            [{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}]
            if taints is None
            else taints
        )
        node["taints"] = [
            t for t in node.get("taints", []) if t["key"] not in {w["key"] for w in wanted}
        ] + wanted


def add_addons(s: Settings) -> None:
    """CoreDNS and kube-proxy."""
    from .kubeadm_files import images

    names = images(s)
    critical = [{"operator": "Exists"}]
    proxy = {
        "kind": "DaemonSet",
        "apiVersion": "apps/v1",
        "metadata": {"name": "kube-proxy", "namespace": "kube-system"},
        "spec": {
            "selector": {"matchLabels": {"k8s-app": "kube-proxy"}},
            "template": {
                "metadata": {"labels": {"k8s-app": "kube-proxy"}},
                "spec": {
                    "hostNetwork": True,
                    "tolerations": critical,
                    "containers": [{"name": "kube-proxy", "image": names[3]}],
                },
            },
        },
    }
    control = [{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}]
    dns = {
        "kind": "Deployment",
        "apiVersion": "apps/v1",
        "metadata": {"name": "coredns", "namespace": "kube-system"},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"k8s-app": "kube-dns"}},
            "template": {
                "metadata": {"labels": {"k8s-app": "kube-dns"}},
                "spec": {"tolerations": control, "containers": [{"name": "coredns", "image": names[4]}]},
            },
        },
    }
    with state.change("cluster") as document:
        for item in (proxy, dns):
            put(document, item)


def put(document: dict[str, Any], item: dict[str, Any]) -> str:
    """Store an object as `apply` does; return created, configured or unchanged."""
    metadata = item.setdefault("metadata", {})
    if namespaced(item["kind"]):
        metadata.setdefault("namespace", "default")
    objects = document.setdefault("objects", {})
    at = key(item["kind"], metadata.get("namespace", ""), metadata["name"])
    before = objects.get(at)
    if before and before["item"] == item:
        return "unchanged"
    created = before["created"] if before else state.now()
    objects[at] = {"item": item, "created": created, "changed": state.now()}
    return "configured" if before else "created"


def key(kind: str, namespace: str, name: str) -> str:
    """Where an object is kept."""
    return f"{kind}/{namespace}/{name}"


def namespaced(kind: str) -> bool:
    """Whether objects of that kind live in a namespace."""
    return kind not in (
        "Namespace",
        "Node",
        "ClusterRole",
        "ClusterRoleBinding",
        "PriorityClass",
        "StorageClass",
        "PersistentVolume",
        "CustomResourceDefinition",
        "CertificateSigningRequest",
    )


def machine_was_reset(name: str) -> None:
    """kubeadm reset on a machine: the last control plane takes the cluster with it; a worker's node
    object stays.
    """
    with state.change("cluster") as document:
        own = [n for n, e in document.get("nodes", {}).items() if e["machine"] == name]
        others = [
            n
            for n, e in document.get("nodes", {}).items()
            if e["machine"] != name and "node-role.kubernetes.io/control-plane" in e["labels"]
        ]
        was_control = any(
            "node-role.kubernetes.io/control-plane" in document["nodes"][n]["labels"] for n in own
        )
        if was_control and not others:
            document.clear()


def flannel() -> dict[str, Any] | None:
    """The DaemonSet of flannel, with when it came."""
    for entry in read().get("objects", {}).values():
        item = entry["item"]
        if item["kind"] == "DaemonSet" and "flannel" in item["metadata"]["name"]:
            return dict(entry)
    return None


def flannel_address(report: dict[str, Any]) -> str | None:
    """The address that flannel picks on a machine: by its --iface flags, else the default route's; None
    if nothing matches.
    """
    entry = flannel()
    assert entry is not None
    container = entry["item"]["spec"]["template"]["spec"]["containers"][0]
    arguments = [*(container.get("command") or []), *(container.get("args") or [])]
    text = "\n".join(a.replace("--iface-regex ", "--iface-regex=") for a in arguments)
    wanted = re.findall(r"--iface(-regex)?=(\S+)", text)
    addresses = report.get("addresses", {})
    if not wanted:
        return report.get("default_address")
    for regex, value in wanted:
        for interface, own in addresses.items():
            for address in own:
                if (
                    (re.search(value, address) or re.search(value, interface))
                    if regex
                    else value in (interface, address)
                ):
                    return str(address)
    return None


def node_has_network(machine_name: str) -> bool:
    """Whether the network add-on works on that machine."""
    entry, report = flannel(), kubelet_of(machine_name)
    if entry is None or report is None:
        return False
    since = max(entry["changed"], report["since"])
    return flannel_address(report) is not None and state.now() >= since + POD_SECONDS


def is_ready(name: str) -> bool:
    """Whether the node is Ready now."""
    node = read().get("nodes", {}).get(name)
    return bool(node) and condition(node)[0] == "True"


def condition(node: dict[str, Any]) -> tuple[str, str, str]:
    """(status, reason, message) of the Ready condition."""
    document = machine(node["machine"])
    report = kubelet_of(node["machine"])
    if report is None or _overlay_down(node, report):
        unit = document.get("units", {}).get("kubelet.service", {})
        since = unit.get("since") or host.last_beat(node["machine"], "kubelet.service") or 0
        if report is None and since and state.now() - since < GRACE_SECONDS and document.get("kubelet"):
            return "True", "KubeletReady", "kubelet is posting ready status"
        return "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status."
    if not _runtime_lives(node["machine"]):
        return "False", "KubeletNotReady", "[container runtime is down]"
    if not node_has_network(node["machine"]):
        return (
            "False",
            "KubeletNotReady",
            (
                "container runtime network not ready: NetworkReady=false "
                "reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized"
            ),
        )
    return "True", "KubeletReady", "kubelet is posting ready status"


def _runtime_lives(machine_name: str) -> bool:
    unit = machine(machine_name).get("units", {}).get("containerd.service")
    if unit is None and host.last_beat(machine_name, "containerd.service"):
        return host.lives(machine_name, "containerd.service")
    return unit is None or unit.get("active") == "active"


def _overlay_down(node: dict[str, Any], report: dict[str, Any]) -> bool:
    """A kubelet whose API lies on the overlay can't report once the overlay's address is gone from its
    machine.
    """
    host = endpoint().rpartition(":")[0]
    own = [a for addresses in report.get("addresses", {}).values() for a in addresses]
    return host.startswith("10.9.8.") and not any(a.startswith("10.9.8.") for a in own)


def internal_ip(node: dict[str, Any]) -> str:
    """The InternalIP that the kubelet registered."""
    return str(machine(node["machine"]).get("kubelet", {}).get("internal_ip", "<none>"))


def pod_cidr(document: dict[str, Any], node: dict[str, Any]) -> str:
    """The node's share of the pod subnet, "" if none is handed out."""
    subnet = document.get("pod_subnet") or ""
    parts = subnet.partition("/")[0].split(".")
    return f"{parts[0]}.{parts[1]}.{node['index']}.0/24" if len(parts) == 4 else ""


def age(seconds: float) -> str:
    """Durations as kubectl shortens them: 14s, 2m5s, 12m, 3h4m, 2d."""
    whole = max(0, int(seconds))
    if whole < 120:
        return f"{whole}s"
    minutes = whole // 60
    if minutes < 10:
        return f"{minutes}m{whole % 60}s" if whole % 60 else f"{minutes}m"
    if minutes < 180:
        return f"{minutes}m"
    hours = minutes // 60
    if hours < 8:
        return f"{hours}h{minutes % 60}m" if minutes % 60 else f"{hours}h"
    return f"{hours}h" if hours < 48 else f"{hours // 24}d"
