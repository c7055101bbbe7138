"""Address ranges against everything the nodes already reach, and who holds the overlay addresses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, ip_address, ip_interface, ip_network

from zkwizard.checks.rule import Rule
from zkwizard.model.cluster import Cluster, Driver, Node
from zkwizard.model.facts import Interface, NodeFacts
from zkwizard.model.finding import Finding
from zkwizard.model.text import T, Text

POD_INTERFACES = ("cni", "flannel", "veth", "kube-", "nodelocaldns", "cali", "cilium", "vxlan.calico")
"""Beginnings of the names of interfaces that a cluster makes itself; their addresses are its own."""
SUGGESTED = "10.42.0.0/16"

PUBLIC = Rule(
    "public-address",
    T("Whether the address for SSH is on the machine."),
    T("On an interface, or translated to one by the provider (1:1 NAT): the overlay is for that."),
)


@dataclass(frozen=True)
class Place:
    """A network that is there already, what has it in words, and whether that is fatal."""

    network: IPv4Network
    seen: Text
    fatal: bool


def ranges(cluster: Cluster, node: Node, facts: NodeFacts) -> Iterator[Finding]:
    """Pods, services and the overlay against interfaces, routes and name servers of the node."""
    kubernetes = cluster.kubernetes
    for key, cidr in (
        ("kubernetes.pod_subnet", kubernetes.pod_subnet),
        ("kubernetes.service_subnet", kubernetes.service_subnet),
        ("overlay.cidr", cluster.overlay.cidr),
    ):
        own = overlay_interfaces(cluster, node, facts) if key == "overlay.cidr" else frozenset[str]()
        yield _range(key, cidr, node, list(_places(cidr, facts, own)))


def _range(key: str, cidr: IPv4Network, node: Node, places: list[Place]) -> Finding:
    rule = Rule(
        f"range:{key}",
        T("The range {key}, {cidr}, against the networks of the node.", key=key, cidr=cidr),
        T("No interface, route or name server of the node lies in it."),
    )
    if not places:
        return rule.ok(node.name, T("It is free."))
    worst = next((place for place in places if place.fatal), places[0])
    if not worst.fatal:
        fix = T(
            "Addresses of {network} that are in {cidr} will not be reached from this node: if any"
            " matters, choose"
            " another range for {key}.",
            network=worst.network,
            cidr=cidr,
            key=key,
        )
        return rule.warn(node.name, worst.seen, fix)
    if key == "overlay.cidr":
        fix = T("Give the overlay network another range at its controller, and write it into overlay.cidr.")
    else:
        fix = T("Set {key} to a range that no node uses, {suggested} say.", key=key, suggested=SUGGESTED)
    return rule.stop(node.name, worst.seen, fix)


def _places(cidr: IPv4Network, facts: NodeFacts, own: frozenset[str]) -> Iterator[Place]:
    """A route wider than the range keeps working beside it; what is inside the range is shut out."""
    for link in facts.interfaces:
        if link.name in own or link.name.startswith(POD_INTERFACES) or link.name == "lo":
            continue
        for address in link.addresses:
            network = _network(address)
            if network and network.overlaps(cidr):
                seen = T("{network} of the interface {name} overlaps it.", network=network, name=link.name)
                yield Place(network, seen, True)
    for route in facts.routes:
        device = facts.routed_by.get(route, "")
        network = _network(route)
        if device in own or device.startswith(POD_INTERFACES) or not network or network.prefixlen == 0:
            continue
        if network.overlaps(cidr):
            seen = T(
                "{network} of a route (dev {device}) overlaps it.", network=network, device=device or "?"
            )
            yield Place(network, seen, network.subnet_of(cidr))
    for server in facts.nameservers:
        network = _network(server)
        if network and network.subnet_of(cidr) and not network.is_loopback:
            yield Place(network, T("The name server {address} is in it.", address=server), True)


def _network(text: str) -> IPv4Network | None:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return None
    return network if isinstance(network, IPv4Network) else None


def overlay_interfaces(cluster: Cluster, node: Node, facts: NodeFacts) -> frozenset[str]:
    """Interfaces that are the overlay itself: by ZeroTier's word and names, or by the address on them.

    The interfaces of other ZeroTier networks are not, though their names begin alike.
    """
    if cluster.overlay.driver is not Driver.ZEROTIER:
        return frozenset(link.name for link in facts.interfaces if holds(link, str(node.overlay_ip)))
    networks = facts.zerotier.networks if facts.zerotier else ()
    wanted = cluster.overlay.network.lower()
    others = {network.device for network in networks if network.id.lower() != wanted}
    named = {link.name for link in facts.interfaces if link.name.startswith("zt")}
    named |= {network.device for network in networks}
    return frozenset(named - others)


def holds(link: Interface, address: str) -> bool:
    """Whether the interface has this address."""
    return any(_host(own) == address for own in link.addresses)


def _host(address: str) -> str:
    try:
        return str(ip_interface(address).ip)
    except ValueError:
        return ""


def public(cluster: Cluster, node: Node, facts: NodeFacts) -> Iterator[Finding]:
    """Behind 1:1 NAT the public address is on no interface, so nothing may be told to listen on it."""
    try:
        address = str(ip_address(node.ssh.host))
    except ValueError:
        return
    if any(holds(link, address) for link in facts.interfaces):
        yield PUBLIC.ok(node.name, T("{address} is on an interface.", address=address))
    elif not node.ssh.jump:
        seen = T("{address} is on no interface: the provider translates it.", address=address)
        yield PUBLIC.ok(node.name, seen, T("Nothing to do: the cluster uses the overlay addresses only."))
