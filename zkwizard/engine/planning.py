"""Makes plans: the same for the review of a person, for a forecast, and for the run itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from zkwizard.model.cluster import Cluster
from zkwizard.model.context import Context
from zkwizard.model.facts import NodeFacts
from zkwizard.model.phase import OPERATOR, Phase
from zkwizard.model.plan import Plan, PlannedPhase
from zkwizard.model.program import Program
from zkwizard.model.step import OperatorStep, Step
from zkwizard.steps.render import render

Facts = Mapping[str, NodeFacts]
Values = Mapping[tuple[str, str], str]


def plan(
    cluster: Cluster,
    phases: Sequence[Phase],
    *,
    nodes: Collection[str] = (),
    facts: Facts | None = None,
    values: Values | None = None,
) -> Plan:
    """The plan from what is known; without facts it is a forecast from the file alone."""
    planned = [
        planned_phase(cluster, phase, node, facts or {}, values or {})
        for phase in phases
        for node in phase.nodes(cluster)
        if not nodes or node in nodes or node == OPERATOR
    ]
    return Plan(cluster.name, tuple(planned), forecast=not facts)


def planned_phase(
    cluster: Cluster,
    phase: Phase,
    node: str,
    facts: Facts,
    values: Values,
    missing: frozenset[str] = frozenset(),
) -> PlannedPhase:
    """One phase on one node, rendered from what is known now; ``missing`` are nodes that have failed."""
    place = cluster.first_control_plane if node == OPERATOR else cluster.node(node)
    steps = phase.steps(Context(cluster, place, facts, values, missing))
    operator = tuple(step for step in steps if isinstance(step, OperatorStep))
    if node == OPERATOR:
        return PlannedPhase(phase, node, operator=operator)
    return PlannedPhase(phase, node, program=_program(phase, node, steps))


def _program(phase: Phase, node: str, steps: Sequence[Step | OperatorStep]) -> Program:
    return render(phase.id, str(phase.title), node, [step for step in steps if isinstance(step, Step)])
