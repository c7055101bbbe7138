"""Distribution, service manager, virtualisation, and what guards the machine."""

from __future__ import annotations

from collections.abc import Iterator

from zkwizard.checks.rule import Rule
from zkwizard.model.cluster import Cluster, Driver, Node
from zkwizard.model.facts import NodeFacts
from zkwizard.model.finding import Finding
from zkwizard.model.text import T, Text

OLDEST = {"debian": (11, 0), "ubuntu": (20, 4)}
"""Oldest releases with packages of containerd 2 and a kernel that kubeadm knows (5.4 and later)."""
NEED_NOTHING = frozenset({"", "none"})
REFUSED = frozenset({"openvz", "lxc", "lxc-libvirt"})
"""Containers sold as servers: they share the provider's kernel and may load or set nothing in it."""
CONTAINERS = frozenset(
    {"systemd-nspawn", "docker", "podman", "rkt", "wsl", "proot", "pouch", "container-other"}
)

SUPPORTED = Rule(
    "os",
    T("The distribution and its release."),
    T("Debian 11 or later, or Ubuntu 20.04 or later."),
)
SYSTEMD = Rule("systemd", T("The service manager."), T("systemd as process 1."))
VIRTUALIZATION = Rule(
    "virtualization",
    T("The kind of machine, as systemd-detect-virt names it."),
    T("A physical or virtual machine with a kernel of its own."),
)
SELINUX = Rule("selinux", T("The mode of SELinux."), T("Permissive, disabled or absent."))
FIREWALL = Rule(
    "firewall",
    T("Firewalls that are active."),
    T("Traffic of the overlay and of pods is let in on every node."),
    "Firewalld",
)
NETWORK_MANAGER = Rule(
    "network-manager",
    T("Whether NetworkManager manages interfaces."),
    T("It leaves the interfaces of pods and of the overlay alone."),
)


def supported(cluster: Cluster, node: Node, facts: NodeFacts) -> Iterator[Finding]:
    """Only Debian and Ubuntu have package steps."""
    os = facts.os
    if os.id not in OLDEST:
        yield SUPPORTED.stop(node.name, T("{os}", os=os.pretty or "?"), _other_family(os.family))
    elif not (version := _version(os.version_id)):
        yield SUPPORTED.warn(
            node.name,
            T("{os}, without a release number.", os=os.pretty),
            T("A testing release: if a repository has no packages for it, use a stable release."),
        )
    elif version < OLDEST[os.id]:
        yield SUPPORTED.stop(
            node.name,
            T("{os}", os=os.pretty),
            T(
                "Upgrade the machine: containerd 2 is not packaged for this release, and its kernel"
                " is too old."
            ),
        )
    else:
        yield SUPPORTED.ok(node.name, T("{os}", os=os.pretty))


def _other_family(family: str) -> Text:
    if family == "rhel":
        return T(
            "Support for the RHEL family is not built yet: install Debian 12 or Ubuntu 24.04 on this machine,"
            " or leave it out of the cluster file."
        )
    return T("Install Debian 12 or Ubuntu 24.04 on this machine, or leave it out of the cluster file.")


def _version(text: str) -> tuple[int, int] | None:
    """``22.04`` as (22, 4); None when it is not a number."""
    parts = (text + ".0").split(".")[:2]
    if all(part.isascii() and part.isdigit() for part in parts):
        return int(parts[0]), int(parts[1])
    return None


def systemd(cluster: Cluster, node: Node, facts: NodeFacts) -> Iterator[Finding]:
    """The kubelet and the runtime run as its units."""
    if facts.systemd:
        yield SYSTEMD.ok(node.name, T("systemd runs this machine."))
    else:
        yield SYSTEMD.stop(
            node.name,
            T("/run/systemd/system is not there: something else is process 1."),
            T(
                "Boot the machine with systemd (apt-get install systemd-sysv, then reboot), or use"
                " another one."
            ),
        )


def virtualization(cluster: Cluster, node: Node, facts: NodeFacts) -> Iterator[Finding]:
    """OpenVZ and LXC can't run Kubernetes; other containers only with care."""
    kind = facts.virtualization
    if kind in REFUSED:
        yield VIRTUALIZATION.stop(
            node.name,
            T("A container of type {kind}.", kind=kind),
            T(
                "Order a KVM server instead: in {kind} kernel modules and settings can't be changed.",
                kind=kind,
            ),
        )
    elif kind in CONTAINERS:
        yield VIRTUALIZATION.warn(
            node.name,
            T("A container of type {kind}.", kind=kind),
            T("Fine for practice; for a cluster that has to last use a virtual machine."),
        )
    else:
        seen = T("None is seen.") if kind in NEED_NOTHING else T("A virtual machine: {kind}.", kind=kind)
        yield VIRTUALIZATION.ok(node.name, seen)


def selinux(cluster: Cluster, node: Node, facts: NodeFacts) -> Iterator[Finding]:
    """Plain kubeadm with containerd does not label what enforcing needs."""
    if facts.selinux == "Enforcing":
        yield SELINUX.warn(
            node.name,
            T("Enforcing."),
            T(
                "The phase `system` sets it to permissive, now and in /etc/selinux/config; reset"
                " puts it back."
            ),
        )
    else:
        seen = T("{mode}.", mode=facts.selinux) if facts.selinux else T("Absent.")
        yield SELINUX.ok(node.name, seen)


def firewall(cluster: Cluster, node: Node, facts: NodeFacts) -> Iterator[Finding]:
    """A firewall on the overlay breaks the cluster in ways that are hard to see."""
    cidr = cluster.overlay.cidr
    if facts.firewalls:
        yield FIREWALL.warn(
            node.name,
            T("Active: {names}.", names=", ".join(facts.firewalls)),
            T(
                "The phase `system` makes it trust the overlay {cidr} and the pods; other rules stay.",
                cidr=cidr,
            ),
        )
    elif facts.input_blocked:
        yield FIREWALL.warn(
            node.name,
            T("iptables lets in only what a rule accepts, and no firewalld or ufw manages it."),
            T(
                "Let the overlay in: iptables -I INPUT -s {cidr} -j ACCEPT; iptables -I INPUT -s"
                " {pods} -j ACCEPT;"
                "{zerotier} then netfilter-persistent save, if that is what"
                " loads the rules. If they let it in already, all is well.",
                cidr=cidr,
                pods=cluster.kubernetes.pod_subnet,
                zerotier=" iptables -I INPUT -p udp --dport 9993 -j ACCEPT;"
                if cluster.overlay.driver is Driver.ZEROTIER
                else "",
            ),
        )
    else:
        yield FIREWALL.ok(node.name, T("No firewall is active."))


def network_manager(cluster: Cluster, node: Node, facts: NodeFacts) -> Iterator[Finding]:
    """It may take addresses off interfaces that it does not know."""
    if facts.network_manager:
        yield NETWORK_MANAGER.ok(
            node.name,
            T("NetworkManager is active."),
            T("The phase `system` tells it to leave cni*, flannel*, veth* and zt* alone."),
        )
    else:
        yield NETWORK_MANAGER.ok(node.name, T("NetworkManager is not active."))
