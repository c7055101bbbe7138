"""The pods of the cluster: computed from nodes and objects, Running a little after they could be."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

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
            "spec": {"hostNetwork": True, "containers": [{"name": component, "image": component}]},
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
    return {
        "name": name, "namespace": metadata.get("namespace", "default"), "labels": metadata.get("labels", {}), "node": node["machine"] if node else "",
        "node_name": node_name or "", "phase": phase, "reason": reason, "ready": reason == "Running", "created": entry["created"],
        "started": since + POD_SECONDS, "host": host, "ip": internal_ip(node) if node and host else "", "container": containers[0]["name"],
        "containers": containers, "spec": spec, "restarts": 3 if reason == "CrashLoopBackOff" else 0,
    }  # fmt: skip


def _give_addresses(document: dict[str, Any], found: list[dict[str, Any]]) -> None:
    counts: dict[str, int] = {}
    for pod in sorted(found, key=lambda p: (p["created"], p["name"])):
        if pod["host"] or not pod["node_name"]:
            continue
        counts[pod["node_name"]] = counts.get(pod["node_name"], 1) + 1
        cidr = pod_cidr(document, document["nodes"][pod["node_name"]])
        if pod["ready"] and cidr:
            pod["ip"] = cidr.rpartition(".")[0] + f".{counts[pod['node_name']]}"
