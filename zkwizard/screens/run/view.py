"""What the screen of a run shows, and moving about in it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Container
from textual.widget import Widget
from textual.widgets import Static

from zkwizard.model.phase import OPERATOR
from zkwizard.model.text import T
from zkwizard.screens.at_work import AtWork
from zkwizard.screens.case import Case
from zkwizard.screens.frame import TopLine
from zkwizard.screens.steps import After
from zkwizard.widgets.key_lines import KeyLines
from zkwizard.widgets.log_pane import LogPane
from zkwizard.widgets.run.grid import RunGrid
from zkwizard.widgets.run.last_lines import LastLines
from zkwizard.widgets.run.narration import MESSAGES, Narration
from zkwizard.widgets.run.progress import Place, Progress
from zkwizard.widgets.run.steering import Steering
from zkwizard.widgets.run.summary import Summary
from zkwizard.widgets.words import say

if TYPE_CHECKING:
    from zkwizard.screens.run.controls import Controls, Watching
    from zkwizard.screens.services import RunHandle

_BESIDE = 140
"""Cells from which the log stands beside the grid, and not below it."""


class RunView(AtWork[After]):
    """The part of the screen that shows."""

    NOT_OVER = T("The run is not over")

    def __init__(self, case: Case, after: After) -> None:
        super().__init__()
        self.case = case
        self.practice = case.practice
        self._asked = after
        self._progress = Progress((), (), {})
        self._steering = Steering(until=after.until, watching=after.watch)
        self._handle: RunHandle | Watching | None = None
        self._controls: Controls | None = None
        self._narration: Narration | None = None
        self._end_shown = False
        self._drawn = 0.0
        self._again = False
        """Whether another run begins as soon as this one has ended."""
        self._keys: tuple[object, ...] = ()

    @property
    def subject(self) -> str:
        """The file."""
        return self.case.draft.path.name

    def compose(self) -> ComposeResult:
        """As every screen, with the keys in two lines."""
        yield TopLine(self.place, self.subject, practice=self.practice)
        yield from self.body()
        yield KeyLines()

    def body(self) -> Iterable[Widget]:
        """What comes as soon as the plan is made."""
        yield Static(say(T("the plan is made …")), id="preparing", markup=False)
        yield Container(id="run")

    # Drawing ----------------------------------------------------------------------------------------------

    def draw(self) -> None:
        """Bring everything up to date that is seen."""
        self._drawn = time.monotonic()
        self.query_one(RunGrid).sync()
        self.query_one(Summary).sync()
        keys = self._possible()
        if keys != self._keys:
            self._keys = keys
            self.refresh_bindings()

    def _possible(self) -> tuple[object, ...]:
        """What the keys depend on."""
        progress, steering = self._progress, self._steering
        return (
            self._over,
            progress.paused,
            steering.all,
            steering.stopping,
            bool(progress.asking()),
            bool(progress.failed() or progress.person),
            bool(progress.at_work()),
        )

    # Looking ----------------------------------------------------------------------------------------------

    @on(RunGrid.Moved)
    def _moved(self) -> None:
        node = self.query_one(RunGrid).node
        pane = self.query_one(LogPane)
        if node and node != pane.shown:
            pane.show(node)

    @on(LogPane.Switched)
    def _switched(self, event: LogPane.Switched) -> None:
        grid = self.query_one(RunGrid)
        if event.name in self._progress.nodes and event.name != grid.node:
            grid.move_to((grid.phase, event.name))

    @on(RunGrid.Chosen)
    def _chosen(self, event: RunGrid.Chosen) -> None:
        if event.place in self._progress.failed():
            self._explain(event.place)
        else:
            self._show_log(MESSAGES if event.place[1] == OPERATOR else event.place[1])

    def _explain(self, place: Place, *, only_here: bool = False) -> object:
        """What failed there, and why."""
        raise NotImplementedError

    @on(LastLines.Chosen)
    def _node_chosen(self, event: LastLines.Chosen) -> None:
        grid = self.query_one(RunGrid)
        grid.move_to((grid.phase, event.node))
        self._show_log(event.node)

    def action_troubleshoot(self) -> None:
        """Nodes and pods, live; the run goes on meanwhile."""
        self.zk.troubleshoot(self.case.draft.path)

    def action_messages(self) -> None:
        """What belongs to the run and to no node's output."""
        self._show_log(MESSAGES)

    def _show_log(self, name: str) -> None:
        self._view(last_lines=False)
        pane = self.query_one(LogPane)
        pane.show(name)
        pane.query_one("LogBody").focus()

    def action_view(self) -> None:
        """The log of a node, or the last lines of all."""
        last_lines = not self.query_one(LastLines).display
        self._view(last_lines=last_lines)
        (self.query_one(LastLines) if last_lines else self.query_one(RunGrid)).focus()

    def _view(self, *, last_lines: bool) -> None:
        self.query_one(LastLines).display = last_lines
        self.query_one(LogPane).display = not last_lines

    def action_zoom(self) -> None:
        """All the room for the half that has the focus, or both again."""
        run, zoomed = self.query_one("#run"), {"-grid", "-side"}
        if zoomed & set(run.classes):
            run.remove_class(*zoomed)
        else:
            run.add_class("-grid" if self.query_one(RunGrid).has_focus else "-side")

    def on_resize(self) -> None:
        """The grid takes no more of a wide terminal than it needs."""
        self._fit()

    def _fit(self) -> None:
        for grid in self.query(RunGrid):
            beside = self.app.size.width >= _BESIDE
            self.query_one("#run").set_class(beside, "-beside")
            grid.styles.width = min(self.app.size.width // 2, grid.needed_width) if beside else None
