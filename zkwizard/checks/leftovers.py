"""What an earlier cluster left on a node: of ours it is welcome, of another it is in the way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from zkwizard.checks.ownership import is_ours, server_host
from zkwizard.checks.rule import Rule
from zkwizard.model.cluster import Cluster, Node
from zkwizard.model.facts import NodeFacts
from zkwizard.model.finding import Finding
from zkwizard.model.text import T, Text

OWN_CNI = "10-flannel.conflist"
OTHER_DISTRIBUTIONS = {
    "/usr/local/bin/k3s": "k3s-uninstall.sh or k3s-agent-uninstall.sh",
    "/var/lib/rancher": "k3s-uninstall.sh, or rke2-uninstall.sh; then rm -r /var/lib/rancher",
    "/usr/local/bin/k0s": "k0s stop && k0s reset",
    "/var/lib/k0s": "k0s reset; then rm -r /var/lib/k0s",
    "/var/snap/microk8s": "snap remove --purge microk8s",
}

CLUSTER = Rule(
    "leftovers:cluster", T("Whether the node is in a cluster already."), T("In none, or in this one.")
)
DISTRIBUTION = Rule("leftovers:distribution", T("Other distributions of Kubernetes."), T("None."))
BINARIES = Rule(
    "leftovers:binaries",
    T("kubelet and kubeadm that no package brought."),
    T("None, as those in /usr/local/bin are found before the packaged ones."),
)
ETCD = Rule(
    "leftovers:etcd", T("The directory /var/lib/etcd."), T("Absent or empty."), "DirAvailable--var-lib-etcd"
)
KUBECONFIG = Rule("leftovers:kubeconfig", T("kubeconfig files in /etc/kubernetes."), T("None."))
CNI = Rule("leftovers:cni", T("Network configurations in /etc/cni/net.d."), T("None but flannel's."))
NETWORK = Rule(
    "leftovers:network",
    T("Links, packet filter chains and address records of an earlier cluster."),
    T("None."),
)


def cluster(answers: Cluster, node: Node, facts: NodeFacts) -> Iterator[Finding]:
    """A node of another cluster must not be taken silently."""
    if not facts.kubelet_server:
        yield CLUSTER.ok(node.name, T("It is in none."))
    elif is_ours(answers, facts):
        yield CLUSTER.ok(node.name, T("It is in this one: {server}.", server=facts.kubelet_server))
    else:
        yield CLUSTER.stop(
            node.name,
            T(
                "It is in another one: /etc/kubernetes/kubelet.conf names {server}.",
                server=facts.kubelet_server,
            ),
            T(
                "If that cluster is no longer wanted here, reset the node with `zkwizard reset`. If"
                " it is this"
                " cluster under another name, give it that name ({host}) in the cluster file.",
                host=server_host(facts),
            ),
        )


def files(answers: Cluster, node: Node, facts: NodeFacts) -> Iterator[Finding]:
    """Everything else that was left; all of it belongs there when the node is in this cluster."""
    yield from _distributions(node, facts)
    if is_ours(answers, facts):
        yield NETWORK.ok(node.name, T("They are those of this cluster."))
        return
    yield from _manifests(answers, node, facts)
    yield from _etcd(answers, node, facts)
    yield from _kubeconfigs(node, facts)
    yield from _cni(node, facts)
    yield from _network(node, facts)


def _distributions(node: Node, facts: NodeFacts) -> Iterator[Finding]:
    found = [path for path in facts.leftovers if path in OTHER_DISTRIBUTIONS]
    for path in found:
        fix = T("Remove it first: {command}.", command=OTHER_DISTRIBUTIONS[path])
        yield DISTRIBUTION.stop(node.name, T("{path} is there.", path=path), fix)
    if not found:
        yield DISTRIBUTION.ok(node.name, T("None."))
    binaries = [
        path for path in facts.leftovers if path in ("/usr/local/bin/kubelet", "/usr/local/bin/kubeadm")
    ]
    if binaries:
        fix = T("Remove them: rm {paths}.", paths=" ".join(binaries))
        yield BINARIES.stop(node.name, T("{paths}", paths=", ".join(binaries)), fix)


def _manifests(answers: Cluster, node: Node, facts: NodeFacts) -> Iterator[Finding]:
    found = [path for path in facts.leftovers if path.startswith("/etc/kubernetes/manifests/")]
    for path in found:
        rule = Rule(
            f"leftovers:{PurePosixPath(path).name}",
            T("The manifest {path}.", path=path),
            T("Absent: the kubelet runs whatever lies there."),
            "FileAvailable-" + re.sub(r"[/]", "-", path),
        )
        yield rule.ignorable(answers, node.name, T("It is there, without a cluster."), _reset(node))
    if not found:
        rule = Rule(
            "leftovers:manifests", T("Manifests of static pods in /etc/kubernetes/manifests."), T("None.")
        )
        yield rule.ok(node.name, T("None."))


def _etcd(answers: Cluster, node: Node, facts: NodeFacts) -> Iterator[Finding]:
    if "/var/lib/etcd" not in facts.leftovers:
        yield ETCD.ok(node.name, T("Absent or empty."))
    elif node.is_control_plane:
        fix = T(
            "It may be the only copy of a cluster's data. If it is wanted, move it away: mv /var/lib/etcd"
            " /var/lib/etcd.old. If not, reset the node with `zkwizard reset`."
        )
        yield ETCD.ignorable(answers, node.name, T("It is not empty."), fix)
    else:
        yield ETCD.warn(node.name, T("It is not empty, on a worker."), _reset(node))


def _kubeconfigs(node: Node, facts: NodeFacts) -> Iterator[Finding]:
    found = [path for path in facts.leftovers if re.fullmatch(r"/etc/kubernetes/[^/]+\.conf", path)]
    if found:
        yield KUBECONFIG.warn(node.name, T("{paths}", paths=", ".join(found)), _reset(node))
    else:
        yield KUBECONFIG.ok(node.name, T("None."))


def _cni(node: Node, facts: NodeFacts) -> Iterator[Finding]:
    """The runtime takes the first file by name, so one that sorts before flannel's wins over it."""
    names = [PurePosixPath(path).name for path in facts.leftovers if path.startswith("/etc/cni/net.d/")]
    foreign = [name for name in names if name != OWN_CNI]
    seen = T("{names}", names=", ".join(foreign))
    fix = T(
        "Move them away (not the directory itself): cd /etc/cni/net.d && mv {names} /root/",
        names=" ".join(foreign),
    )
    if any(name < OWN_CNI for name in foreign):
        yield CNI.stop(node.name, seen, fix)
    elif foreign:
        yield CNI.warn(node.name, seen, fix)
    else:
        yield CNI.ok(node.name, T("None."))


def _network(node: Node, facts: NodeFacts) -> Iterator[Finding]:
    """Pods get addresses of the old range as long as the old bridge and flannel's record are there."""
    places = ("link ", "chains ", "/run/flannel", "/var/lib/cni", "/var/lib/calico", "/var/lib/dockershim")
    found = [item for item in facts.leftovers if item.startswith(places)]
    if found:
        yield NETWORK.warn(node.name, T("{found}", found=", ".join(found)), _reset(node))
    else:
        yield NETWORK.ok(node.name, T("None."))


def _reset(node: Node) -> Text:
    return T(
        "Clean the node with `zkwizard reset` for {node}; it shows first what it removes.", node=node.name
    )
