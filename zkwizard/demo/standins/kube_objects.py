"""Objects as the API returns them: nodes and pods computed, everything else as it was applied."""

from __future__ import annotations

import hashlib
import time

from . import cluster, kube_pods, state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# What people type → the kind.
KINDS = {
    "no": "Node", "node": "Node", "nodes": "Node", "po": "Pod", "pod": "Pod", "pods": "Pod", "ds": "DaemonSet",
    "daemonset": "DaemonSet", "daemonsets": "DaemonSet", "deploy": "Deployment", "deployment": "Deployment",
    "deployments": "Deployment", "cm": "ConfigMap", "configmap": "ConfigMap", "configmaps": "ConfigMap", "ns": "Namespace",
    "namespace": "Namespace", "namespaces": "Namespace", "svc": "Service", "service": "Service", "services": "Service",
    "ev": "Event", "event": "Event", "events": "Event", "cs": "ComponentStatus", "componentstatus": "ComponentStatus",
    "componentstatuses": "ComponentStatus", "secret": "Secret", "secrets": "Secret", "sa": "ServiceAccount",
    "serviceaccount": "ServiceAccount", "clusterrole": "ClusterRole", "clusterrolebinding": "ClusterRoleBinding",
    "job": "Job", "jobs": "Job", "csr": "CertificateSigningRequest",
}  # fmt: skip
PLURALS = {
    "Node": "nodes",
    "Pod": "pods",
    "DaemonSet": "daemonsets.apps",
    "Deployment": "deployments.apps",
    "ConfigMap": "configmaps",
    "Namespace": "namespaces",
    "Service": "services",
    "Secret": "secrets",
    "ServiceAccount": "serviceaccounts",
}
_SYSTEM_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")


