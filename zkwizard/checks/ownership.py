"""Whether a node already belongs to the cluster that the answers describe."""

from __future__ import annotations

from urllib.parse import urlsplit

from zkwizard.model.cluster import Cluster
from zkwizard.model.facts import NodeFacts


def is_ours(cluster: Cluster, facts: NodeFacts) -> bool:
    """Whether its kubelet talks to this cluster's API server.

    On a control plane kubeadm points the kubelet to the local API server (ControlPlaneKubeletLocalMode,
    always on since 1.35), so the overlay addresses of the control planes count as well as the endpoint.
    """
    host = server_host(facts)
    own = {cluster.endpoint.lower()}
    for node in cluster.nodes:
        if node.is_control_plane:
            own |= {str(node.overlay_ip), node.name.lower(), f"{node.name}.{cluster.domain}".lower()}
    return bool(host) and host in own


def is_foreign(cluster: Cluster, facts: NodeFacts) -> bool:
    """Whether its kubelet talks to another API server."""
    return bool(facts.kubelet_server) and not is_ours(cluster, facts)


def server_host(facts: NodeFacts) -> str:
    """The host in the kubelet's address of the API server, in lower case; empty when there is none."""
    try:
        return (urlsplit(facts.kubelet_server).hostname or "").lower()
    except ValueError:
        return ""
