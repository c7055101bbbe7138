"""How a run is told where there are no screens: plain lines, or an event per line as JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Protocol

from zkwizard.cli.causes import told
from zkwizard.cli.words import column, labelled
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
from zkwizard.model.text import T, Text, Words
from zkwizard.widgets.words import say

OUTCOMES = {
    Outcome.CHANGED: T("changed"),
    Outcome.UNCHANGED: T("unchanged"),
    Outcome.FAILED: T("failed"),
    Outcome.STOPPED: T("stopped"),
}

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
        (planned.phase.id, planned.node, step.id): printed(say(step.title))
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
            args = {"run": event.run, "cluster": event.cluster, "nodes": ", ".join(event.nodes)}
            if event.resumed:
                return [say(T("run {run} of cluster {cluster} goes on on {nodes}", **args))]
            return [say(T("run {run} of cluster {cluster} starts on {nodes}", **args))]
        case StepEnded():
            return _step(event, names)
        case StepRetried():
            words = T(
                "{step}: attempt {number} failed ({code}); again in {delay} s",
                step=event.step,
                number=event.attempt,
                code=event.code,
                delay=event.delay,
            )
            return [f"{event.phase:<18} {event.node:<10} {say(words)}"]
        case PhaseEnded(outcome=Outcome.FAILED):
            words = T("FAILED: {reason}", reason=event.reason)
            return [f"{event.phase:<18} {event.node:<10} {say(words)}"]
        case PhaseEnded(outcome=Outcome.STOPPED):
            return [f"{event.phase:<18} {event.node:<10} {say(T('stopped'))}"]
        case Found() if event.finding.severity is not Severity.OK:
            return _finding(event)
        case Explained():
            return ["", *told(event.cause)]
        case LinkChanged():
            return [f"{column(T('line'), 18)} {event.node:<10} {_link(event)}"]
        case PersonNeeded():
            return say(event.text).splitlines()
        case Notice():
            note = column(T("note"), 18)
            return [f"{note} {event.node:<10} {line}" for line in say(event.text).splitlines()]
        case RunEnded():
            return [summary(event)]
        case Output() | _:
            return []


def summary(event: RunEnded) -> str:
    """The last line of a run."""
    args = {
        "time": T("{seconds} s", seconds=f"{event.seconds:.0f}"),
        "count": event.changed,
        "nodes": ", ".join(event.left),
        "failed": ", ".join(event.failed),
    }
    match event.outcome:
        case Outcome.UNCHANGED:
            words = T("done in {time}: everything was so already, nothing changed", **args)
        case Outcome.CHANGED:
            words = T("done in {time}: {count} steps changed something", **args)
        case Outcome.STOPPED if event.left:
            words = T("left after {time} with work going on at {nodes}; the same command follows it", **args)
        case Outcome.STOPPED:
            words = T("stopped after {time}; the same command goes on from here", **args)
        case _ if event.left:
            words = T(
                "failed after {time}: {failed}; work may go on at {nodes}, the same command follows it",
                **args,
            )
        case _:
            words = T("failed after {time}: {failed}", **args)
    return say(words)


def _step(event: StepEnded, names: Titles) -> list[str]:
    title = names.get((event.phase, event.node, event.step), "")
    words = T(
        "{step}: {outcome} ({seconds} s)",
        step=event.step,
        outcome=OUTCOMES[event.outcome],
        seconds=f"{event.seconds:.1f}",
    )
    line = f"{event.phase:<18} {event.node:<10} {say(words)}  {title}"
    if event.outcome is not Outcome.FAILED:
        return [line.rstrip()]
    return [
        line.rstrip(),
        f"    {say(_code(event.code))}",
        *(f"    | {line}" for line in event.tail),
    ]


def _code(code: int) -> Text:
    """An exit code, and what those mean that the program's own frame gives."""
    match code:
        case 65:
            return T("exit code {code}: somebody has to decide first", code=code)
        case 124:
            return T("exit code {code}: its time limit was over", code=code)
        case 137:
            return T("exit code {code}: it was killed", code=code)
    return T("exit code {code}", code=code)


def _finding(event: Found) -> list[str]:
    finding = event.finding
    word = T("STOP") if finding.severity is Severity.STOP else T("warn")
    node = column(finding.node or T("cluster"), 10)
    words = T("{word}: {judged}", word=word, judged=judged(finding))
    return [
        f"{event.phase:<18} {node} {say(words)}",
        labelled(T("expected:"), finding.expected, indent=4, cells=9),
        labelled(T("fix:"), finding.fix, indent=4, cells=9),
    ]


def judged(finding: Finding) -> str:
    """What was checked and seen, in a line."""
    checked = say(finding.checked).rstrip(".。")
    return say(T("{checked}: {seen}", checked=checked, seen=finding.seen))


def _link(event: LinkChanged) -> str:
    seconds = f"{event.seconds:.0f}"
    known: dict[str, Words] = {
        "silent": T("silent for {seconds} s", seconds=seconds),
        "lost": T("lost; what is at work there goes on, zkwizard keeps trying"),
        "back": T("back after {seconds} s", seconds=seconds),
    }
    words = known.get(event.state, event.state)
    return say(T("{words} ({message})", words=words, message=event.message) if event.message else words)
