"""Which phases are judged, and what follows from their measurements for later phases."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from zkwizard.checks.links import judge_links, propose_mtu
from zkwizard.checks.preflight import judge as judge_facts
from zkwizard.engine.planning import Facts, Values
from zkwizard.model.cluster import Cluster
from zkwizard.model.finding import Finding
from zkwizard.model.phase import OPERATOR
from zkwizard.phases.links import measurements

Judge = Callable[[Cluster, Facts, Values], Sequence[Finding]]


def _probe(cluster: Cluster, facts: Facts, values: Values) -> Sequence[Finding]:
    return judge_facts(cluster, facts)


def _links(cluster: Cluster, facts: Facts, values: Values) -> Sequence[Finding]:
    return judge_links(cluster, measurements(cluster, values))


JUDGES: Mapping[str, Judge] = {"probe": _probe, "links": _links}
"""By phase id."""


def derived(phase: str, cluster: Cluster, values: Values) -> dict[tuple[str, str], str]:
    """Values that follow once ``phase`` has ended on all nodes."""
    if phase != "links":
        return {}
    mtu = propose_mtu(measurements(cluster, values))
    return {(OPERATOR, "flannel-mtu"): "" if mtu is None else str(mtu)}
