"""kubeadm.yaml of the first control plane: four documents (facts: kubeadm's configuration v1beta4)."""

from __future__ import annotations

from typing import Any

from zkwizard.model import versions
from zkwizard.model.cluster import Cluster, Runtime
from zkwizard.phases.documents.merge import merged
from zkwizard.phases.documents.registration import (
    KUBEADM_API,
    KUBELET_API,
    PATCHES,
    TIMEOUTS,
    registration,
)
from zkwizard.phases.documents.text import text_of

_REGISTRY_COPIES = ("k8s.m.daocloud.io", "m.daocloud.io/registry.k8s.io")
"""Mirrors with the registry's own layout: kubeadm looks for CoreDNS one level higher than they have it."""


def init_text(cluster: Cluster, version: str) -> str:
    """The whole file; ``version`` is exact, without the v."""
    return text_of(_init(cluster), _cluster(cluster, version), _kubelet(cluster), _kube_proxy(cluster))


def _init(cluster: Cluster) -> dict[str, Any]:
    node = cluster.first_control_plane
    return {
        "apiVersion": KUBEADM_API,
        "kind": "InitConfiguration",
        "localAPIEndpoint": {"advertiseAddress": str(node.overlay_ip), "bindPort": 6443},
        "nodeRegistration": registration(cluster, node),
        "patches": {"directory": PATCHES},
        "timeouts": TIMEOUTS,
    }


def _cluster(cluster: Cluster, version: str) -> dict[str, Any]:
    document: dict[str, Any] = {
        "apiVersion": KUBEADM_API,
        "kind": "ClusterConfiguration",
        "clusterName": cluster.name,
        "kubernetesVersion": f"v{version}",
        "controlPlaneEndpoint": f"{cluster.endpoint}:6443",
        "networking": {
            "podSubnet": str(cluster.kubernetes.pod_subnet),
            "serviceSubnet": str(cluster.kubernetes.service_subnet),
            "dnsDomain": "cluster.local",
        },
        "apiServer": _api_server(cluster),
        "etcd": {"local": _etcd(cluster)},
    }
    repository = cluster.mirrors.images.repository
    if repository:
        document["imageRepository"] = repository
    if repository in _REGISTRY_COPIES:
        document["dns"] = {"imageRepository": f"{repository}/coredns"}
    return document


def _api_server(cluster: Cluster) -> dict[str, Any]:
    """Every name and address under which a control plane may be called goes into its certificate."""
    nodes = [node for node in cluster.nodes if node.is_control_plane]
    names = [str(node.overlay_ip) for node in nodes] + [node.name for node in nodes]
    names += [f"{node.name}.{cluster.domain}" for node in nodes] + [cluster.endpoint]
    ours: dict[str, Any] = {"certSANs": names}
    if _exec_over_docker_breaks(cluster):
        ours["extraArgs"] = [{"name": "feature-gates", "value": "ExtendWebSocketsToKubelet=false"}]
    return merged(ours, cluster.kubernetes.api_server)


def _etcd(cluster: Cluster) -> dict[str, Any]:
    """Listen addresses by arguments: a JSON patch would append a second flag of the same name."""
    ours: dict[str, Any] = {"dataDir": "/var/lib/etcd"}
    if cluster.kubernetes.etcd_listen == "all":
        ours["extraArgs"] = [
            {"name": "listen-client-urls", "value": "https://0.0.0.0:2379"},
            {"name": "listen-peer-urls", "value": "https://0.0.0.0:2380"},
        ]
    return merged(ours, cluster.kubernetes.etcd)


def _kubelet(cluster: Cluster) -> dict[str, Any]:
    ours: dict[str, Any] = {
        "apiVersion": KUBELET_API,
        "kind": "KubeletConfiguration",
        "cgroupDriver": "systemd",
    }
    if _exec_over_docker_breaks(cluster):
        ours["featureGates"] = {"ExtendWebSocketsToKubelet": False}
    return merged(ours, cluster.kubernetes.kubelet)


def _kube_proxy(cluster: Cluster) -> dict[str, Any]:
    ours = {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": cluster.kubernetes.kube_proxy_mode,
    }
    return merged(ours, cluster.kubernetes.kube_proxy)


def _exec_over_docker_breaks(cluster: Cluster) -> bool:
    """From 1.36 exec fails with cri-dockerd unless a gate is closed (Mirantis/cri-dockerd#560)."""
    minor = versions.find(cluster.kubernetes.version)
    return cluster.kubernetes.runtime is Runtime.DOCKER and minor is not None and minor.order >= (1, 36)
