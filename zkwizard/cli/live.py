"""Live progress on a terminal: a grid of phases and nodes that stays, and lines that scroll above it."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from zkwizard.cli.printers import Titles, describe
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
from zkwizard.model.step import Outcome

_MARKS = {
    Outcome.CHANGED: ("✓ {changed} changed", "green"),
    Outcome.UNCHANGED: ("= unchanged", "dim"),
    Outcome.FAILED: ("✗ failed", "bold red"),
    Outcome.STOPPED: ("■ stopped", "yellow"),
}
_WIDEST = 6
"""With more nodes than this the grid shows counts instead of a column each."""


class LivePrinter:
    """Shows a run on stderr's terminal; drawn at most ten times a second."""

    def __init__(self, names: Titles) -> None:
        self._titles = names
        self._console = Console(stderr=True)
        self._phases: list[str] = []
        self._nodes: list[str] = []
        self._ended: dict[tuple[str, str], PhaseEnded] = {}
        self._steps: dict[tuple[str, str], tuple[str, float]] = {}
        self._links: dict[str, str] = {}
        self._live = Live(console=self._console, auto_refresh=False, transient=False)
        self._live.start()

    def show(self, events: Sequence[Event]) -> None:
        """Take in what happened and draw."""
        for event in events:
            self._take(event)
            if isinstance(event, StepEnded) and event.outcome is not Outcome.FAILED:
                continue
            for line in describe(event, self._titles):
                self._console.print(escape(line), highlight=False)
        self._live.update(self._grid(), refresh=True)

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

    def _grid(self) -> Group:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column("phase")
        if len(self._nodes) <= _WIDEST:
            for node in self._nodes:
                suffix = f" ({self._links[node]})" if node in self._links else ""
                table.add_column(node + suffix, max_width=24, no_wrap=True)
            for phase in self._phases:
                table.add_row(phase, *(self._cell(phase, node) for node in self._places(phase)))
        else:
            table.add_column("nodes")
            for phase in self._phases:
                table.add_row(phase, self._counts(phase))
        return Group(table)

    def _places(self, phase: str) -> list[str]:
        """The columns of a phase's row; what is done here stands in the first."""
        if (phase, OPERATOR) in self._ended or (phase, OPERATOR) in self._steps:
            return [OPERATOR]
        return self._nodes

    def _cell(self, phase: str, node: str) -> Text:
        if ended := self._ended.get((phase, node)):
            words, style = _MARKS[ended.outcome]
            return Text(words.format(changed=ended.changed), style)
        if begun := self._steps.get((phase, node)):
            step, since = begun
            return Text(f"▸ {step or '…'} {time.time() - since:.0f} s", "cyan")
        return Text("·", "dim")

    def _counts(self, phase: str) -> Text:
        done = [event.outcome for (name, _), event in self._ended.items() if name == phase]
        work = sum(name == phase for name, _ in self._steps)
        counts = [f"{sum(o is outcome for o in done)} {outcome}" for outcome in _MARKS if outcome in done]
        return Text(", ".join([*counts, f"▸ {work} at work"] if work else counts) or "·")