def stamp(moment: float) -> str:
    """RFC 3339, as in metadata."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


def node_object(name: str, node: dict[str, Any]) -> dict[str, Any]:
    """A Node."""
    document = cluster.read()
    report = cluster.machine(node["machine"]).get("kubelet", {})
    status, reason, message = cluster.condition(node)
    ready_taints = (
        []
        if status == "True"
        else [
            {
                "key": "node.kubernetes.io/not-ready"
                if status == "False"
                else "node.kubernetes.io/unreachable",
                "effect": "NoSchedule",
            }
        ]
    )
    spec: dict[str, Any] = {"taints": [*node.get("taints", []), *ready_taints]}
    cidr = cluster.pod_cidr(document, node)
    if cidr:
        spec |= {"podCIDR": cidr, "podCIDRs": [cidr]}
    if node.get("unschedulable"):
        spec["unschedulable"] = True
    if not spec["taints"]:
        del spec["taints"]
    annotations = {
        "node.alpha.kubernetes.io/ttl": "0",
        "volumes.kubernetes.io/controller-managed-attach-detach": "true",
    }
    if cluster.flannel() and report.get("running") and (public := cluster.flannel_address(report)):
        annotations |= {
            "flannel.alpha.coreos.com/backend-data": '{"VNI":1,"VtepMAC":"5e:fd:62:6e:4f:01"}',
            "flannel.alpha.coreos.com/backend-type": "vxlan",
            "flannel.alpha.coreos.com/kube-subnet-manager": "true",
            "flannel.alpha.coreos.com/public-ip": public,
        }
    since = stamp(_since(node, report, status))
    pressure = [
        {
            "lastTransitionTime": since,
            "message": f"kubelet has {words}" if status != "Unknown" else message,
            "reason": f"KubeletHas{r}" if status != "Unknown" else reason,
            "status": "False" if status != "Unknown" else "Unknown",
            "type": t,
        }
        for t, r, words in (
            ("MemoryPressure", "SufficientMemory", "sufficient memory available"),
            ("DiskPressure", "NoDiskPressure", "no disk pressure"),
            ("PIDPressure", "SufficientPID", "sufficient PID available"),
        )
    ]
    if "flannel.alpha.coreos.com/public-ip" in annotations:
        network = {
            "lastTransitionTime": since, "message": "Flannel is running on this node", "reason": "FlannelIsUp",
            "status": "False", "type": "NetworkUnavailable",
        }  # fmt: skip
        pressure.insert(0, network)
    addresses = [
        {"type": "InternalIP", "address": report.get("internal_ip", "")},
        {"type": "Hostname", "address": name},
    ]
    return {
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": name, "labels": node["labels"], "annotations": annotations, "creationTimestamp": stamp(node["joined"])},
        "spec": spec,
        "status": {"addresses": addresses, "capacity": {"cpu": "2", "memory": "2030000Ki", "pods": "110"},
                   "conditions": [*pressure, {"lastTransitionTime": since, "message": message, "reason": reason, "status": status,
                                              "type": "Ready"}],
                   "nodeInfo": {"kubeletVersion": report.get("version", ""), "osImage": report.get("os", ""),
                                "kernelVersion": report.get("kernel", ""), "architecture": node["labels"]["kubernetes.io/arch"],
                                "containerRuntimeVersion": f"containerd://{report.get('runtime', '')}", "operatingSystem": "linux"}},
        "_created": node["joined"],
    }  # fmt: skip


def _since(node: dict[str, Any], report: dict[str, Any], status: str) -> float:
    """When the Ready condition became what it is, as far as it is known."""
    unit = cluster.machine(node["machine"]).get("units", {}).get("kubelet.service", {})
    moment = unit.get("since") if status == "Unknown" else report.get("since")
    return float(moment or node["joined"])


def pod_object(pod: dict[str, Any]) -> dict[str, Any]:
    """A Pod."""
    ended = {"containerID": _id(pod, "c", 2), "exitCode": pod["code"], "finishedAt": stamp(state.now() - 5),
             "reason": "Error", "startedAt": stamp(state.now() - 5)}  # fmt: skip
    waiting = {"reason": pod["reason"], **({"message": pod["why"]} if pod["why"] else {})}
    statuses = [
        {
            "image": c.get("image", ""),
            "lastState": {"terminated": ended} if pod["code"] else {},
            "name": c["name"],
            "ready": pod["ready"],
            "restartCount": pod["restarts"],
            "started": pod["ready"],
            "state": {"running": {"startedAt": stamp(pod["started"])}}
            if pod["ready"]
            else {"waiting": waiting},
            **({"containerID": _id(pod, c["name"], 0)} if pod["phase"] == "Running" else {}),
        }
        for c in pod["containers"]
    ]
    spec = {**pod["spec"], "containers": pod["containers"], "nodeName": pod["node_name"]}
    if not pod["node_name"]:
        del spec["nodeName"]
    metadata = {
        "name": pod["name"],
        "namespace": pod["namespace"],
        "labels": pod["labels"],
        "creationTimestamp": stamp(pod["created"]),
        "uid": pod["uid"],
    }
    if pod.get("owner"):
        metadata["ownerReferences"] = [{"kind": pod["owner"][0], "name": pod["owner"][1], "controller": True}]
    status: dict[str, Any] = {"phase": pod["phase"], "podIP": pod["ip"], "hostIP": "", "qosClass": "BestEffort",
                              "containerStatuses": statuses, "conditions": _pod_conditions(pod)}  # fmt: skip
    if not pod["node_name"]:
        del status["containerStatuses"]
    elif pod["spec"].get("initContainers"):
        status["initContainerStatuses"] = [_done(pod, c) for c in pod["spec"]["initContainers"]]
    return {
        "apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": status,
        "_created": pod["created"], "_pod": pod,
    }  # fmt: skip


def _id(pod: dict[str, Any], container: str, attempt: int) -> str:
    return "containerd://" + container_id(pod, container, attempt)


def container_id(pod: dict[str, Any], container: str, attempt: int) -> str:
    """The runtime's id of one container of a pod."""
    return hashlib.sha256(f"{pod['uid']}/{container}/{attempt}".encode()).hexdigest()


def _done(pod: dict[str, Any], container: dict[str, Any]) -> dict[str, Any]:
    """An init container that did its work, or waits while nothing was started yet."""
    entry = {
        "image": container.get("image", ""),
        "lastState": {},
        "name": container["name"],
        "restartCount": 0,
    }
    if pod["phase"] != "Running":
        return {
            **entry,
            "ready": False,
            "started": False,
            "state": {"waiting": {"reason": "PodInitializing"}},
        }
    times = {"finishedAt": stamp(pod["started"]), "startedAt": stamp(pod["started"])}
    ended = {"containerID": _id(pod, container["name"], 0), "exitCode": 0, "reason": "Completed", **times}
    return {**entry, "ready": True, "started": False, "state": {"terminated": ended}}


