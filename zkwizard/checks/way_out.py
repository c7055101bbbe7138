"""Registries that a machine without an IPv4 address outside the overlay can't reach."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Interface, ip_interface

from zkwizard.checks.addressing import POD_INTERFACES, overlay_interfaces
from zkwizard.checks.rule import Rule
from zkwizard.model.cluster import Cluster, Node
from zkwizard.model.facts import NodeFacts
from zkwizard.model.finding import Finding
from zkwizard.model.text import T

ONLY_IPV4 = "ghcr.io"
"""Where flannel's images are; it had no IPv6 address at the end of 2025 (kyverno/kyverno#13257)."""
IPV4 = Rule(
    "ipv4-way-out",
    T("Whether the machine reaches {registry}, which has no IPv6 address.", registry=ONLY_IPV4),
    T("An IPv4 address of its own, a proxy, or a mirror of that registry."),
)


def ipv4(cluster: Cluster, node: Node, facts: NodeFacts) -> Iterator[Finding]:
    """Nothing else needs IPv4 outside the overlay: SSH, ZeroTier, packages and registry.k8s.io have both."""
    proxied = node.proxy and cluster.proxy is not None
    if not facts.interfaces or proxied or ONLY_IPV4 in cluster.mirrors.images.registries:
        return
    if _has_ipv4(cluster, node, facts):
        yield IPV4.ok(node.name, T("It has an IPv4 address."))
        return
    fix = T(
        "Name a mirror of it in the cluster file (mirrors.images.registries), or use a proxy (proxy: true)."
        " A provider's NAT64 with its own name servers is enough, too.",
    )
    yield IPV4.warn(node.name, T("It has IPv6 addresses only."), fix)


def _has_ipv4(cluster: Cluster, node: Node, facts: NodeFacts) -> bool:
    own = overlay_interfaces(cluster, node, facts)
    return any(
        _leads_out(address)
        for link in facts.interfaces
        if link.name not in own and not link.name.startswith(POD_INTERFACES)
        for address in link.addresses
    )


def _leads_out(text: str) -> bool:
    try:
        address = ip_interface(text)
    except ValueError:
        return False
    return isinstance(address, IPv4Interface) and not (address.is_loopback or address.is_link_local)
