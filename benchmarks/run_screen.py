"""The screen of a run while ten nodes print 10,000 lines per second in all; and the lines of fifty nodes.

The screen is the real one, in the real app: grid, the lines about the run, log pane. Its events come from the
engine's own thread and queue, and are written to the run's journal and logs; only the nodes are missing: a
loop in the engine's thread says what they would. Every node is at work, and ends a step each second.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.lags import EACH, MANY, NODES, RATE, SECONDS, Figures, Lags, batch, weigh, write
from zkwizard.app import ZkwizardApp
from zkwizard.cli.screens import Live
from zkwizard.engine.background import Background, Emit, Register
from zkwizard.model.cluster import Cluster
from zkwizard.model.events import (
    Event,
    Output,
    PhaseEnded,
    PhaseStarted,
    RunEnded,
    RunStarted,
    StepBegan,
    StepEnded,
)
from zkwizard.model.phase import Phase
from zkwizard.model.ports import Prompter
from zkwizard.model.step import Outcome
from zkwizard.screens.run.screen import Run
from zkwizard.store.journal import Journal
from zkwizard.store.state import ClusterState, RunFolder, state_of
from zkwizard.widgets.log_pane import LogPane
from zkwizard.widgets.run.grid import RunGrid
from zkwizard.widgets.run.last_lines import LastLines

_PIECES = 20
"""Pieces per second in which a node's output comes."""
_BLOCK = 200
_AHEAD = 20_000
"""Lines that wait for the screen at most while it is filled."""
_AT_WORK = "packages"
_KEYS = {"grid": ("down", "right", "up", "left"), "last-lines": ("down", "up")}


