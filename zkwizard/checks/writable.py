"""Whether settings can be written at all: a disk with errors is mounted read-only by the kernel."""

from __future__ import annotations

from collections.abc import Iterator

from zkwizard.checks.rule import Rule
from zkwizard.model.cluster import Cluster, Node
from zkwizard.model.facts import NodeFacts
from zkwizard.model.finding import Finding
from zkwizard.model.text import T

WRITABLE = Rule("writable", T("Whether /etc and /var can be written to."), T("Both."))


def folders(cluster: Cluster, node: Node, facts: NodeFacts) -> Iterator[Finding]:
    """Everything that zkwizard keeps or changes on a node lies below these."""
    if not facts.read_only:
        yield WRITABLE.ok(node.name, T("They can."))
        return
    fix = T(
        "See why: dmesg | grep -iE 'error|remount' and findmnt --options ro. A disk with errors has to be"
        " repaired first; else mount it read-write (mount -o remount,rw /)."
    )
    yield WRITABLE.stop(node.name, T("Read-only: {folders}.", folders=", ".join(facts.read_only)), fix)
