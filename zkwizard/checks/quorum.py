"""What concerns the cluster as a whole."""

from __future__ import annotations

from collections.abc import Iterator

from zkwizard.checks.rule import Facts, Rule
from zkwizard.model.cluster import Cluster
from zkwizard.model.finding import Finding
from zkwizard.model.text import T

MEMBERS = Rule(
    "etcd-members",
    T("The number of control planes, each of them a member of etcd."),
    T("An odd number: an even one survives no more failures than the odd one below it."),
)
COMPLETE = Rule("facts", T("Whether all facts of the node arrived."), T("All of them."))


def members(cluster: Cluster, facts: Facts) -> Iterator[Finding]:
    """Two members stop when either of them does, which is worse than one."""
    count = sum(node.is_control_plane for node in cluster.nodes)
    seen = T("{count}", count=count)
    if count % 2:
        yield MEMBERS.ok("", seen)
    else:
        fix = T("Make it {fewer} or {more} control planes.", fewer=count - 1, more=count + 1)
        yield MEMBERS.warn("", seen, fix)


def complete(cluster: Cluster, facts: Facts) -> Iterator[Finding]:
    """Facts that were cut off look like a machine that has nothing."""
    for node in cluster.nodes:
        if node.name in facts and not facts[node.name].complete:
            fix = T("Repeat the probe; if it happens again, look at the node's load and at the line to it.")
            yield COMPLETE.stop(node.name, T("The script that reads them was cut off."), fix)
