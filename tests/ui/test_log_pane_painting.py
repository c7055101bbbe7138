"""The log pane paints rows in which something else stands, and is then as if all of it had been painted."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.segment import Segment
from textual.pilot import Pilot

from tests.ui.log_pane_rig import LogApp, until
from zkwizard.widgets.log_pane import Kind
from zkwizard.widgets.log_pane.body import LogBody

PIECES = (
    b"plain\n",
    b"error: no\n",
    b"half",
    b"10 %\r20 %",
    b"\rdone\n",
    b"a long line " * 12 + b"\n",
    "中文 中文\n".encode() * 3,
    b"\n",
    b"many\n" * 30,
)
KEYS = (
    "up",
    "down",
    "pageup",
    "pagedown",
    "home",
    "end",
    "f",
    "w",
    "t",
    "e",
    "right",
    "right_square_bracket",
)


def painted(app: LogApp) -> list[Sequence[Segment]]:
    return [list(strip) for strip in app.screen._compositor.render_strips()]


async def is_as_painted_anew(app: LogApp, pilot: Pilot[None]) -> None:
    app.pane._draw()
    await pilot.pause()
    found = painted(app)
    app.body._strips.clear()
    app.body.refresh()
    app.body.vertical_scrollbar.refresh()
    await pilot.pause()
    assert found == painted(app)


def rows_made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Rows that are drawn from now on, and not only looked up."""
    made: list[int] = []
    segments = LogBody._segments

    def noted(body: LogBody, row: int) -> list[Segment]:
        made.append(row)
        return segments(body, row)

    monkeypatch.setattr(LogBody, "_segments", noted)
    return made


@pytest.mark.parametrize("seed", range(3))
async def test_what_comes_is_painted_wherever_one_reads(tmp_path: Path, seed: int) -> None:
    some = random.Random(seed)
    app = LogApp(tmp_path, cap=60)
    app.pane.add("node1")
    app.pane.add("node2")
    async with app.run_test(size=(60, 18)) as pilot:
        await until(pilot, lambda: app.body.has_focus)
        for step in range(80):
            for _ in range(some.randrange(4)):
                app.pane.feed(some.choice(("node1", "node2")), some.choice(PIECES))
            if some.random() < 0.1:
                app.pane.mark("node1", some.choice(list(Kind)), f"step {step}")
            if some.random() < 0.4:
                await pilot.press(some.choice(KEYS))
            if some.random() < 0.03:
                app.pane.clear(some.choice(("node1", "node2")))
            await is_as_painted_anew(app, pilot)


async def test_a_reader_s_rows_are_not_painted_for_lines_out_of_sight(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = LogApp(tmp_path)
    app.pane.feed("node1", b"".join(b"line %d\n" % number for number in range(200)))
    app.pane.feed("node2", b"other\n")
    async with app.run_test(size=(60, 18)) as pilot:
        await until(pilot, lambda: app.body.has_focus and app.rows[-1] == "  line 199")
        await pilot.press("home")
        await until(pilot, lambda: "paused" in app.status[0])
        await pilot.pause()
        made = rows_made(monkeypatch)
        app.pane.feed("node1", b"more\n" * 50)
        await until(pilot, lambda: "▼ 50 new" in app.status[0])
        await pilot.pause()
        assert made == []
        app.pane.show("node2")
        await until(pilot, lambda: made)


async def test_progress_in_one_row_paints_that_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = LogApp(tmp_path)
    app.pane.feed("node1", b"before\n" * 3 + b"10 %")
    async with app.run_test(size=(60, 18)) as pilot:
        await until(pilot, lambda: app.body.has_focus and app.rows[3] == "  10 %")
        await pilot.pause()
        made = rows_made(monkeypatch)
        app.pane.feed("node1", b"\r20 %")
        await until(pilot, lambda: any(part.text.startswith("20 %") for part in painted(app)[4]))
        assert set(made) == {3}
