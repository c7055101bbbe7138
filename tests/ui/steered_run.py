"""A run that a test leads: it tells what happens when it likes, and sees what a person's word came to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.ui.canned import CannedServices
from tests.ui.canned_run import Story, Tale
from tests.ui.look import Seen
from zkwizard.cli.runs import Ended
from zkwizard.engine.pace import Answer, Pace
from zkwizard.engine.request import History
from zkwizard.engine.schedule import Task
from zkwizard.model.cluster import Cluster
from zkwizard.model.events import Event, RunEnded
from zkwizard.model.phase import Phase
from zkwizard.model.ports import Prompter, StopMode
from zkwizard.model.remains import Teardown
from zkwizard.screens.run import Run
from zkwizard.screens.services import RunHandle, RunResult
from zkwizard.store.state import ClusterState, RunFolder, state_of
from zkwizard.widgets.run.grid import RunGrid


class SteeredRun:
    """At work until the test tells its end, or lets it break."""

    history: History | None = None

    def __init__(self, story: Story, folder: RunFolder, pace: Pace) -> None:
        self._story, self._folder = story, folder
        self._told = 0
        self._error: Exception | None = None
        self.pace = pace
        self.started = self.abandoned = False
        self.stops: list[StopMode] = []

    # What the test does -----------------------------------------------------------------------------------

    def tells(self, tale: Tale) -> None:
        """Go on with the story."""
        tale(self._story)

    def breaks(self, error: Exception) -> None:
        """The engine itself ends, without a last event."""
        self._error = error

    def asks(self, phase: str, node: str) -> asyncio.Task[Answer]:
        """As the engine asks about a failed phase: the answer that a person gives."""
        return asyncio.ensure_future(self.pace.ask(Task(phase, node)))

    # What the screen sees ---------------------------------------------------------------------------------

    @property
    def folder(self) -> RunFolder:
        return self._folder

    @property
    def _end(self) -> RunEnded | None:
        return next((event for event in self._story.events if isinstance(event, RunEnded)), None)

    @property
    def alive(self) -> bool:
        over = self._end is not None or self._error is not None
        return not over or self._told < len(self._story.events)

    def start(self) -> None:
        self.started = True

    def abandon(self) -> None:
        self.abandoned = not self.started

    def events(self, wait: float = 0.0) -> list[Event]:
        new = self._story.events[self._told :]
        self._told += len(new)
        return new

    def stop(self, mode: StopMode) -> None:
        self.stops.append(mode)

    def tell(self, word: Callable[[], None]) -> None:
        word()

    def result(self) -> RunResult:
        if self._error:
            raise self._error
        assert self._end
        return Ended(self._end, frozenset())


class SteeredServices(CannedServices):
    """Every run is one that the test leads."""

    def __init__(self) -> None:
        super().__init__()
        self.runs: list[SteeredRun] = []

    def begin(
        self,
        cluster: Cluster,
        file: Path,
        ask: Prompter,
        *,
        phases: Sequence[Phase],
        nodes: Sequence[str],
        pace: Pace | None = None,
        teardown: Teardown | None = None,
        take_over: bool = False,
    ) -> RunHandle:
        story = Story(cluster, phases, nodes, teardown)
        name = f"20261122-204726-{len(self.runs):06}"
        folder = RunFolder(ClusterState(state_of(file), cluster.name).path / "runs" / name)
        folder.path.mkdir(parents=True)
        self.runs.append(SteeredRun(story, folder, pace or Pace()))
        return self.runs[-1]

    async def running(self, seen: Seen, file: Path, *tales: Tale) -> tuple[Run, SteeredRun]:
        """The screen of a run of ``file`` that has told this much."""
        seen.app.go_on(file, "run")
        return await self.shown(seen, 1, *tales)

    async def shown(self, seen: Seen, number: int, *tales: Tale) -> tuple[Run, SteeredRun]:
        """The screen of the run with this number, counted from 1."""
        await seen.until(lambda: len(self.runs) == number and self.runs[-1].started, f"run {number}")
        await seen.until(lambda: isinstance(seen.app.screen, Run) and seen.app.screen.query(RunGrid))
        screen, run = seen.app.screen, self.runs[-1]
        assert isinstance(screen, Run)
        for tale in tales:
            run.tells(tale)
        return screen, run
