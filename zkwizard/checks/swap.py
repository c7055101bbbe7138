"""Swap against what the answers want: nothing here is in the way, as the phase ``system`` sees to it."""

from __future__ import annotations

from collections.abc import Iterator

from zkwizard.checks.rule import Rule
from zkwizard.model.cluster import Cluster, Node
from zkwizard.model.facts import NodeFacts
from zkwizard.model.finding import Finding
from zkwizard.model.text import T

KEPT = Rule("swap", T("Swap."), T("It stays as it is: this node keeps its swap."), "Swap")
OFF = Rule(
    "swap", T("Swap."), T("Off, now and after a reboot, as the kubelet refuses it by default."), "Swap"
)


def policy(cluster: Cluster, node: Node, facts: NodeFacts) -> Iterator[Finding]:
    """What is on, and what will become of it."""
    total = sum(area.size_mb for area in facts.swaps)
    areas = ", ".join(area.path for area in facts.swaps)
    seen = T("{mb} MB on: {areas}.", mb=total, areas=areas) if facts.swaps else T("None is on.")
    if node.keeps_swap:
        fix = T(
            "The kubelet of this node is told to start with swap on (failSwapOn: false); pods don't use it."
        )
        yield KEPT.ok(node.name, seen, fix)
        return
    later = ", ".join((*facts.fstab_swap, *facts.swap_units))
    if facts.swaps or later:
        fix = T(
            "The phase `system` switches it off, comments its lines in /etc/fstab and masks its units{later};"
            " swap: keep in the cluster file leaves it on.",
            later=f" ({later})" if later else "",
        )
        yield OFF.ok(node.name, seen, fix)
    else:
        yield OFF.ok(node.name, seen)
