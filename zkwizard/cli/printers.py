"""How a run is told where there are no screens: plain lines, or an event per line as JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Protocol

from zkwizard.cli.causes import told
from zkwizard.model.events import (
    Event,
    Explained,
    Found,
    LinkChanged,
    Notice,
    Output,
    PersonNeeded,
    PhaseEnded,
    RunEnded,
    RunStarted,
    StepEnded,
    StepRetried,
)
from zkwizard.model.finding import Finding, Severity
from zkwizard.model.placeholders import printed
from zkwizard.model.plan import Plan
from zkwizard.model.step import Outcome
from zkwizard.model.terminal import harmless, harmless_json

Titles = Mapping[tuple[str, str, str], str]
"""(phase, node, step) → title."""


class Printer(Protocol):
    """Shows a run while it goes on."""

    def show(self, events: Sequence[Event]) -> None:
        """What happened since the last call; possibly nothing."""

    def close(self) -> None:
        """The run is over."""


def titles(plan: Plan) -> dict[tuple[str, str, str], str]:
    """Titles of all steps of a plan."""
    return {
        (planned.phase.id, planned.node, step.id): printed(str(step.title))
        for planned in plan.phases
        for step in (planned.program.steps if planned.program else planned.operator)
    }


class JsonPrinter:
    """An event per line on stdout."""

    def show(self, events: Sequence[Event]) -> None:
        """Print them, and hand them on at once."""
        for event in events:
            print(harmless_json(json.dumps(event.as_json(), ensure_ascii=False)))
        sys.stdout.flush()

    def close(self) -> None:
        """Nothing is kept back."""


class News:
    """Tells what was said before: a line that stays silent is worth one line, not one every two seconds."""

    def __init__(self) -> None:
        self._links: dict[str, str] = {}

    def __call__(self, event: Event) -> bool:
        """Whether the event says something new."""
        if not isinstance(event, LinkChanged):
            return True
        known = self._links.get(event.node)
        self._links[event.node] = event.state
        return event.state != known


class PlainPrinter:
    """A line for each thing worth one, on stderr; output of commands only where a step failed."""

    def __init__(self, names: Titles) -> None:
        self._titles = names
        self._is_news = News()

    def show(self, events: Sequence[Event]) -> None:
        """Print what is worth a line."""
        for event in filter(self._is_news, events):
            for line in describe(event, self._titles):
                when = time.strftime("%H:%M:%S", time.localtime(event.at))
                print(f"{when} {harmless(line)}", file=sys.stderr)

    def close(self) -> None:
        """Nothing is kept back."""


def describe(event: Event, names: Titles) -> list[str]:
    """The lines that tell of an event; none for what only a screen shows. They hold what a node said as it
    said it: whoever prints them makes them harmless.
    """
    match event:
        case RunStarted():
            verb = "goes on" if event.resumed else "starts"
            return [f"run {event.run} of cluster {event.cluster} {verb} on {', '.join(event.nodes)}"]
        case StepEnded():
            return _step(event, names)
        case StepRetried():
            where = f"{event.phase:<18} {event.node:<10} {event.step}"
            return [f"{where}: attempt {event.attempt} failed ({event.code}); again in {event.delay} s"]
        case PhaseEnded(outcome=Outcome.FAILED):
            return [f"{event.phase:<18} {event.node:<10} FAILED: {event.reason}"]
        case PhaseEnded(outcome=Outcome.STOPPED):
            return [f"{event.phase:<18} {event.node:<10} stopped"]
        case Found() if event.finding.severity is not Severity.OK:
            return _finding(event)
        case Explained():
            return ["", *told(event.cause)]
        case LinkChanged():
            return [f"{'line':<18} {event.node:<10} {_link(event)}"]
        case PersonNeeded():
            return str(event.text).splitlines()
        case Notice():
            return [f"{'note':<18} {event.node:<10} {line}" for line in str(event.text).splitlines()]
        case RunEnded():
            return [summary(event)]
        case Output() | _:
            return []


def summary(event: RunEnded) -> str:
    """The last line of a run."""
    seconds = f"{event.seconds:.0f} s"
    match event.outcome:
        case Outcome.UNCHANGED:
            return f"done in {seconds}: everything was so already, nothing changed"
        case Outcome.CHANGED:
            return f"done in {seconds}: {event.changed} steps changed something"
        case Outcome.STOPPED if event.left:
            nodes = ", ".join(event.left)
            return f"left after {seconds} with work going on at {nodes}; the same command follows it"
        case Outcome.STOPPED:
            return f"stopped after {seconds}; the same command goes on from here"
        case _ if event.left:
            failed, nodes = ", ".join(event.failed), ", ".join(event.left)
            return f"failed after {seconds}: {failed}; work may go on at {nodes}, the same command follows it"
        case _:
            return f"failed after {seconds}: {', '.join(event.failed)}"


def _step(event: StepEnded, names: Titles) -> list[str]:
    title = names.get((event.phase, event.node, event.step), "")
    line = (
        f"{event.phase:<18} {event.node:<10} {event.step}: {event.outcome} ({event.seconds:.1f} s)  {title}"
    )
    if event.outcome is not Outcome.FAILED:
        return [line.rstrip()]
    return [
        line.rstrip(),
        f"    exit code {event.code}{_meaning(event.code)}",
        *(f"    | {line}" for line in event.tail),
    ]


def _meaning(code: int) -> str:
    """What the exit codes mean that the program's own frame gives."""
    known = {65: ": somebody has to decide first", 124: ": its time limit was over", 137: ": it was killed"}
    return known.get(code, "")


def _finding(event: Found) -> list[str]:
    finding = event.finding
    word = "STOP" if finding.severity is Severity.STOP else "warn"
    node = finding.node or "cluster"
    return [
        f"{event.phase:<18} {node:<10} {word}: {judged(finding)}",
        f"    expected: {finding.expected}",
        f"    fix:      {finding.fix}",
    ]


def judged(finding: Finding) -> str:
    """What was checked and seen, in a line."""
    return f"{str(finding.checked).rstrip('.')}: {finding.seen}"


def _link(event: LinkChanged) -> str:
    words = {
        "silent": f"silent for {event.seconds:.0f} s",
        "lost": "lost; what is at work there goes on, zkwizard keeps trying",
        "back": f"back after {event.seconds:.0f} s",
    }
    text = words.get(event.state, event.state)
    return f"{text} ({event.message})" if event.message else text
