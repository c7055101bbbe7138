"""What a run tells, as lines of the log pane: what nodes print, with a marker for every step between it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from zkwizard.model.events import (
    Event,
    Explained,
    FollowEnded,
    Found,
    LinkChanged,
    Notice,
    Output,
    PersonNeeded,
    PhaseEnded,
    PhaseSkipped,
    PhaseStarted,
    PhaseWaits,
    RunEnded,
    RunFollowed,
    RunStarted,
    StepBegan,
    StepEnded,
    StepRetried,
)
from zkwizard.model.finding import Severity
from zkwizard.model.phase import OPERATOR
from zkwizard.model.placeholders import printed
from zkwizard.model.step import Outcome
from zkwizard.model.text import T, Text
from zkwizard.widgets.log_pane import Kind
from zkwizard.widgets.run.progress import Progress
from zkwizard.widgets.run.signs import clock
from zkwizard.widgets.words import say

MESSAGES = "messages"
"""The source of what belongs to the run and not to a node's output."""
_SHORT = 0.5
"""Seconds: a step that is over within them and prints nothing has one line, not two."""
_ENDS = {
    Outcome.CHANGED: (Kind.DONE, T("{title} · changed · {time}")),
    Outcome.UNCHANGED: (Kind.SAME, T("{title} · was so already")),
    Outcome.FAILED: (Kind.FAILED, T("{title} · failed with exit code {code}{meaning} · {time}")),
    Outcome.STOPPED: (Kind.STOPPED, T("{title} · stopped")),
}
_MEANINGS = {
    65: T(": somebody has to decide first"),
    124: T(": its time limit was over"),
    137: T(": it was killed"),
}
"""The exit codes that the program's own frame gives."""


class Pane(Protocol):
    """The part of the log pane that is written to."""

    def feed(self, name: str, data: bytes, at: float | None = None) -> None:
        """Output."""

    def mark(self, name: str, kind: Kind, text: Text | str, at: float | None = None) -> None:
        """A line of ours."""

    def log_file(self, name: str, path: Path) -> None:
        """Where the full log is."""


