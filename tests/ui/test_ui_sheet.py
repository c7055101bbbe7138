"""Tables and lists as widgets: what nodes say in them, widths, and the cursor when they come anew."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult

from zkwizard.tables.table import BAD, Column, Row, Table
from zkwizard.widgets.sheet import Sheet
from zkwizard.widgets.ticks import Ticks

COLUMNS = (Column("NAME", fold=True), Column("COUNT", right=True))


class SheetApp(App[None]):
    """Nothing but a table."""

    def compose(self) -> ComposeResult:
        yield Sheet(id="sheet")


class TicksApp(App[None]):
    """Nothing but a list of choices."""

    def compose(self) -> ComposeResult:
        yield Ticks([("a", "apples [red]"), ("b", "pears")], ["a"])


def text(app: App[None]) -> str:
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


def table(*names: str) -> Table:
    return Table(COLUMNS, [Row(name, [(name, BAD), f"{len(name)}"]) for name in names])


async def test_what_a_node_says_is_no_markup_and_acts_on_nothing() -> None:
    app = SheetApp()
    async with app.run_test(size=(60, 10)) as pilot:
        app.query_one(Sheet).fill(table("[bold]x[/bold]", "a\x1b]0;owned\x07b\r\nc\u202e"))
        await pilot.pause()
        shown = text(app)
    assert "[bold]x[/bold]" in shown
    assert "a␛]0;owned␇b c\\u202e" in shown
    assert not set(shown) & set("\x1b\x07\r\u202e")


async def test_the_cursor_stays_with_its_row_when_others_come_before_it() -> None:
    app = SheetApp()
    async with app.run_test(size=(60, 10)) as pilot:
        sheet = app.query_one(Sheet)
        sheet.fill(table("one", "two", "three"))
        sheet.focus()
        await pilot.press("down")
        assert sheet.here == "two"
        sheet.fill(table("zero", "one", "two"))
        assert sheet.here == "two"
        sheet.fill(table("zero"))
        assert sheet.here == "zero"
        sheet.fill(Table())
        assert sheet.here == "" and sheet.cut_here == []


@pytest.mark.parametrize(("width", "whole"), [(60, True), (30, False)])
async def test_a_long_cell_is_cut_and_can_be_read_whole(width: int, whole: bool) -> None:
    name = "a-name-that-is-longer-than-that"
    app = SheetApp()
    async with app.run_test(size=(width, 10)) as pilot:
        sheet = app.query_one(Sheet)
        sheet.fill(table(name))
        await pilot.pause()
        assert (name in text(app)) is whole
        assert ("…" in text(app)) is not whole
        assert "31" in text(app), "the other column is never cut"
        assert sheet.cut_here == ([] if whole else [("NAME", name)])
        await pilot.resize_terminal(60, 10)
        await pilot.pause()
        assert name in text(app)


async def test_what_is_chosen_is_told_without_colours() -> None:
    app = TicksApp()
    async with app.run_test(size=(40, 6)) as pilot:
        ticks = app.query_one(Ticks)
        await pilot.pause()
        assert "[x] apples [red]" in text(app) and "[ ] pears" in text(app)
        await pilot.press("space", "down", "enter")
        await pilot.pause()
        assert "[ ] apples" in text(app) and "[x] pears" in text(app)
        assert ticks.chosen == ("b",)