class Nodes:
    """What the nodes say; a run's handle, as the screen knows it."""

    history = None

    def __init__(self, folder: RunFolder, nodes: Sequence[str], phases: Sequence[Phase], what: str) -> None:
        self.folder, self.nodes = folder, nodes
        self._phases = [phase.id for phase in phases]
        self._talk = self._live if what == "live" else self._fill
        self._texts = _texts(len(nodes)) if what == "live" else []
        self._background: Background[RunEnded] = Background(self._work)
        self.start, self.tell, self.stop = (
            self._background.start,
            self._background.tell,
            self._background.stop,
        )
        self.said = self.taken = 0
        """Lines that were said, and those of them that the screen has taken."""
        self.over = False

    @property
    def alive(self) -> bool:
        """Whether it goes on."""
        return self._background.alive

    def events(self, wait: float = 0.0) -> list[Event]:
        """Events since the last call."""
        events = self._background.events(wait)
        self.taken += sum(event.data.count(b"\n") for event in events if isinstance(event, Output))
        return events

    def abandon(self) -> None:
        """Nothing is held."""

    async def _work(self, emit: Emit, register: Register) -> RunEnded:
        journal = Journal(self.folder)

        def tell(event: Event) -> None:
            journal(event)
            emit(event)

        for event in self._before():
            tell(event)
        await self._talk(tell)
        journal.close()
        self.over = True
        await asyncio.Event().wait()
        raise AssertionError("it ends with its process")

    def _before(self) -> Iterator[Event]:
        """All phases before the one at work are over."""
        yield RunStarted(at=time.time(), run=self.folder.id, cluster="bench", phases=tuple(self._phases))
        for phase, node in itertools.product(self._phases[: self._phases.index(_AT_WORK)], self.nodes):
            at: dict[str, Any] = {"at": time.time(), "phase": phase, "node": node}
            yield PhaseStarted(**at)
            yield PhaseEnded(**at, outcome=Outcome.CHANGED, changed=2)
        for node in self.nodes:
            at = {"at": time.time(), "phase": _AT_WORK, "node": node}
            yield PhaseStarted(**at, sha256="0")
            yield StepBegan(**at, step="step-0")

    def _says(self, node: str, data: bytes) -> Event:
        self.said += data.count(b"\n")
        return Output(at=time.time(), phase=_AT_WORK, node=node, step="step", data=data)

    async def _live(self, tell: Emit) -> None:
        began = time.perf_counter()
        for each in range(int(SECONDS * _PIECES)):
            for number, node in enumerate(self.nodes):
                tell(self._says(node, self._texts[number][each]))
                if each % _PIECES == number % _PIECES:
                    self._step(tell, node, each // _PIECES)
            await asyncio.sleep(max(0.0, (each + 1) / _PIECES - (time.perf_counter() - began)))

    def _step(self, tell: Emit, node: str, number: int) -> None:
        """One ends, and another begins."""
        at: dict[str, Any] = {"at": time.time(), "phase": _AT_WORK, "node": node}
        tell(StepEnded(**at, step=f"step-{number}", outcome=Outcome.CHANGED, seconds=1.0))
        tell(StepBegan(**at, step=f"step-{number + 1}"))

    async def _fill(self, tell: Emit) -> None:
        for start in range(0, EACH, _BLOCK):
            for number, node in enumerate(self.nodes):
                tell(self._says(node, batch(number, start, _BLOCK).encode()))
                while self.said - self.taken > _AHEAD:
                    await asyncio.sleep(0.005)


def _texts(nodes: int) -> list[list[bytes]]:
    """What each node prints, piece by piece; made beforehand, so that only its way is measured."""
    count = RATE // nodes // _PIECES
    return [
        [batch(node, each * count, count).encode() for each in range(int(SECONDS * _PIECES))]
        for node in range(nodes)
    ]


class Services(Live):
    """The command line's services, with these nodes instead of SSH."""

    def __init__(self, what: str) -> None:
        super().__init__()
        self._what = what
        self.handle: Nodes | None = None

    def begin(
        self,
        cluster: Cluster,
        file: Path,
        ask: Prompter,
        *,
        phases: Sequence[Phase],
        nodes: Sequence[str],
        **more: Any,
    ) -> Any:
        """A run of them."""
        import asyncssh  # noqa: F401 - what a run has loaded takes its memory, too

        folder = ClusterState(state_of(file), cluster.name).new_run()
        self.handle = Nodes(folder, nodes, phases, self._what)
        return self.handle


class Bench(ZkwizardApp):
    """Goes to the run by itself, measures it, and ends."""

    def __init__(self, what: str, view: str, file: Path) -> None:
        self._own = Services(what)
        super().__init__(self._own)
        self._what, self._view, self._file = what, view, file
        self._keys = itertools.cycle(_KEYS[view])
        self._drawn = asyncio.Event()
        self._before: tuple[object, ...] | None = None
        self.lags = Lags(self._press)

    def on_ready(self) -> None:
        """As Home does with an interrupted run."""
        self.go_on(self._file, "run")
        self.run_worker(self._measure(), exit_on_error=True)

    async def _measure(self) -> None:
        while not (isinstance(self.screen, Run) and self.screen.query(LastLines)):
            await asyncio.sleep(0.05)
        handle = self._own.handle
        assert handle
        while not isinstance(self.focused, RunGrid):
            await asyncio.sleep(0.05)
        if self._view == "last-lines":
            self.screen.action_view()
            while not isinstance(self.focused, LastLines):
                await asyncio.sleep(0.05)
        if self._what == "live":
            await asyncio.sleep(0.5)
            self.lags.begin()
        while not handle.over or handle.taken < handle.said:
            await asyncio.sleep(0.05)
        if self._what == "live":
            self.lags.end()
        await asyncio.sleep(1)
        weigh(self.lags.figures)
        self.lags.figures.lines = self._kept(handle)
        self.exit()

    def _kept(self, handle: Nodes) -> int:
        """Lines of output that the pane has had, of which it keeps the last; none was left out."""
        pane = self.screen.query_one(LogPane)
        had = sum(pane._sources[node].end for node in handle.nodes)
        assert had >= handle.said, f"{handle.said} lines were said, {had} reached the pane"
        return handle.said

    @property
    def _state(self) -> tuple[object, ...]:
        grid = self.screen.query_one(RunGrid)
        return grid.row, grid.column, self.screen.query_one(LastLines)._at

    async def _press(self) -> None:
        self._drawn.clear()
        self._before = self._state
        self.simulate_key(next(self._keys))
        await self._drawn.wait()

    def post_display_hook(self) -> None:
        """Something was drawn: the key's answer, if it has acted, and the log of its node is shown."""
        if self._before and self._state != self._before:
            grid, pane = self.screen.query_one(RunGrid), self.screen.query_one(LogPane)
            if pane.shown == grid.node:
                self._before = None
                self._drawn.set()


def cluster_file(folder: Path, nodes: int) -> Path:
    """So many nodes; nobody connects to them."""
    rows = [
        f"  - {{name: node{n}, role: {'worker' if n else 'control-plane'}, ssh: {{host: 192.0.2.{n + 1}}},"
        f" overlay_ip: 10.9.8.{n + 1}}}"
        for n in range(nodes)
    ]
    path = folder / "cluster.yaml"
    path.write_text(
        "\n".join(["name: bench", "overlay: {driver: existing, cidr: 10.9.8.0/24}", "nodes:", *rows, ""])
    )
    return path


def measured(what: str, view: str) -> Figures:
    """Run it on this terminal."""
    with tempfile.TemporaryDirectory(prefix="zkwizard-bench-") as folder:
        app = Bench(what, view, cluster_file(Path(folder), NODES if what == "live" else MANY))
        app.run()
        return app.lags.figures


if __name__ == "__main__":
    _, view, what, result = sys.argv
    write(result, measured(what, view))
