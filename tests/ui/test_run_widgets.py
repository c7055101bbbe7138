"""Grid, summary and last lines paint what changed, and are then as if all of it had been painted."""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widgets import Input

from zkwizard.model.events import (
    Event,
    LinkChanged,
    PhaseEnded,
    PhaseStarted,
    PhaseWaits,
    StepBegan,
    StepEnded,
    StepRetried,
)
from zkwizard.model.phase import OPERATOR
from zkwizard.model.step import Outcome
from zkwizard.widgets.log_pane import LogPane
from zkwizard.widgets.run.cell import Cell
from zkwizard.widgets.run.coloured import Coloured, padded
from zkwizard.widgets.run.grid import RunGrid
from zkwizard.widgets.run.last_lines import LastLines
from zkwizard.widgets.run.progress import Progress
from zkwizard.widgets.run.steering import Steering
from zkwizard.widgets.run.summary import Summary

PHASES = ("probe", "overlay-authorise", *(f"phase-{number}" for number in range(12)))
WHOLE = "overlay-authorise"


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[float], None]]:
    """Time stands still until it is told to go on."""
    now = [1_000_000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])

    def on(seconds: float) -> None:
        now[0] += seconds

    yield on


class Widgets(App[None]):
    """The three of them, and something else that can have the focus."""

    CSS = "RunGrid { height: 9; } LastLines { height: 8; } Input { dock: bottom; }"

    def __init__(self, nodes: int, folder: Path) -> None:
        super().__init__()
        names = tuple(f"node{number}" for number in range(nodes))
        cells = {(phase, node): Cell(weight=3) for phase in PHASES for node in names if phase != WHOLE}
        cells[WHOLE, OPERATOR] = Cell()
        self.progress = Progress(PHASES, names, cells)
        self.pane = LogPane(folder=folder)
        for name in names:
            self.pane.add(name)
        self.grid = RunGrid(self.progress)
        self.last = LastLines(self.progress, self.pane)
        self.summary = Summary(self.progress, Steering())

    def compose(self) -> ComposeResult:
        yield self.summary
        yield self.grid
        yield self.last
        yield Input()

    @property
    def painted(self) -> list[list[Segment]]:
        return [list(strip) for strip in self.screen._compositor.render_strips()]


@asynccontextmanager
async def shown(nodes: int, folder: Path) -> AsyncIterator[tuple[Widgets, Pilot[None]]]:
    app = Widgets(nodes, folder)
    async with app.run_test(size=(80, 24)) as pilot:
        app.grid.focus()
        app.last._draw()
        await pilot.pause()
        yield app, pilot


async def is_as_painted_anew(app: Widgets, pilot: Pilot[None]) -> None:
    app.grid.sync()
    app.summary.sync()
    app.last._draw()
    await pilot.pause()
    found = app.painted
    for widget in app.query(Coloured):
        widget._lines.clear()
        widget._styles.clear()
        widget.refresh()
    await pilot.pause()
    assert found == app.painted


def some_event(some: random.Random, nodes: tuple[str, ...]) -> Event:
    at: dict[str, Any] = {"at": time.time(), "node": some.choice(nodes), "phase": some.choice(PHASES)}
    if at["phase"] == WHOLE:
        at["node"] = OPERATOR
    made: list[Event] = [
        PhaseStarted(**at),
        StepBegan(**at, step="packages"),
        StepRetried(**at, step="packages", attempt=1, code=1, delay=1),
        StepEnded(**at, step="packages", outcome=Outcome.CHANGED),
        PhaseEnded(**at, outcome=some.choice(list(Outcome)), changed=3),
        PhaseWaits(**at),
        LinkChanged(at=at["at"], node=some.choice(nodes), state=some.choice(("lost", "back")), seconds=20.0),
    ]
    return some.choice(made)


@pytest.mark.parametrize("nodes", [2, 30])
async def test_what_changed_is_painted_whatever_happens(
    tmp_path: Path, nodes: int, clock: Callable[[float], None]
) -> None:
    some = random.Random(nodes)
    async with shown(nodes, tmp_path) as (app, pilot):
        for _ in range(60):
            for _ in range(some.choice((0, 0, 1, 3))):
                app.progress.take(some_event(some, app.progress.nodes))
            app.pane.feed(some.choice(app.progress.nodes), b"line %d\n" % some.randrange(9))
            if some.random() < 0.1:
                some.choice([app.grid, app.last, app.query_one(Input)]).focus()
            if some.random() < 0.7:
                await pilot.press(some.choice(["up", "down", "left", "right", "home", "end", "pagedown"]))
            if some.random() < 0.3:
                clock(some.randrange(4))
            await is_as_painted_anew(app, pilot)


async def test_another_size_and_another_theme_are_painted(tmp_path: Path) -> None:
    async with shown(12, tmp_path) as (app, pilot):
        app.progress.take(PhaseStarted(at=time.time(), node="node1", phase="phase-1"))
        await is_as_painted_anew(app, pilot)
        await pilot.resize_terminal(120, 40)
        await is_as_painted_anew(app, pilot)
        app.theme = "textual-light"
        await pilot.pause()
        await is_as_painted_anew(app, pilot)
        app.query_one(Input).focus()
        await pilot.pause()
        await is_as_painted_anew(app, pilot)


async def test_columns_out_of_sight_are_left_out_and_the_rest_stands_where_it_would(tmp_path: Path) -> None:
    async with shown(30, tmp_path) as (app, pilot):
        grid, width = app.grid, app.grid.width_of_node
        for number, node in enumerate(app.progress.nodes):
            if number % 3:
                app.progress.take(PhaseStarted(at=time.time() - number, node=node, phase="probe"))
        for x in (0, 1, width - 1, width, 5 * width + 3, grid.max_scroll_x):
            grid.scroll_to(x=x, animate=False)
            await pilot.pause()
            assert grid.scroll_offset.x == x
            room = grid.size.width - grid.left
            whole = "".join(
                padded(grid._words(("probe", node), width - 1), width - 1) + " "
                for node in grid.progress.nodes
            )
            assert grid.line(1).text[grid.left :] == whole[x : x + room].ljust(room)
            named = "".join(padded(node, width - 1) + " " for node in grid.progress.nodes)
            assert grid.line(0).text[grid.left :] == named[x : x + room].ljust(room)
            assert len(grid._cells("probe", False)) <= 2 * (room // width + 2)
            assert grid.line(2).text[grid.left :].startswith(("·" + " " * 2 + "(here)")[x : x + 9])


async def test_a_key_paints_the_rows_that_it_concerns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with shown(3, tmp_path) as (app, pilot):
        made: list[int] = []
        line = app.grid.line

        def noted(y: int) -> Strip:
            made.append(y)
            return line(y)

        monkeypatch.setattr(app.grid, "line", noted)
        await pilot.press("down")
        await pilot.pause()
        assert set(made) == {0, 1, 2}, "the names, where the cursor was, where it is"
        made.clear()
        app.grid.sync()
        await pilot.pause()
        made.clear()
        app.grid.sync()
        await pilot.pause()
        assert made == [], "nothing has happened"