class Narration:
    """Tells it in batches. A step has a line when it ended, and one when it began if that takes a while."""

    def __init__(self, pane: Pane, progress: Progress, logs: Path | None) -> None:
        """``logs``: the folder in which the run keeps ``<node>/<phase>.log``; None: it keeps none."""
        self._pane, self._progress, self._logs = pane, progress, logs
        self._begun: dict[str, StepBegan] = {}
        """Node → the step whose beginning has no line yet."""
        self._output: dict[str, list[Output]] = {}
        self._links: dict[str, str] = {}

    def tell(self, events: Iterable[Event], now: float) -> None:
        """Everything that is worth a line, in its order; ``now`` in seconds since the epoch."""
        for event in events:
            if isinstance(event, Output):
                self._output.setdefault(event.node, []).append(event)
                continue
            if isinstance(node := getattr(event, "node", None), str):
                self._print(node)
            self._tell(event)
        for node in list(self._output):
            self._print(node)
        for node, began in list(self._begun.items()):
            if now - began.at >= _SHORT:
                self._begin(node)

    def _print(self, node: str) -> None:
        if events := self._output.pop(node, None):
            self._begin(node)
            self._pane.feed(node, b"".join(event.data for event in events), events[-1].at)

    def _begin(self, node: str) -> None:
        if began := self._begun.pop(node, None):
            self._mark(node, Kind.BEGAN, self._title(began.phase, node, began.step), began.at)

    def _mark(self, node: str, kind: Kind, text: Text | str, at: float) -> None:
        """What is done here has no node's lines to stand in."""
        self._pane.mark(MESSAGES if node == OPERATOR else node, kind, text, at)

    def _tell(self, event: Event) -> None:
        match event:
            case PhaseStarted():
                self._phase_began(event)
            case StepBegan():
                self._begin(event.node)
                self._begun[event.node] = event
            case StepEnded():
                self._step_over(event)
            case StepRetried():
                self._begin(event.node)
                words = T(
                    "{title} · attempt {number} failed ({code}), again in {delay} s",
                    title=self._title(event.phase, event.node, event.step),
                    number=event.attempt,
                    code=event.code,
                    delay=event.delay,
                )
                self._mark(event.node, Kind.WARNING, words, event.at)
            case PhaseEnded():
                self._phase_over(event)
            case _:
                self._message(event)

    def _phase_began(self, event: PhaseStarted) -> None:
        title = self._progress.titles.get(event.phase, T("{phase}", phase=event.phase))
        words = T("phase {phase}: {title}", phase=event.phase, title=title)
        self._mark(event.node, Kind.NOTE, words, event.at)
        if self._logs and event.sha256 and event.node != OPERATOR:
            self._pane.log_file(event.node, self._logs / event.node / f"{event.phase}.log")

    def _step_over(self, event: StepEnded) -> None:
        if self._begun.pop(event.node, None) and event.outcome is Outcome.FAILED:
            self._mark(event.node, Kind.BEGAN, self._title(event.phase, event.node, event.step), event.at)
        kind, words = _ENDS[event.outcome]
        title = self._title(event.phase, event.node, event.step)
        args = {"title": title, "time": clock(event.seconds)}
        if event.outcome is Outcome.FAILED:
            meaning = _MEANINGS.get(event.code)
            args |= {"code": str(event.code), "meaning": say(meaning) if meaning else ""}
        self._mark(event.node, kind, Text(words.template, args), event.at)

    def _phase_over(self, event: PhaseEnded) -> None:
        self._begun.pop(event.node, None)
        if event.outcome is Outcome.FAILED:
            words = T("phase {phase} failed: {reason}", phase=event.phase, reason=event.reason)
            self._both(event.node, Kind.FAILED, words, event.at)
        elif event.outcome is Outcome.STOPPED:
            self._both(event.node, Kind.STOPPED, T("phase {phase} stopped", phase=event.phase), event.at)

    def _message(self, event: Event) -> None:
        match event:
            case RunStarted():
                words = T("run {run} of cluster {cluster} begins", run=event.run, cluster=event.cluster)
                if event.resumed:
                    words = T("run {run} of cluster {cluster} goes on", run=event.run, cluster=event.cluster)
                self._pane.mark(MESSAGES, Kind.BEGAN, words, event.at)
            case RunFollowed():
                words = T(
                    "following run {run} of cluster {cluster} on {nodes}, by {operator}",
                    run=event.run,
                    cluster=event.cluster,
                    nodes=", ".join(event.nodes),
                    operator=event.operator,
                )
                self._pane.mark(MESSAGES, Kind.BEGAN, words, event.at)
            case LinkChanged():
                self._link(event)
            case Found() if event.finding.severity is not Severity.OK:
                self._finding(event)
            case Explained():
                self._cause(event)
            case PhaseWaits():
                words = T("phase {phase} waits for your answer: Enter on it", phase=event.phase)
                self._both(event.node, Kind.WARNING, words, event.at)
            case PhaseSkipped():
                words = T("phase {phase} is skipped: the rest goes on without it", phase=event.phase)
                self._both(event.node, Kind.WARNING, words, event.at)
            case PersonNeeded():
                self._pane.mark(MESSAGES, Kind.WARNING, event.text, event.at)
            case Notice():
                self._both(event.node, Kind.NOTE, event.text, event.at)
            case RunEnded() | FollowEnded():
                self._pane.mark(MESSAGES, *ending(event), event.at)

    def _both(self, place: str, kind: Kind, text: Text, at: float) -> None:
        """In the node's own lines, and with its name in the messages."""
        if place and place != OPERATOR:
            self._pane.mark(place, kind, text, at)
        words = T("{node}: {text}", node=place, text=text) if place and place != OPERATOR else text
        self._pane.mark(MESSAGES, kind, words, at)

    def _link(self, event: LinkChanged) -> None:
        """A line that stays silent is worth one line, not one every two seconds."""
        known, self._links[event.node] = self._links.get(event.node), event.state
        if event.state == known or (event.state == "up" and known is None):
            return
        words = {
            "silent": T("the line is silent for {time}", time=clock(event.seconds)),
            "lost": T("the line is lost; what is at work there goes on, zkwizard keeps trying"),
            "back": T("the line is back after {time}", time=clock(event.seconds)),
        }.get(event.state, T("the line is {state}", state=event.state))
        if event.message and event.state == "lost":
            words = T("{words} ({message})", words=words, message=event.message)
        self._both(event.node, Kind.NOTE, words, event.at)

    def _finding(self, event: Found) -> None:
        finding = event.finding
        kind = Kind.FAILED if finding.severity is Severity.STOP else Kind.WARNING
        words = T(
            "{checked}: {seen} · expected: {expected} · {fix}",
            checked=say(finding.checked).rstrip(".。"),
            seen=finding.seen,
            expected=finding.expected,
            fix=finding.fix,
        )
        self._both(finding.node, kind, words, event.at)

    def _cause(self, event: Explained) -> None:
        cause = event.cause
        words = T("cause: {what} {remedy}", what=cause.what, remedy=cause.remedy)
        self._both(cause.node, Kind.WARNING, words, event.at)

    def _title(self, phase: str, node: str, step: str) -> str:
        title = self._progress.steps.get((phase, node, step))
        return printed(say(title)) if title else step


def ending(event: RunEnded | FollowEnded) -> tuple[Kind, Text]:
    """How a run ended, in a line."""
    time = clock(event.seconds)
    if isinstance(event, FollowEnded):
        return Kind.DONE, T("the run has given the nodes back; followed for {time}", time=time)
    if event.outcome is Outcome.UNCHANGED:
        return Kind.DONE, T("done in {time}: everything was so already, nothing changed", time=time)
    if event.outcome is Outcome.CHANGED:
        return Kind.DONE, T("done in {time}: {count} steps changed something", time=time, count=event.changed)
    if event.holder:
        return Kind.STOPPED, T("not begun: another run has the nodes")
    args = {"time": time, "failed": ", ".join(event.failed), "nodes": ", ".join(event.left)}
    if event.outcome is Outcome.STOPPED:
        if event.left:
            return Kind.STOPPED, T("left after {time} with work going on at {nodes}", **args)
        return Kind.STOPPED, T("stopped after {time}; it can go on from here", **args)
    if event.left:
        return Kind.FAILED, T("failed after {time}: {failed}; work may go on at {nodes}", **args)
    return Kind.FAILED, T("failed after {time}: {failed}", **args)
