"""The overlay as it is before zkwizard touches it: addresses on the right interfaces, ZeroTier's state."""

from __future__ import annotations

from collections.abc import Iterator

from zkwizard.checks.addressing import holds, overlay_interfaces
from zkwizard.checks.rule import Facts, Rule
from zkwizard.model.cluster import Cluster, Driver, Node
from zkwizard.model.facts import NodeFacts
from zkwizard.model.finding import Finding
from zkwizard.model.text import T


def address(cluster: Cluster, node: Node, facts: NodeFacts) -> Iterator[Finding]:
    """With an existing overlay it has to be there; with ZeroTier it comes, but must not be elsewhere."""
    own = str(node.overlay_ip)
    rule = Rule(
        "overlay-address",
        T("Which interface has the overlay address {address}.", address=own),
        T("The overlay's, or none yet."),
    )
    names = [link.name for link in facts.interfaces if holds(link, own)]
    if cluster.overlay.driver is Driver.EXISTING:
        rule = Rule(rule.id, rule.checked, T("An interface of the overlay that is there already."))
        if names:
            yield rule.ok(node.name, T("{name}", name=names[0]))
        else:
            fix = T("Bring the overlay up on this node first, or correct overlay_ip in the cluster file.")
            yield rule.stop(node.name, T("None."), fix)
        return
    foreign = [name for name in names if name not in overlay_interfaces(cluster, node, facts)]
    if foreign:
        fix = T(
            "Choose another overlay_ip for {node}, or take the address off: ip addr del {address}"
            " dev {name}.",
            node=node.name,
            address=own,
            name=foreign[0],
        )
        yield rule.stop(node.name, T("{name}, which is not that of the network.", name=foreign[0]), fix)
    elif names:
        yield rule.ok(node.name, T("{name}", name=names[0]))
    else:
        yield rule.ok(node.name, T("None yet."), T("The phases overlay-join to overlay-up bring it."))


def swapped(cluster: Cluster, facts: Facts) -> Iterator[Finding]:
    """An overlay address on another node than the one the file gives it to."""
    rule = Rule(
        "overlay-address-owner",
        T("Whether overlay addresses of other nodes are on this one."),
        T("None: every address is on the node that the cluster file gives it to."),
    )
    for node in cluster.nodes:
        if node.name not in facts:
            continue
        interfaces = facts[node.name].interfaces
        wrong = [
            other
            for other in cluster.nodes
            if other.name != node.name and any(holds(link, str(other.overlay_ip)) for link in interfaces)
        ]
        if wrong:
            seen = T("{address}, which is that of {other}.", address=wrong[0].overlay_ip, other=wrong[0].name)
            fix = T(
                "Exchange the overlay addresses, or the SSH addresses, of {node} and {other} in the"
                " cluster file;"
                " or correct the addresses of the members at the controller.",
                node=node.name,
                other=wrong[0].name,
            )
            yield rule.stop(node.name, seen, fix)
        else:
            yield rule.ok(node.name, T("None."))


def zerotier(cluster: Cluster, node: Node, facts: NodeFacts) -> Iterator[Finding]:
    """A membership that exists already, and what the controller gave it."""
    if cluster.overlay.driver is not Driver.ZEROTIER:
        return
    rule = Rule(
        "zerotier",
        T("ZeroTier on the node."),
        T(
            "Not there yet, or in the network {network} with the address of the file.",
            network=cluster.overlay.network,
        ),
    )
    service = facts.zerotier
    if service is None:
        yield rule.ok(node.name, T("Not installed."), T("The phase `overlay-join` installs it."))
        return
    if not service.running:
        yield rule.ok(node.name, T("Installed, not running."), T("The phase `overlay-join` starts it."))
        return
    wanted = cluster.overlay.network.lower()
    network = next((known for known in service.networks if known.id.lower() == wanted), None)
    if network is None:
        yield rule.ok(node.name, T("Running, not in this network."), T("The phase `overlay-join` joins it."))
        return
    have = [given.partition("/")[0] for given in network.addresses]
    if have and str(node.overlay_ip) not in have:
        fix = T(
            "Give the member {member} the address {address} at the controller (phase `overlay-authorise`), or"
            " write {have} as overlay_ip into the cluster file.",
            member=service.member,
            address=node.overlay_ip,
            have=have[0],
        )
        yield rule.warn(node.name, T("In the network, with {have}.", have=", ".join(have)), fix)
    else:
        yield rule.ok(node.name, T("In the network: {status}.", status=network.status or "?"))
