"""The cluster's events, computed from its nodes and pods: what the kubelets, the scheduler and the node controller
would have told.
"""

from __future__ import annotations

import hashlib

from . import cluster, kube_objects, kube_pods, state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_HEALTHY = ("NodeHasSufficientMemory", "NodeHasNoDiskPressure", "NodeHasSufficientPID")


def events() -> list[dict[str, Any]]:
    """All of them, the oldest first."""
    document = cluster.read()
    found = [e for name, node in sorted(document.get("nodes", {}).items()) for e in _of_node(name, node)]
    for pod in kube_pods.pods():
        found += _of_pod(pod)
    return sorted(found, key=lambda e: str(e["lastTimestamp"]))


def _event(
    kind: str, namespace: str, name: str, moment: float, reason: str, message: str, source: str, *,
    warning: bool = False, count: int = 1, host: str = "", field: str = "",
) -> dict[str, Any]:  # fmt: skip
    about = {"apiVersion": "v1", "kind": kind, "name": name}
    if namespace:
        about |= {"namespace": namespace, "uid": kube_pods.uid(namespace, name)}
    if field:
        about["fieldPath"] = field
    stamp = kube_objects.stamp(moment)
    mark = hashlib.sha256(f"{kind}{namespace}{name}{reason}{field}".encode()).hexdigest()[:16]
    return {
        "apiVersion": "v1", "count": count, "eventTime": None, "firstTimestamp": stamp, "involvedObject": about,
        "kind": "Event", "lastTimestamp": stamp, "message": message,
        "metadata": {"creationTimestamp": stamp, "name": f"{name}.{mark}", "namespace": namespace or "default"},
        "reason": reason, "reportingComponent": source, "reportingInstance": host,
        "source": {"component": source, **({"host": host} if host else {})}, "type": "Warning" if warning else "Normal",
        "_created": moment,
    }  # fmt: skip


def _of_node(name: str, node: dict[str, Any]) -> list[dict[str, Any]]:
    joined = node["joined"]
    found = [_event("Node", "", name, joined, "Starting", "Starting kubelet.", "kubelet", host=name)]
    found += [
        _event("Node", "", name, joined, r, f"Node {name} status is now: {r}", "kubelet", count=8, host=name)
        for r in _HEALTHY
    ]
    registered = f"Node {name} event: Registered Node {name} in Controller"
    found.append(_event("Node", "", name, joined + 2, "RegisteredNode", registered, "node-controller"))
    status = cluster.condition(node)[0]
    if status == "True":
        text = f"Node {name} status is now: NodeReady"
        found.append(_event("Node", "", name, joined + 4, "NodeReady", text, "kubelet", host=name))
    elif status == "Unknown":
        text = f"Node {name} status is now: NodeNotReady"
        found.append(_event("Node", "", name, state.now(), "NodeNotReady", text, "node-controller"))
    return found


def _of_pod(pod: dict[str, Any]) -> list[dict[str, Any]]:
    namespace, name, created = pod["namespace"], pod["name"], pod["created"]
    if not pod["node_name"]:
        return [
            _event(
                "Pod",
                namespace,
                name,
                created,
                "FailedScheduling",
                pod["why"],
                "default-scheduler",
                warning=True,
            )
        ]
    found = []
    if pod["labels"].get("tier") != "control-plane":
        text = f"Successfully assigned {namespace}/{name} to {pod['node_name']}"
        found.append(_event("Pod", namespace, name, created, "Scheduled", text, "default-scheduler"))
    for container in pod["containers"]:
        found += _of_container(pod, container)
    return found


def _of_container(pod: dict[str, Any], container: dict[str, Any]) -> list[dict[str, Any]]:
    field, image = f"spec.containers{{{container['name']}}}", container.get("image", "")
    times = pod["restarts"] or 1

    def told(reason: str, message: str, count: int = 1, *, warning: bool = False) -> dict[str, Any]:
        return _event(
            "Pod", pod["namespace"], pod["name"], pod["started"], reason, message, "kubelet",
            warning=warning, count=count, host=pod["node_name"], field=field,
        )  # fmt: skip

    if pod["reason"] == "ErrImagePull":
        return [
            told("Pulling", f'Pulling image "{image}"'),
            told("Failed", f'Failed to pull image "{image}": {pod["why"]}', 2, warning=True),
            told("Failed", "Error: ErrImagePull", 2, warning=True),
        ]
    if pod["phase"] != "Running":
        return []
    there = f'Container image "{image}" already present on machine and can be accessed by the pod'
    found = [
        told("Pulled", there, times),
        told("Created", "Container created", times),
        told("Started", "Container started", times),
    ]
    if pod["reason"] == "CrashLoopBackOff":
        which = f"{pod['name']}_{pod['namespace']}({pod['uid']})"
        text = f"Back-off restarting failed container {container['name']} in pod {which}"
        found.append(told("BackOff", text, 2, warning=True))
    return found
