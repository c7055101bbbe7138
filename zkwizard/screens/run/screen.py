"""Step 6: the run: how each phase stands on each node, what the nodes print, and a person's word."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import Binding
from textual.containers import Vertical
from textual.worker import get_current_worker

from zkwizard.engine.pace import Pace
from zkwizard.engine.planning import plan
from zkwizard.engine.schedule import graph
from zkwizard.model.errors import ZkwizardError
from zkwizard.model.events import Event, PersonNeeded, PhaseWaits, RunStarted
from zkwizard.model.text import T
from zkwizard.phases.order import PHASES
from zkwizard.screens.batches import batches
from zkwizard.screens.garbage import spare_what_is_there
from zkwizard.screens.run.controls import Controls, Watching
from zkwizard.screens.run.end import RunEnd
from zkwizard.screens.run.questions import again_after
from zkwizard.store.state import ClusterState, state_of
from zkwizard.widgets.log_pane import LogPane
from zkwizard.widgets.run.grid import RunGrid
from zkwizard.widgets.run.last_lines import LastLines
from zkwizard.widgets.run.narration import MESSAGES, Narration
from zkwizard.widgets.run.progress import Progress
from zkwizard.widgets.run.summary import Summary
from zkwizard.widgets.words import say_error

if TYPE_CHECKING:
    from zkwizard.screens.services import RunHandle

_RATE = 0.04
"""Seconds between two looks at what the engine has to tell."""
_DRAWN = 0.1
"""Seconds between two drawings of what it told; a key is answered at once."""


class Run(RunEnd):
    """Phases and nodes above, or at the left of a wide terminal; the log of a node below or at the right."""

    TITLE_TEXT = T("Step 6 of 6 · Run")
    ABOUT = (
        T(
            "Every row is a phase with what is over of it, every column a node. Nothing begins before you "
            "say so: c runs the next phase on all nodes, a runs all of them, p pauses after the one at work."
        ),
        T(
            "· waiting · ▸ at work · = was so already · ✓ changed · ✗ failed · » skipped · ■ stopped · "
            "○ blocked by what failed · ◂ over before you looked. A line that is silent or lost is told "
            "above its node: work goes on there."
        ),
        T(
            "What failed waits for you: i shows what ran, its last lines and causes; r tries again, x goes "
            "on without it. h stops after the steps at work, H at once."
        ),
        T(
            "The log is that of the node under the cursor; v shows the last lines of all nodes, m messages "
            "of the run, z gives one half all the room. Tab goes to the log and back: there its own keys "
            "act, which stand above these."
        ),
    )
    BINDINGS: ClassVar = [
        Binding("c", "next", str(T("Next phase")), id="run.next"),
        Binding("a", "all", str(T("Run all")), id="run.all"),
        Binding("p", "pause", str(T("Pause after this")), id="run.pause"),
        Binding("i", "why", str(T("Why")), id="run.why"),
        Binding("r", "retry", str(T("Retry")), id="run.retry"),
        Binding("x", "skip", str(T("Skip")), id="run.skip"),
        Binding("o", "again", str(T("Go on")), id="run.again"),
        Binding("d", "done", str(T("Done")), id="run.done"),
        Binding("h", "stop", str(T("Stop")), id="run.stop"),
        Binding("H", "stop_now", str(T("Stop now")), id="run.stop-now"),
        Binding("v", "view", str(T("View")), id="run.view"),
        Binding("q,escape", "leave", str(T("Leave")), id="run.leave"),
        Binding("m", "messages", str(T("Messages")), id="run.messages"),
        Binding("z", "zoom", str(T("Zoom")), id="run.zoom"),
        Binding("l", "troubleshoot", str(T("Look inside")), id="run.troubleshoot"),
    ]

    # Beginning --------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """The plan takes a moment: it is made in a thread."""
        self._prepare()

    def on_unmount(self) -> None:
        """A run that never started holds the cluster no longer."""
        if self._handle:
            self._handle.abandon()

    @work(thread=True, exclusive=True, group="run")
    def _prepare(self) -> None:
        cluster = self.case.draft.cluster
        assert cluster is not None, "Review and Home begin no run of a file with faults"
        nodes = tuple(node.name for node in cluster.nodes)
        facts = self.case.facts() or None
        planned = (each for phase in PHASES for each in plan(cluster, (phase,), facts=facts).phases)
        progress = Progress.of(planned, nodes, graph(cluster, PHASES, nodes))
        app, path = self.zk, self.case.draft.path
        if self._asked.watch:
            watching = Watching(cluster, lambda: app.services.network(cluster, path, app.asking))
            app.call_from_thread(self._take, progress, watching, None)
            return
        if get_current_worker().is_cancelled:
            return
        pace = Pace(manual=True)
        try:
            handle = app.services.begin(
                cluster,
                path,
                app.asking,
                phases=PHASES,
                nodes=nodes,
                pace=pace,
                take_over=self._asked.take_over,
            )
        except ZkwizardError as error:
            app.call_from_thread(self._busy, error)
            return
        try:
            app.call_from_thread(self._take, progress, handle, pace)
        except BaseException:
            handle.abandon()
            raise

    def _take(self, progress: Progress, handle: RunHandle | Watching, pace: Pace | None) -> None:
        """The run is this screen's from now on; if that has been left meanwhile, nobody's."""
        if not self.here:
            handle.abandon()
            return
        self._progress, self._handle = progress, handle
        self._begin(handle, pace)

    @work
    async def _begin(self, handle: RunHandle | Watching, pace: Pace | None) -> None:
        """The widgets come, and the engine's thread starts."""
        progress = self._progress
        folder = None if isinstance(handle, Watching) else handle.folder.path
        pane = LogPane(folder=folder or self._scratch, id="log")
        for node in progress.nodes:
            pane.add(node)
        pane.add(MESSAGES, T("messages of the run"))
        self._narration = Narration(pane, progress, folder / "logs" if folder else None)
        grid = RunGrid(progress)
        await self.query_one("#preparing").remove()
        await self.mount(Summary(progress, self._steering), before="#run")
        await self.query_one("#run").mount(grid, Vertical(pane, LastLines(progress, pane), id="side"))
        self.query_one(LastLines).display = False
        if pace and not isinstance(handle, Watching):
            self._controls = Controls(handle, pace, progress, self._steering)
            until = self._asked.until or again_after(handle.history)
            if until:
                self._controls.allow(until)
        if not self.here:
            return
        self._fit()
        grid.focus()
        spare_what_is_there()
        handle.start()
        self.set_interval(_RATE, self._look)
        self._look()

    @property
    def _scratch(self) -> Path:
        """Where copies go while somebody else's run is watched."""
        name = self.case.draft.cluster.name if self.case.draft.cluster else ""
        return ClusterState(state_of(self.case.draft.path), name).path

    def _busy(self, error: ZkwizardError) -> None:
        """Another zkwizard on this machine is at work on the cluster."""
        if self.here:
            self._ask_holder(say_error(error), idle=False)

    # What the engine tells --------------------------------------------------------------------------------

    def _look(self) -> None:
        """Take everything since the last look."""
        handle, narration = self._handle, self._narration
        if handle is None or narration is None or self._over:
            return
        for events in batches(handle):
            for event in events:
                self._progress.take(event)
            narration.tell(events, time.time())
            for event in events:
                self._hear(event)
        narration.tell((), time.time())  # a step that says nothing gets its line when it takes a while
        over = not handle.alive
        if over:
            self._ended()
        if over or time.monotonic() - self._drawn >= _DRAWN:
            self.draw()

    def _hear(self, event: Event) -> None:
        match event:
            case RunStarted():
                if self._controls:
                    self._controls.begun()
            case PhaseWaits():
                self.app.bell()
                self._explain((event.phase, event.node), only_here=True)
            case PersonNeeded():
                self.app.bell()
                self._wait_for_person(event.phase)
                self._show_person()
