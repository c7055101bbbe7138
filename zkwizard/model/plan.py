"""The plan: every phase on every node, with the exact program or what is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from zkwizard.model.phase import Phase
from zkwizard.model.placeholders import printed
from zkwizard.model.program import Program
from zkwizard.model.step import OperatorStep


@dataclass(frozen=True)
class PlannedPhase:
    """One phase on one node: a program, or steps done where zkwizard runs."""

    phase: Phase
    node: str
    program: Program | None = None
    operator: tuple[OperatorStep, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain data; texts in English."""
        program = self.program
        return {
            "phase": self.phase.id,
            "title": str(self.phase.title),
            "node": self.node,
            "steps": [
                {"id": step.id, "title": printed(str(step.title)), "why": printed(str(step.why))}
                for step in (program.steps if program else self.operator)
            ],
            "holes": list(program.holes) if program else [],
            "secrets": list(program.secrets) if program else [],
            "sha256": program.sha256 if program else "",
            "program": program.text if program else "",
        }


@dataclass(frozen=True)
class Plan:
    """All of it, in running order. ``forecast`` is true while no machine has been looked at."""

    cluster: str
    phases: tuple[PlannedPhase, ...]
    forecast: bool
