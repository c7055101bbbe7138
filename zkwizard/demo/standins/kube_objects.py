"""Objects as the API returns them: nodes and pods computed, everything else as it was applied."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from . import cluster, kube_pods, state

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
    pressure = [
        {
            "type": t,
            "status": "False" if status != "Unknown" else "Unknown",
            "reason": f"KubeletHas{r}",
            "message": "",
        }
        for t, r in (
            ("MemoryPressure", "SufficientMemory"),
            ("DiskPressure", "NoDiskPressure"),
            ("PIDPressure", "SufficientPID"),
        )
    ]
    addresses = [
        {"type": "InternalIP", "address": report.get("internal_ip", "")},
        {"type": "Hostname", "address": name},
    ]
    return {
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": name, "labels": node["labels"], "annotations": annotations, "creationTimestamp": stamp(node["joined"])},
        "spec": spec,
        "status": {"addresses": addresses, "capacity": {"cpu": "2", "memory": "2030000Ki", "pods": "110"},
                   "conditions": [*pressure, {"type": "Ready", "status": status, "reason": reason, "message": message}],
                   "nodeInfo": {"kubeletVersion": report.get("version", ""), "osImage": report.get("os", ""),
                                "kernelVersion": report.get("kernel", ""), "architecture": node["labels"]["kubernetes.io/arch"],
                                "containerRuntimeVersion": f"containerd://{report.get('runtime', '')}", "operatingSystem": "linux"}},
        "_created": node["joined"],
    }  # fmt: skip


def pod_object(pod: dict[str, Any]) -> dict[str, Any]:
    """A Pod."""
    waiting = {} if pod["ready"] else {"waiting": {"reason": pod["reason"]}}
    statuses = [
        {
            "name": c["name"],
            "image": c.get("image", ""),
            "ready": pod["ready"],
            "restartCount": pod["restarts"],
            "state": {"running": {"startedAt": stamp(pod["started"])}} if pod["ready"] else waiting,
        }
        for c in pod["containers"]
    ]
    spec = {**pod["spec"], "nodeName": pod["node_name"]}
    if not pod["node_name"]:
        del spec["nodeName"]
    metadata = {
        "name": pod["name"],
        "namespace": pod["namespace"],
        "labels": pod["labels"],
        "creationTimestamp": stamp(pod["created"]),
    }
    if pod.get("owner"):
        metadata["ownerReferences"] = [{"kind": pod["owner"][0], "name": pod["owner"][1], "controller": True}]
    return {
        "apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec,
        "status": {"phase": pod["phase"], "podIP": pod["ip"], "hostIP": "", "containerStatuses": statuses if pod["node_name"] else [],
                   "conditions": [{"type": "Ready", "status": str(pod["ready"])},
                                  {"type": "PodScheduled", "status": str(bool(pod["node_name"]))}]},
        "_created": pod["created"], "_pod": pod,
    }  # fmt: skip


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
        return []
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
