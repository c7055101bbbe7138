"""Clocks: certificates are not valid yet on a node that is behind, and etcd warns on skew."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from zkwizard.checks.rule import Facts, Rule
from zkwizard.model.cluster import Cluster, Node
from zkwizard.model.facts import NodeFacts
from zkwizard.model.finding import Finding
from zkwizard.model.text import T

WARN_SECONDS = 5.0
STOP_SECONDS = 30.0

SKEW = Rule(
    "clock-skew",
    T("The clock against the median of all nodes."),
    T("Within 5 seconds; 30 are the limit."),
)
OF_FEW = Rule(
    "clock-skew",
    T("The clock against the other node's, and that of the machine where zkwizard runs."),
    SKEW.expected,
)
SYNCHRONISED = Rule(
    "clock-synchronised",
    T("Whether a time service keeps the clock right."),
    T("Synchronised (timedatectl: System clock synchronized: yes)."),
)
SET_CLOCK = T(
    "Install a time service and let it set the clock: apt-get install chrony && chronyc makestep;"
    " then look at timedatectl."
)


def skew(cluster: Cluster, facts: Facts) -> Iterator[Finding]:
    """The median, so that one wrong clock, or that of the operator, does not accuse the others.

    With one or two nodes the operator's is asked, too; against that alone nobody can say which is wrong.
    """
    known = {node.name: facts[node.name].clock_offset for node in cluster.nodes if node.name in facts}
    if not known:
        return
    ours = 0.0
    few = len(known) < 3
    rule = OF_FEW if few else SKEW
    middle = median([*known.values(), ours] if few else known.values()) if len(known) > 1 else ours
    for name, offset in known.items():
        off = offset - middle
        seen = T("{seconds} s.", seconds=f"{off:+.1f}")
        if abs(off) > STOP_SECONDS and len(known) > 1:
            yield rule.stop(name, seen, SET_CLOCK)
        elif abs(off) > WARN_SECONDS:
            yield rule.warn(name, seen, SET_CLOCK)
        else:
            yield rule.ok(name, seen)


def synchronised(cluster: Cluster, node: Node, facts: NodeFacts) -> Iterator[Finding]:
    """A clock that is right now and drifts is a fault for later."""
    if facts.clock_synchronised is False:
        yield SYNCHRONISED.warn(node.name, T("Not synchronised."), SET_CLOCK)
    else:
        yield SYNCHRONISED.ok(node.name, T("Synchronised.") if facts.clock_synchronised else T("Not known."))
