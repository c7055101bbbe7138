"""What init and join share: how a node registers, time limits, and the patches of one node's kubelet."""

from __future__ import annotations

from typing import Any

from zkwizard.model.cluster import Cluster, Node, Runtime
from zkwizard.phases.documents.text import text_of

KUBEADM_API = "kubeadm.k8s.io/v1beta4"
KUBELET_API = "kubelet.config.k8s.io/v1beta1"
PATCHES = "/etc/kubernetes/patches"

TIMEOUTS = {
    "controlPlaneComponentHealthCheck": "10m0s",
    "kubeletHealthCheck": "8m0s",
    "kubernetesAPICall": "5m0s",
    "etcdAPICall": "4m0s",
    "tlsBootstrap": "10m0s",
    "discovery": "10m0s",
}
"""For slow machines and links; kubernetesAPICall bounds the whole start-up, and its default is one minute."""


def cri_socket(cluster: Cluster) -> str:
    """Where the runtime listens; always named, as kubeadm refuses to choose between two."""
    if cluster.kubernetes.runtime is Runtime.DOCKER:
        return "unix:///var/run/cri-dockerd.sock"
    return "unix:///run/containerd/containerd.sock"


def registration(cluster: Cluster, node: Node) -> dict[str, Any]:
    """``nodeRegistration``: without node-ip the kubelet takes the default route's address."""
    arguments = [{"name": "node-ip", "value": str(node.overlay_ip)}]
    if node.labels:
        labels = ",".join(f"{key}={value}" for key, value in sorted(node.labels.items()))
        arguments.append({"name": "node-labels", "value": labels})
    document: dict[str, Any] = {
        "name": node.name,
        "criSocket": cri_socket(cluster),
        "kubeletExtraArgs": arguments,
        "imagePullPolicy": "IfNotPresent",
        "imagePullSerial": True,
    }
    if node.taints is not None:
        document["taints"] = [taint.model_dump(exclude_defaults=True) for taint in node.taints]
    if cluster.kubernetes.ignore_preflight:
        document["ignorePreflightErrors"] = list(cluster.kubernetes.ignore_preflight)
    return document


def kubelet_patch(node: Node) -> str:
    """The patch for a node that keeps its swap; empty for others.

    It must not be in the KubeletConfiguration of init, which becomes that of every node.
    """
    if not node.keeps_swap:
        return ""
    return text_of(
        {
            "apiVersion": KUBELET_API,
            "kind": "KubeletConfiguration",
            "failSwapOn": False,
            "memorySwap": {"swapBehavior": "NoSwap"},
        }
    )
