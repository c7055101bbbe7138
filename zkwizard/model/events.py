"""Everything that a run tells: for the journal, the printers and the screens."""

from __future__ import annotations

import base64
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, ClassVar

from zkwizard.model.cause import Cause
from zkwizard.model.finding import Finding
from zkwizard.model.ports import Claim
from zkwizard.model.remains import Proof
from zkwizard.model.step import Outcome
from zkwizard.model.text import Text, Words


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened. ``at`` is seconds since the epoch, where zkwizard runs."""

    kind: ClassVar[str] = "event"
    at: float

    def as_json(self) -> dict[str, Any]:
        """The event as plain data for a JSON line; texts in English, bytes as lossy text."""
        values = {f.name: _plain(getattr(self, f.name)) for f in fields(self)}
        return {"event": self.kind, **values}


@dataclass(frozen=True, kw_only=True)
class RunStarted(Event):
    kind = "run-started"
    run: str
    cluster: str
    phases: tuple[str, ...]
    nodes: tuple[str, ...] = ()
    purpose: str = "run"
    """``run`` makes a cluster, ``reset`` takes one back; neither goes on with what the other began."""
    fingerprint: str = ""
    """Hash of the cluster's answers."""
    resumed: bool = False


@dataclass(frozen=True, kw_only=True)
class PhaseStarted(Event):
    """A phase starts on a node. ``sha256`` is that of its program, empty for operator steps."""

    kind = "phase-started"
    phase: str
    node: str
    steps: tuple[str, ...] = ()
    sha256: str = ""


@dataclass(frozen=True, kw_only=True)
class PhaseEnded(Event):
    kind = "phase-ended"
    phase: str
    node: str
    outcome: Outcome
    seconds: float = 0.0
    changed: int = 0
    reason: Words = ""
    left: bool = False
    """Whether its work may still go on there, unseen: the next run goes on with it."""


@dataclass(frozen=True, kw_only=True)
class PhaseWaits(Event):
    """A phase failed on a node, and a person is asked what to do; the other nodes go on."""

    kind = "phase-waits"
    phase: str
    node: str
    blocked: tuple[str, ...] = ()
    """``phase@node`` of everything that can't start before it."""
    can_skip: bool = True
    """Not where it was judged: what the findings stop must not go on."""


@dataclass(frozen=True, kw_only=True)
class PhaseSkipped(Event):
    """A person lets the rest go on without a phase that failed on a node."""

    kind = "phase-skipped"
    phase: str
    node: str


@dataclass(frozen=True, kw_only=True)
class Paused(Event):
    """Nothing is at work, and nothing goes on before a person says so."""

    kind = "paused"
    next: str
    """The phase that waits to be allowed; "" when only answers about failed ones are missing."""


@dataclass(frozen=True, kw_only=True)
class StepBegan(Event):
    kind = "step-began"
    phase: str
    node: str
    step: str


@dataclass(frozen=True, kw_only=True)
class StepEnded(Event):
    """A step ended. ``tail`` holds the last lines of a failed one."""

    kind = "step-ended"
    phase: str
    node: str
    step: str
    outcome: Outcome
    seconds: float = 0.0
    code: int = 0
    tail: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class StepRetried(Event):
    """An attempt failed with ``code``; the next one starts after ``delay`` seconds."""

    kind = "step-retried"
    phase: str
    node: str
    step: str
    attempt: int
    code: int
    delay: int


@dataclass(frozen=True, kw_only=True)
class Output(Event):
    """Redacted output, whole lines, as bytes. ``offset`` is where it stands in the node's log."""

    kind = "output"
    phase: str
    node: str
    step: str
    data: bytes
    offset: int = 0


@dataclass(frozen=True, kw_only=True)
class ValueCaptured(Event):
    kind = "value"
    phase: str
    node: str
    step: str
    name: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Found(Event):
    kind = "finding"
    phase: str
    finding: Finding


@dataclass(frozen=True, kw_only=True)
class Explained(Event):
    """A cause of a failed run, named from the evidence that was gathered after it."""

    kind = "cause"
    cause: Cause


@dataclass(frozen=True, kw_only=True)
class Examined(Event):
    """The evidence of these nodes was looked through after a failure: what it names was told before this."""

    kind = "examined"
    nodes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Proved(Event):
    """What is left on a node after a reset, looked for with a new login."""

    kind = "proof"
    phase: str
    node: str
    proof: Proof


@dataclass(frozen=True, kw_only=True)
class LinkChanged(Event):
    """The line to a node: ``silent`` for some seconds, ``lost``, ``back``, or ``up`` at the start."""

    kind = "link"
    node: str
    state: str
    seconds: float = 0.0
    message: Words = ""


@dataclass(frozen=True, kw_only=True)
class PersonNeeded(Event):
    """A person has to act elsewhere (authorise members, say); the run goes on by itself afterwards."""

    kind = "person-needed"
    phase: str
    step: str
    text: Text


@dataclass(frozen=True, kw_only=True)
class Notice(Event):
    """Something worth a line that belongs to no step."""

    kind = "notice"
    node: str = ""
    text: Text


@dataclass(frozen=True, kw_only=True)
class RunEnded(Event):
    kind = "run-ended"
    run: str
    outcome: Outcome
    failed: tuple[str, ...] = ()
    """``phase@node`` of everything that failed."""
    skipped: tuple[str, ...] = ()
    """``phase@node`` of everything that failed, and that a person went on without."""
    left: tuple[str, ...] = ()
    """Nodes where work goes on that could not be stopped: the run is not over, and can be followed again."""
    seconds: float = 0.0
    changed: int = 0
    holder: Claim | None = None
    """Whose run holds a node, so that this one could not start."""


@dataclass(frozen=True, kw_only=True)
class RunFollowed(Event):
    """A run that somebody else started is followed; ``since`` by the clock of one of its ``nodes``."""

    kind = "run-followed"
    run: str
    cluster: str
    operator: str
    since: float
    nodes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class FollowEnded(Event):
    """The followed runs have given back all nodes that can be reached."""

    kind = "follow-ended"
    runs: tuple[str, ...]
    failed: tuple[str, ...] = ()
    """``phase@node`` of everything that was seen to fail and not to go well afterwards."""
    unreachable: tuple[str, ...] = ()
    """Nodes that were not followed, or not to the end."""
    seconds: float = 0.0


def _plain(value: object) -> Any:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, Text):
        return str(value)
    if isinstance(value, Cause):
        return value.as_json()
    if isinstance(value, Proof):
        return value.as_json()
    if is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def encode_value(value: str) -> str:
    """How a captured value travels in a marker: base64, so that it holds any character."""
    return base64.b64encode(value.encode()).decode()
