"""A run that one watches to its end: a reset, or the repair of a cause."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Static

from zkwizard.engine.schedule import graph
from zkwizard.model.cluster import Cluster
from zkwizard.model.events import Event, PhaseEnded, Proved, RunEnded
from zkwizard.model.plan import Plan
from zkwizard.model.ports import StopMode
from zkwizard.model.remains import Proof
from zkwizard.model.step import Outcome
from zkwizard.model.terminal import one_line
from zkwizard.model.text import T, Text
from zkwizard.screens.at_work import AtWork
from zkwizard.screens.batches import batches
from zkwizard.screens.frame import TopLine
from zkwizard.screens.garbage import spare_what_is_there
from zkwizard.screens.services import RunHandle, Shell
from zkwizard.store.state import is_practice
from zkwizard.widgets.key_lines import KeyLines
from zkwizard.widgets.log_pane import Kind, LogPane
from zkwizard.widgets.run.grid import RunGrid
from zkwizard.widgets.run.narration import MESSAGES, Narration, ending
from zkwizard.widgets.run.progress import Progress
from zkwizard.widgets.run.signs import clock
from zkwizard.widgets.words import mark, say, say_innermost

_PERIOD = 0.1
"""Seconds between two looks at what the engine has to tell."""


@dataclass
class Carried:
    """How it went."""

    ended: RunEnded | None = None
    """None when the engine itself failed: ``error`` says why."""
    error: str = ""
    proofs: dict[str, Proof] = field(default_factory=dict)
    phases: list[PhaseEnded] = field(default_factory=list)
    """Every phase that ended, in the order in which they did."""

    @property
    def went_well(self) -> bool:
        """Whether all was done."""
        return self.ended is not None and self.ended.outcome in (Outcome.CHANGED, Outcome.UNCHANGED)

    def take(self, event: Event) -> None:
        """Remember what counts afterwards."""
        if isinstance(event, Proved):
            self.proofs[event.node] = event.proof
        elif isinstance(event, PhaseEnded):
            self.phases.append(event)
        elif isinstance(event, RunEnded):
            self.ended = event


@dataclass(frozen=True)
class Errand:
    """What is to be carried out, and for whom."""

    title: Text
    cluster: Cluster
    file: Path
    plan: Plan
    nodes: Sequence[str]


async def carry(app: Shell, errand: Errand, handle: RunHandle) -> Carried:
    """Do it, and show it to its end; a run that is not even shown holds the cluster no longer."""
    try:
        return await app.push_screen_wait(Carrying(errand, handle))
    finally:
        handle.abandon()


class Carrying(AtWork[Carried]):
    """Grid and log; ends with how it went, by itself when it went well."""

    ABOUT = (
        T(
            "It goes on on the nodes even if the line is lost or this terminal closed; started again, it "
            "goes on where it stopped. s stops after the steps at work, S at once."
        ),
    )
    BINDINGS: ClassVar = [
        Binding("s", "stop", str(T("Stop gently")), id="carrying.stop"),
        Binding("S", "stop_now", str(T("Stop now")), id="carrying.stop-now"),
        Binding("escape", "back", str(T("Back")), id="back"),
        Binding("tab", "app.focus_next", str(T("Grid or log")), show=False),
    ]

    def __init__(self, errand: Errand, handle: RunHandle) -> None:
        super().__init__()
        self.practice = is_practice(errand.file)
        self._errand, self._handle = errand, handle
        self._carried = Carried()
        phases = tuple(dict.fromkeys(planned.phase for planned in errand.plan.phases))
        needs = graph(errand.cluster, phases, errand.nodes)
        self._progress = Progress.of(errand.plan.phases, errand.nodes, needs)
        self._began = time.time()

    @property
    def place(self) -> str:
        """What is carried out."""
        return say(self._errand.title)

    @property
    def subject(self) -> str:
        """The cluster."""
        return self._errand.cluster.name

    def compose(self) -> ComposeResult:
        """As every screen, with the keys in two lines: the pane has many."""
        yield TopLine(self.place, self.subject, practice=self.practice)
        yield from self.body()
        yield KeyLines()

    def body(self) -> Iterable[Widget]:
        """A line, the grid, the log of the node under the grid's cursor."""
        yield Vertical(
            Static(id="carrying-head", classes="head", markup=False),
            RunGrid(self._progress),
            LogPane(folder=self._handle.folder.path, id="carrying-log"),
            id="carrying",
        )

    def on_mount(self) -> None:
        """Begin."""
        pane = self.query_one(LogPane)
        pane.add(MESSAGES, T("messages"))
        for node in self._errand.nodes:
            pane.add(node)
        self._narration = Narration(pane, self._progress, self._handle.folder.path / "logs")
        grid = self.query_one(RunGrid)
        grid.styles.height = len(self._progress.phases) + 2
        grid.focus()
        self.set_interval(0.2, self._sync)
        spare_what_is_there()
        self._handle.start()
        self._timer = self.set_interval(_PERIOD, self._take)

    def on_unmount(self) -> None:
        """What never started holds the cluster no longer."""
        self._handle.abandon()

    def _take(self) -> None:
        """What happened since; and the end, when it is over."""
        for events in batches(self._handle):
            for event in events:
                self._carried.take(event)
                self._progress.take(event)
            self._narration.tell(events, time.time())
        self._narration.tell((), time.time())
        if not self._handle.alive and not self._over:
            self._timer.stop()
            self._end()

    def _sync(self) -> None:
        self.query_one(RunGrid).sync()
        over = sum(map(self._progress.is_over, self._progress.phases))
        words = T(
            "{over} of {all} phases · {time}",
            over=over,
            all=len(self._progress.phases),
            time=clock(time.time() - self._began),
        )
        if self._over and self._carried.ended:
            kind, words = ending(self._carried.ended)
            sign = "✓" if kind is Kind.DONE else "✗"
            head = f"{mark(sign)} {say(words)} {mark('·')} {say(T('Enter: go on'))}"
        elif self._over:
            head = f"{mark('✗')} {self._carried.error} {mark('·')} {say(T('Enter: go on'))}"
        else:
            head = f"{mark('▶')} {int(self._progress.overall * 100)} % {mark('·')} {say(words)}"
        self.query_one("#carrying-head", Static).update(head)

    def _end(self) -> None:
        self._end_questions()
        try:
            self._handle.result()
        except Exception as error:
            self._carried.error = one_line(say_innermost(error))
        self.refresh_bindings()
        if self._carried.went_well:
            self.dismiss(self._carried)
        else:
            self._sync()
            self.query_one(LogPane).show(MESSAGES)

    @on(RunGrid.Moved)
    def _moved(self) -> None:
        node = self.query_one(RunGrid).node
        if node:
            self.query_one(LogPane).show(node)

    @on(RunGrid.Chosen)
    def _chosen(self) -> None:
        if self._over:
            self.action_back()

    def key_enter(self) -> None:
        """Read it all: go on."""
        if self._over:
            self.action_back()

    def action_back(self) -> None:
        """Only when it is over: nobody should have to wonder whether it goes on."""
        if self._over:
            self.dismiss(self._carried)
        else:
            words = T("It is at work. s stops it after the steps at work, S now.")
            self.app.notify(say(words), markup=False)

    def action_stop(self) -> None:
        """After the steps at work."""
        self._handle.stop(StopMode.GENTLY)
        self.app.notify(say(T("stopping after the steps at work")), markup=False)

    def action_stop_now(self) -> None:
        """At once."""
        self._handle.stop(StopMode.NOW)
        self.app.notify(say(T("stopping now")), markup=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is over can't be stopped."""
        return not (self._over and action in ("stop", "stop_now"))
