"""One phase on one node: the states it can be in, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from zkwizard.model.events import StepEnded
from zkwizard.model.text import Words


class Standing(StrEnum):
    """How a phase stands on a node."""

    WAITING = "waiting"
    AT_WORK = "at work"
    UNCHANGED = "unchanged"
    CHANGED = "changed"
    FAILED = "failed"
    SKIPPED = "skipped"
    STOPPED = "stopped"
    BLOCKED = "blocked"
    """Something it needs failed, so it does not start."""
    BEFORE = "before"
    """Over before one looked at somebody else's run; whether it changed anything isn't known."""


OVER = frozenset(Standing) - {Standing.WAITING, Standing.AT_WORK}


@dataclass
class Cell:
    """One phase on one node."""

    weight: int = 1
    """Number of its steps, at least 1."""
    standing: Standing = Standing.WAITING
    step: str = ""
    """The one at work."""
    since: float = 0.0
    """When that began, or the phase; seconds since the epoch."""
    steps_over: int = 0
    attempt: int = 1
    """Which attempt of the step is at work."""
    changed: int = 0
    seconds: float = 0.0
    reason: Words = ""
    """Why it failed."""
    failed: StepEnded | None = None
    """The step that failed, with its last lines."""
    asks: bool = False
    """Whether it failed and waits for a person's answer."""
    blocks: tuple[str, ...] = ()
    """``phase@node`` of what depends on it, while it waits for an answer."""
    can_skip: bool = True
    """Whether the rest may go on without it."""

    @property
    def fraction(self) -> float:
        """How much of it is over, 0 to 1."""
        if self.standing in OVER:
            return 0.0 if self.standing is Standing.BLOCKED else 1.0
        return min(1.0, self.steps_over / self.weight) if self.standing is Standing.AT_WORK else 0.0
