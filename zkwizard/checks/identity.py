"""What must be different on every node; servers cloned from one image share it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from zkwizard.checks.rule import Facts, Rule
from zkwizard.model.cluster import Cluster, Driver, Node
from zkwizard.model.facts import NodeFacts
from zkwizard.model.finding import Finding, Severity
from zkwizard.model.text import T, Text

HOSTNAME = Rule("hostname", T("The hostname as it is now."), T("Different on every node."), "Hostname")
MACHINE_ID = Rule("machine-id", T("/etc/machine-id."), T("There, and different on every node."))
PRODUCT_UUID = Rule(
    "product-uuid", T("The product UUID that the firmware tells."), T("Different on every node.")
)
MAC = Rule(
    "mac", T("The hardware address of the interface with the default route."), T("Different on every node.")
)
ZEROTIER = Rule("zerotier-identity", T("The ZeroTier identity."), T("Different on every node."))
CLOUD_INIT = Rule(
    "cloud-init",
    T("Whether cloud-init puts its own names back at the next boot."),
    T("It keeps the hostname and leaves /etc/hosts alone."),
)

NEW_MACHINE_ID = T(
    "On all but one of them: rm /etc/machine-id /var/lib/dbus/machine-id; systemd-machine-id-setup; reboot."
    " If it is one machine entered twice, take it out of the cluster file once."
)
NEW_ZEROTIER = T(
    "On all but one of them: systemctl stop zerotier-one; rm /var/lib/zerotier-one/identity.*;"
    " systemctl start zerotier-one. The node then has a new member id, to be authorised again."
)


def hostname(cluster: Cluster, facts: Facts) -> Iterator[Finding]:
    """The phase ``names`` gives every node its own; a shared one only hints at a clone."""
    fix = T("The phase `names` sets them. Make sure that these are different machines.")
    yield from _unique(cluster, facts, HOSTNAME, Severity.WARN, lambda known: known.hostname, fix)


def machine_id(cluster: Cluster, facts: Facts) -> Iterator[Finding]:
    """Shared ones mix up the nodes' journals and DHCP leases, or mean one machine entered twice."""
    yield from _unique(
        cluster, facts, MACHINE_ID, Severity.STOP, lambda known: known.machine_id, NEW_MACHINE_ID
    )


def product_uuid(cluster: Cluster, facts: Facts) -> Iterator[Finding]:
    """Kubernetes asks for it in its documentation, but nothing stops without; some firmware lacks it."""
    fix = T(
        "Make sure that these are different machines; with virtual ones give each its own UUID at the host."
    )
    yield from _unique(cluster, facts, PRODUCT_UUID, Severity.WARN, lambda known: known.product_uuid, fix)


def mac(cluster: Cluster, facts: Facts) -> Iterator[Finding]:
    """Only a fault when both are in one network, which can't be seen from here."""
    fix = T(
        "If these machines are in one network, give each its own MAC at the provider or virtual machine host."
    )
    yield from _unique(cluster, facts, MAC, Severity.WARN, _mac, fix)


def zerotier(cluster: Cluster, facts: Facts) -> Iterator[Finding]:
    """Two nodes with one identity take each other's packets."""
    if cluster.overlay.driver is Driver.ZEROTIER:
        yield from _unique(cluster, facts, ZEROTIER, Severity.STOP, _member, NEW_ZEROTIER)


def _mac(facts: NodeFacts) -> str:
    return next((link.mac for link in facts.interfaces if link.name == facts.default_interface), "")


def _member(facts: NodeFacts) -> str:
    return facts.zerotier.member if facts.zerotier else ""


def _unique(
    cluster: Cluster,
    facts: Facts,
    rule: Rule,
    severity: Severity,
    value: Callable[[NodeFacts], str],
    fix: Text,
) -> Iterator[Finding]:
    """One finding per node; an empty value is not known and equals no other."""
    values = {node.name: value(facts[node.name]) for node in cluster.nodes if node.name in facts}
    for name, own in values.items():
        others = [other for other, theirs in values.items() if other != name and own and theirs == own]
        if not others:
            yield rule.ok(name, T("{value}", value=own) if own else T("Not there yet, or not known."))
            continue
        seen = T("{value}, also on {others}.", value=own, others=", ".join(others))
        yield rule.stop(name, seen, fix) if severity is Severity.STOP else rule.warn(name, seen, fix)


def cloud_init(cluster: Cluster, node: Node, facts: NodeFacts) -> Iterator[Finding]:
    """Files in /etc/cloud can be overruled; user data of the provider can't."""
    state = facts.cloud_init
    if not state.present:
        yield CLOUD_INIT.ok(node.name, T("cloud-init is not there."))
        return
    seen = T(
        "preserve_hostname: {keep}, manage_etc_hosts: {hosts}.",
        keep="true" if state.preserve_hostname else "false",
        hosts=state.manage_etc_hosts,
    )
    if state.preserve_hostname and state.manage_etc_hosts == "false":
        yield CLOUD_INIT.ok(node.name, seen)
    elif state.from_data:
        yield CLOUD_INIT.warn(
            node.name,
            seen,
            T(
                "Vendor or user data sets this and outranks /etc/cloud: take it out of the server's"
                " user data at the"
                " provider, or switch cloud-init off: touch /etc/cloud/cloud-init.disabled."
            ),
        )
    else:
        fix = T("The phase `names` writes /etc/cloud/cloud.cfg.d/99-zkwizard.cfg with both settings.")
        yield CLOUD_INIT.ok(node.name, seen, fix)
