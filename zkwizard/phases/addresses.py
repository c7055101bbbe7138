"""Addresses and names that several phases must agree on: who the peers are, what the proxy is not for.

The sources of NO_PROXY are https://kubernetes.io/docs (kubeadm preflight HTTPProxyCIDR) and what containerd
needs: Go programs understand networks in it, curl since 7.86, apt does not read it at all.
"""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address
from urllib.parse import urlsplit

from zkwizard.model.cluster import Cluster, Driver, Node

METADATA = "169.254.169.254"
"""Where clouds answer a machine's questions about itself."""


def uses_zerotier(cluster: Cluster) -> bool:
    """Whether zkwizard makes the overlay."""
    return cluster.overlay.driver is Driver.ZEROTIER


def peers(cluster: Cluster, node: Node) -> tuple[Node, ...]:
    """All other nodes, in the order of the file."""
    return tuple(other for other in cluster.nodes if other.name != node.name)


def full_name(cluster: Cluster, node: Node) -> str:
    """The node's hostname: its name and the domain."""
    return f"{node.name}.{cluster.domain}"


def hosts_lines(cluster: Cluster) -> str:
    """The lines for /etc/hosts: every node, and the API server's name on the first control plane."""
    lines = [f"{node.overlay_ip} {full_name(cluster, node)} {node.name}\n" for node in cluster.nodes]
    lines.append(f"{cluster.first_control_plane.overlay_ip} {cluster.endpoint}\n")
    return "".join(lines)


def no_proxy(cluster: Cluster) -> tuple[str, ...]:
    """What is reached without the proxy: everything inside the cluster, and what the file names."""
    kubernetes = cluster.kubernetes
    inside = [
        "localhost",
        "127.0.0.1",
        cluster.overlay.cidr,
        kubernetes.pod_subnet,
        kubernetes.service_subnet,
    ]
    for node in cluster.nodes:
        inside += [node.name, full_name(cluster, node)]
    inside += [cluster.endpoint, ".svc", ".cluster.local", f".{cluster.domain}", METADATA]
    extra = cluster.proxy.no_proxy if cluster.proxy else ()
    return tuple(dict.fromkeys([*map(str, inside), *extra]))


def is_inside(cluster: Cluster, url: str) -> bool:
    """Whether ``url`` leads to an overlay address, which can't be reached before the overlay is up."""
    host = urlsplit(url).hostname or ""
    try:
        return IPv4Address(host) in cluster.overlay.cidr
    except AddressValueError:
        return any(host in (node.name, full_name(cluster, node)) for node in cluster.nodes)


def proxy_is_inside(cluster: Cluster) -> bool:
    """Whether the proxy has an overlay address."""
    return cluster.proxy is not None and is_inside(cluster, cluster.proxy.url)


def apt_direct_hosts(cluster: Cluster) -> tuple[str, ...]:
    """Single hosts that the package manager reaches without the proxy: named ones, and mirrors inside."""
    named = cluster.proxy.no_proxy if cluster.proxy else ()
    packages = cluster.mirrors.packages
    mirrors = [mirror.url for mirror in (packages.kubernetes, packages.runtime, packages.zerotier) if mirror]
    hosts = [host for host in named if not host.startswith((".", "*")) and "/" not in host]
    hosts += [urlsplit(url).hostname or "" for url in mirrors if is_inside(cluster, url)]
    return tuple(dict.fromkeys(hosts))