def _pod_conditions(pod: dict[str, Any]) -> list[dict[str, Any]]:
    since = stamp(pod["started"])
    if not pod["node_name"]:
        return [{"lastTransitionTime": since, "message": pod["why"], "reason": "Unschedulable", "status": "False",
                 "type": "PodScheduled"}]  # fmt: skip
    names = " ".join(c["name"] for c in pod["containers"])
    unready = {"message": f"containers with unready status: [{names}]", "reason": "ContainersNotReady"}
    return [
        {"lastTransitionTime": since, "status": str(ready), "type": kind, **({} if ready else unready)}
        for kind, ready in (
            ("PodReadyToStartContainers", pod["phase"] == "Running"),
            ("Initialized", True),
            ("Ready", pod["ready"]),
            ("ContainersReady", pod["ready"]),
            ("PodScheduled", True),
        )
    ]


def workload(entry: dict[str, Any]) -> dict[str, Any]:
    """A stored object, with the status that its pods give it."""
    item = {**entry["item"], "_created": entry["created"]}
    item["metadata"] = {**item["metadata"], "creationTimestamp": stamp(entry["created"])}
    kind, name, namespace = item["kind"], item["metadata"]["name"], item["metadata"].get("namespace")
    if kind in ("DaemonSet", "Deployment"):
        own = [p for p in kube_pods.pods() if p.get("owner") == (kind, name) and p["namespace"] == namespace]
        ready = sum(p["ready"] for p in own)
        if kind == "DaemonSet":
            item["status"] = {
                "desiredNumberScheduled": len(own),
                "currentNumberScheduled": len(own),
                "numberReady": ready,
                "updatedNumberScheduled": len(own),
                "numberAvailable": ready,
            }
        else:
            item["status"] = {
                "replicas": len(own),
                "readyReplicas": ready,
                "updatedReplicas": len(own),
                "availableReplicas": ready,
            }
    return item


def listing(kind: str, namespace: str | None) -> list[dict[str, Any]]:
    """All objects of a kind, in one namespace or (None) in all."""
    document = cluster.read()
    if kind == "Node":
        return [node_object(n, e) for n, e in sorted(document.get("nodes", {}).items())]
    if kind == "Pod":
        return [pod_object(p) for p in kube_pods.pods() if namespace in (None, p["namespace"])]
    if kind == "Event":
        from . import kube_events

        return [e for e in kube_events.events() if namespace in (None, e["metadata"]["namespace"])]
    if kind == "ComponentStatus":
        return [
            {
                "kind": kind,
                "metadata": {"name": n},
                "conditions": [{"type": "Healthy", "status": "True", "message": "ok"}],
            }
            for n in ("controller-manager", "etcd-0", "scheduler")
        ]
    found = [
        workload(e)
        for _, e in sorted(document.get("objects", {}).items())
        if e["item"]["kind"] == kind
        and (
            namespace is None
            or not cluster.namespaced(kind)
            or e["item"]["metadata"].get("namespace") == namespace
        )
    ]
    return found + _built_in(kind, namespace, document, {f["metadata"]["name"] for f in found})


def _built_in(
    kind: str, namespace: str | None, document: dict[str, Any], there: set[str]
) -> list[dict[str, Any]]:
    created = document.get("created", state.now())
    if kind == "Namespace":
        return [
            {
                "apiVersion": "v1",
                "kind": kind,
                "metadata": {"name": n},
                "status": {"phase": "Active"},
                "_created": created,
            }
            for n in _SYSTEM_NAMESPACES
            if n not in there
        ]
    if kind == "ConfigMap" and namespace in (None, "kube-system"):
        from . import strict_yaml

        settings = document.get("settings", {}).get("ClusterConfiguration") or {}
        return [
            {
                "apiVersion": "v1",
                "kind": kind,
                "metadata": {"name": "kubeadm-config", "namespace": "kube-system"},
                "data": {"ClusterConfiguration": strict_yaml.dump(settings)},
                "_created": created,
            }
        ]
    if kind == "Service":
        return [
            {
                "apiVersion": "v1",
                "kind": kind,
                "metadata": {"name": n, "namespace": ns},
                "spec": {"clusterIP": ip, "ports": []},
                "_created": created,
            }
            for n, ns, ip in (
                ("kubernetes", "default", "10.96.0.1"),
                ("kube-dns", "kube-system", "10.96.0.10"),
            )
            if namespace in (None, ns)
        ]
    return []
