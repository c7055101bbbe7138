"""How causes are repaired: by ordinary runs of the phases that do it, and some time to see that they did."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from zkwizard.diagnosis.explain import repairs
from zkwizard.engine.inside.explanation import Explanation
from zkwizard.model.cause import Cause
from zkwizard.model.cluster import Cluster
from zkwizard.model.phase import On, Phase
from zkwizard.phases.order import PHASES

SETTLES = 90.0
"""Seconds after a repair in which what it repaired may still show: a node takes some to be Ready again."""
AGAIN = 2.0
"""Seconds between two looks."""


@dataclass(frozen=True)
class Repair:
    """One run that repairs all causes that need the same phases."""

    phases: tuple[Phase, ...]
    nodes: tuple[str, ...]
    """Where it runs: the places, and the control plane where a phase works there."""
    places: tuple[str, ...]
    """What it repairs."""


def repairs_of(cluster: Cluster, causes: Iterable[Cause]) -> list[Repair]:
    """The runs for the causes that zkwizard can repair itself; none for the others."""
    order = [phase.id for phase in PHASES]
    leader = cluster.first_control_plane.name
    found = []
    for ids, places in repairs(causes, order):
        phases = tuple(PHASES[order.index(name)] for name in ids)
        leads = any(phase.on is On.FIRST_CONTROL_PLANE for phase in phases)
        at_work = {*places, *([leader] if leads else [])}
        nodes = tuple(node.name for node in cluster.nodes if node.name in at_work)
        found.append(Repair(phases, nodes, places))
    return found


def still_seen(found: Explanation, before: Explanation) -> list[Cause]:
    """What was repaired, or follows from it, and still shows."""
    places = {cause.node for cause in before.causes if cause.repair}
    by_hand = {(cause.id, cause.node) for cause in before.causes if not cause.repair}
    return [
        cause
        for cause in found.causes
        if cause.node in places and not cause.risk and (cause.id, cause.node) not in by_hand
    ]
