"""Ports that the cluster needs on a node, and who has them now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from zkwizard.checks.ownership import is_foreign, is_ours
from zkwizard.checks.rule import Rule
from zkwizard.model.cluster import Cluster, Driver, Node
from zkwizard.model.facts import NodeFacts
from zkwizard.model.finding import Finding
from zkwizard.model.text import T, Text


@dataclass(frozen=True)
class Port:
    """A port, who shall have it, and whether the cluster works when somebody else does.

    ``holder`` is the process name as the kernel cuts it: 15 characters.
    """

    key: str
    holder: str
    needed: bool = True
    kubeadm: str = ""


EVERYWHERE = (
    Port("tcp/10250", "kubelet", kubeadm="Port-10250"),
    Port("tcp/10248", "kubelet"),
    Port("tcp/10249", "kube-proxy", needed=False),
    Port("tcp/10256", "kube-proxy", needed=False),
    Port("tcp/8081", "flanneld"),
    Port("udp/8472", ""),
)
CONTROL_PLANE = (
    Port("tcp/6443", "kube-apiserver", kubeadm="Port-6443"),
    Port("tcp/10259", "kube-scheduler", kubeadm="Port-10259"),
    Port("tcp/10257", "kube-controller", kubeadm="Port-10257"),
    Port("tcp/2379", "etcd", kubeadm="Port-2379"),
    Port("tcp/2380", "etcd", kubeadm="Port-2380"),
    Port("tcp/2381", "etcd"),
)
ZEROTIER = (Port("tcp/9993", "zerotier-one"), Port("udp/9993", "zerotier-one"))

FLANNELS = T("Free, or held by the kernel for flannel.")
OF_KUBERNETES = frozenset(port.holder for port in (*EVERYWHERE, *CONTROL_PLANE)) - {""}


def needed(cluster: Cluster, node: Node) -> tuple[Port, ...]:
    """The ports that this node's roles need."""
    ports = EVERYWHERE + (CONTROL_PLANE if node.is_control_plane else ())
    return ports + (ZEROTIER if cluster.overlay.driver is Driver.ZEROTIER else ())


def free(cluster: Cluster, node: Node, facts: NodeFacts) -> Iterator[Finding]:
    """Free, or held by the very program that shall have it in this very cluster."""
    for port in needed(cluster, node):
        rule = Rule(
            f"port:{port.key}",
            T("The port {port}.", port=port.key),
            T("Free, or held by {holder}.", holder=port.holder) if port.holder else FLANNELS,
            port.kubeadm,
        )
        if port.key not in facts.listening:
            yield rule.ok(node.name, T("Free."))
            continue
        process = facts.listening[port.key]
        seen = T("Held by {process}.", process=process) if process else T("Held by the kernel, or not known.")
        if _rightful(cluster, facts, port, process):
            yield rule.ok(node.name, seen)
        elif not port.needed:
            yield rule.warn(node.name, seen, _fix(cluster, node, facts, port, process))
        elif port.kubeadm:
            yield rule.ignorable(cluster, node.name, seen, _fix(cluster, node, facts, port, process))
        else:
            yield rule.stop(node.name, seen, _fix(cluster, node, facts, port, process))


def _rightful(cluster: Cluster, facts: NodeFacts, port: Port, process: str) -> bool:
    """Whether the holder is the one that shall have it; vxlan's socket belongs to the kernel, without a name.

    ZeroTier runs before any cluster does, and an interface of flannel that was left is told of elsewhere.
    """
    if port.holder == "zerotier-one":
        return process in ("zerotier-one", "")
    if port.key == "udp/8472":
        return not process
    return is_ours(cluster, facts) and process in (port.holder, "")


def _fix(cluster: Cluster, node: Node, facts: NodeFacts, port: Port, process: str) -> Text:
    number = port.key.partition("/")[2]
    if is_foreign(cluster, facts) or process in OF_KUBERNETES:
        return T("Another Kubernetes runs here: remove it with `zkwizard reset` for {node}.", node=node.name)
    return T(
        "See who it is with `ss -lntup | grep :{number}`, then stop it (systemctl disable --now …) or give it"
        " another port.",
        number=number,
    )
