"""Rows as Textual divides and filters them, without holding themselves."""

from __future__ import annotations

import gc
import weakref

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.strip import Strip

from zkwizard.widgets.filters import Ascii, Colourless
from zkwizard.widgets.row_view import Row

SEGMENTS = [Segment("✓ one ", Style(bold=True)), Segment("中文", Style(color="red")), Segment("  ", None)]


class Held(Row):
    """One that can be watched."""

    __slots__ = ["__weakref__"]


@pytest.mark.parametrize("cuts", [[12], [3, 12], [3, 8, 12, 99], [6], [], [99]])
def test_it_is_divided_as_any_strip_is(cuts: list[int]) -> None:
    found, wanted = Row(SEGMENTS, 12).divide(cuts), Strip(SEGMENTS, 12).divide(cuts)
    assert [list(part) for part in found] == [list(part) for part in wanted]
    assert [part.cell_length for part in found] == [part.cell_length for part in wanted]


@pytest.mark.parametrize("each", [Ascii(), Colourless()])
def test_a_filter_is_asked_once_and_what_it_leaves_is_a_row(each: Ascii | Colourless) -> None:
    row, black = Row(SEGMENTS, 12), Color(0, 0, 0)
    found = row.apply_filter(each, black)
    assert isinstance(found, Row)
    assert list(found) == list(Strip(SEGMENTS, 12).apply_filter(each, black))
    assert row.apply_filter(each, black) is found


def test_a_row_that_was_painted_goes_without_the_garbage_collector() -> None:
    row = Held(SEGMENTS, 12)
    gone = weakref.ref(row)
    gc.disable()
    try:
        row.divide([12])
        row.apply_filter(Ascii(), Color(0, 0, 0)).divide([12])
        del row
        assert gone() is None
    finally:
        gc.enable()
