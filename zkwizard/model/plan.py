"""The plan: every phase on every node, with the exact program or what is known of it."""

from __future__ import annotations

from dataclasses import dataclass

from zkwizard.model.phase import Phase
from zkwizard.model.program import Program
from zkwizard.model.step import OperatorStep


@dataclass(frozen=True)
class PlannedPhase:
    """One phase on one node: a program, or steps done where zkwizard runs."""

    phase: Phase
    node: str
    program: Program | None = None
    operator: tuple[OperatorStep, ...] = ()


@dataclass(frozen=True)
class Plan:
    """All of it, in running order. ``forecast`` is true while no machine has been looked at."""

    cluster: str
    phases: tuple[PlannedPhase, ...]
    forecast: bool
