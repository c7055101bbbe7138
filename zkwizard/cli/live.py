"""Live progress on a terminal: a grid of phases and nodes that stays, and lines that scroll above it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from zkwizard.cli.printers import OUTCOMES, News, describe, titles
from zkwizard.model.events import (
    Event,
    LinkChanged,
    PhaseEnded,
    PhaseStarted,
    RunStarted,
    StepBegan,
    StepEnded,
)
from zkwizard.model.phase import OPERATOR
from zkwizard.model.plan import Plan
from zkwizard.model.step import Outcome
from zkwizard.model.terminal import harmless
from zkwizard.model.text import T
from zkwizard.model.text import Text as Message
from zkwizard.widgets.words import say

_MARKS = {
    Outcome.CHANGED: (T("✓ {changed} changed"), "green"),
    Outcome.UNCHANGED: (T("= unchanged"), "dim"),
    Outcome.FAILED: (T("✗ failed"), "bold red"),
    Outcome.STOPPED: (T("■ stopped"), "yellow"),
}
_LINKS = {"silent": T("silent"), "lost": T("lost")}
_WIDEST = 6
"""With more nodes than this the grid shows counts instead of a column each."""


class LivePrinter:
    """Shows a run on stderr's terminal; drawn at most ten times a second."""

    def __init__(self, forecast: Plan) -> None:
        self._titles = titles(forecast)
        self._planned = {(planned.phase.id, planned.node) for planned in forecast.phases}
        self._console = Console(stderr=True)
        self._phases: list[str] = []
        self._nodes: list[str] = []
        self._ended: dict[tuple[str, str], PhaseEnded] = {}
        self._steps: dict[tuple[str, str], tuple[str, float]] = {}
        self._links: dict[str, str] = {}
        self._live = Live(console=self._console, auto_refresh=False, transient=False)
        self._is_news = News()
        self._terminal = threading.Lock()
        self._live.start()

    def show(self, events: Sequence[Event]) -> None:
        """Take in what happened and draw; waits while a person types."""
        with self._terminal:
            for event in events:
                self._take(event)
                unremarkable = isinstance(event, StepEnded) and event.outcome is not Outcome.FAILED
                if unremarkable or not self._is_news(event):
                    continue
                for line in describe(event, self._titles):
                    self._console.print(escape(harmless(line)), highlight=False)
            self._live.update(self._grid(), refresh=True)

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """Leave the terminal to a person who is asked something; may be called from any thread."""
        with self._terminal:
            self._live.stop()
            try:
                yield
            finally:
                self._live.start()

    def close(self) -> None:
        """Leave the last picture."""
        self._live.stop()

    def _take(self, event: Event) -> None:
        match event:
            case RunStarted():
                self._phases, self._nodes = list(event.phases), list(event.nodes)
            case PhaseStarted():
                self._steps[event.phase, event.node] = ("", event.at)
            case StepBegan():
                self._steps[event.phase, event.node] = (event.step, event.at)
            case PhaseEnded():
                self._steps.pop((event.phase, event.node), None)
                self._ended[event.phase, event.node] = event
            case LinkChanged(state="back" | "up"):
                self._links.pop(event.node, None)
            case LinkChanged():
                self._links[event.node] = event.state

    def _grid(self) -> Table:
        narrow = len(self._nodes) > _WIDEST
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column(say(T("phase")), width=max(map(len, self._phases), default=0), no_wrap=True)
        if narrow:
            table.add_column(say(T("nodes")))
        else:
            self._add_nodes(table)
        hidden, shown = self._window()
        if hidden:
            table.add_row(Text(say(T("({count} done)", count=hidden)), "dim"))
        for phase in shown:
            table.add_row(phase, *([self._counts(phase)] if narrow else self._cells(phase)))
        return table

    def _add_nodes(self, table: Table) -> None:
        """A column per node, of a width that stays, so that nothing moves but what changes."""
        room = self._console.width - 22
        width = min(24, max(12, room // max(1, len(self._nodes)) - 2))
        for node in self._nodes:
            link = self._links.get(node, "")
            suffix = f" ({say(_LINKS.get(link, link))})" if link else ""
            table.add_column(node + suffix, width=width, no_wrap=True)

    def _window(self) -> tuple[int, list[str]]:
        """How many finished phases are left out of a small terminal, and the rest that fits."""
        room = self._console.height - 2
        if len(self._phases) <= room:
            return 0, self._phases
        done = 0
        while done < len(self._phases) - 1 and self._over(self._phases[done]):
            done += 1
        hidden = min(done, len(self._phases) - room + 1)
        return hidden, self._phases[hidden:][: room - 1]

    def _over(self, phase: str) -> bool:
        return all(at in self._ended for at in self._planned if at[0] == phase)

    def _cells(self, phase: str) -> list[Text]:
        """What is done here stands in the first column."""
        here = (phase, OPERATOR) in self._planned
        return [self._cell(phase, node) for node in ([OPERATOR] if here else self._nodes)]

    def _cell(self, phase: str, node: str) -> Text:
        if ended := self._ended.get((phase, node)):
            words, style = _MARKS[ended.outcome]
            return Text(say(Message(words.template, {"changed": ended.changed})), style)
        if begun := self._steps.get((phase, node)):
            step, since = begun
            return Text(f"▸ {time.time() - since:.0f} s {step or '…'}", "cyan")
        return Text("·" if (phase, node) in self._planned else "", "dim")

    def _counts(self, phase: str) -> Text:
        done = [event.outcome for (name, _), event in self._ended.items() if name == phase]
        work = sum(name == phase for name, _ in self._steps)
        counts = [
            f"{sum(o is outcome for o in done)} {say(OUTCOMES[outcome])}"
            for outcome in _MARKS
            if outcome in done
        ]
        at_work = say(T("▸ {count} at work", count=work))
        return Text(", ".join([*counts, at_work] if work else counts) or "·")
