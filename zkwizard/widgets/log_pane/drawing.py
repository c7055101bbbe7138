"""Rows of the log as segments with styles: a sign for each kind of line beside its colour."""

from __future__ import annotations

import time
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from zkwizard.widgets.log_pane.display import starts
from zkwizard.widgets.log_pane.kinds import ASCII_SIGNS, SIGNS, Kind
from zkwizard.widgets.log_pane.layout import Layout
from zkwizard.widgets.log_pane.options import Options, Place
from zkwizard.widgets.log_pane.source import Source
from zkwizard.widgets.row_view import RowView

_GUTTER = 2
"""Cells for a line's sign and the mark of the line that was jumped to."""
_CLOCK = 9
_CLASSES = {
    Kind.NOTE: "log--note",
    Kind.BEGAN: "log--began",
    Kind.DONE: "log--done",
    Kind.SAME: "log--note",
    Kind.STOPPED: "log--warning",
    Kind.WARNING: "log--warning",
    Kind.ERROR: "log--error",
    Kind.FAILED: "log--failed",
}


class _Row(NamedTuple):
    """A row: of line ``number`` it shows ``text[begin:end]``."""

    row: int
    number: int
    own_row: int
    """Which of the line's rows it is."""
    text: str
    begin: int
    end: int


class DrawnRows(RowView):
    """The part of the lines' widget that draws a row."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *_CLASSES.values(),
        "log--aside",
        "log--match",
        "log--current",
    }
    DEFAULT_CSS = """
    DrawnRows {
        & > .log--note { text-style: dim; }
        & > .log--aside { text-style: dim; }
        & > .log--began { color: $text-accent; text-style: bold; }
        & > .log--done { color: $text-success; }
        & > .log--warning { color: $text-warning; }
        & > .log--error { color: $text-error; }
        & > .log--failed { color: $text-error; text-style: bold; }
        & > .log--match { text-style: reverse; }
        & > .log--current { text-style: reverse bold underline; }
    }
    """

    source: Source
    reading: Place
    options: Options
    rows: Layout
    _styles: dict[str, Style]

    @property
    def _width(self) -> int:
        """Cells beside the scrollbar."""
        return self.scrollable_content_region.width

    @property
    def _prefix_width(self) -> int:
        """Cells before the text."""
        return _GUTTER + self.options.times * _CLOCK

    @property
    def _text_width(self) -> int:
        return max(8, self._width - self._prefix_width)

    def _row(self, row: int) -> _Row:
        number, own_row = self.rows.at(row)
        text = self.rows.text(number)
        if not self.rows.width:
            return _Row(row, number, own_row, text, 0, len(text))
        begins = [*starts(text, self.rows.width), len(text)]
        return _Row(row, number, own_row, text, begins[own_row], begins[own_row + 1])

    def _segments(self, row: int) -> list[Segment]:
        drawn = self._row(row)
        kind = self.source.kind(drawn.number)
        base = self._style(_CLASSES.get(kind, ""))
        parts = self._prefix(drawn, kind, base)
        width = max(1, self._width - self._prefix_width)
        left = 0 if self.rows.width else self.reading.left
        line = self._text_segments(drawn, base)
        room = width - sum(segment.cell_length for segment in line)
        if left or room < 0:
            return parts + self._cropped(Strip(line), left, width)
        return [*parts, *line, Segment(" " * room, self._style(""))] if room else parts + line

    def _cropped(self, line: Strip, left: int, width: int) -> list[Segment]:
        """A line that is longer than the row, or scrolled sideways."""
        cut = line.cell_length > left + width
        parts = [*line.crop_extend(left, left + width - cut, self._style(""))]
        return [*parts, Segment(">", self._style("log--aside"))] if cut else parts

    def _prefix(self, drawn: _Row, kind: Kind, base: Style) -> list[Segment]:
        signs = ASCII_SIGNS if self.options.ascii_only else SIGNS
        mark = ">" if drawn.number == self.reading.current else " "
        parts = [Segment(" " * _GUTTER if drawn.own_row else signs[kind] + mark, base)]
        if self.options.times:
            at = 0.0 if drawn.own_row else self.source.at(drawn.number)
            clock = time.strftime("%H:%M:%S ", time.localtime(at)) if at else " " * _CLOCK
            parts.insert(0, Segment(clock, self._style("log--aside")))
        return parts

    def _text_segments(self, drawn: _Row, base: Style) -> list[Segment]:
        begin, end = drawn.begin, drawn.end
        match = self._style("log--current" if drawn.number == self.reading.current else "log--match")
        spans = [(*span, match) for span in self.options.pattern.spans(drawn.text)]
        if (selection := self.text_selection) and (span := selection.get_span(drawn.row)):
            first = begin + max(0, span[0])
            last = end if span[1] < 0 else min(end, begin + span[1])
            chosen = self.screen.get_component_rich_style("screen--selection")
            spans = [s for s in spans if s[1] <= first or s[0] >= last] + [(first, last, chosen)]
        parts: list[tuple[str, Style]] = []
        at = begin
        for first, last, style in sorted(spans, key=lambda span: span[0]):
            first, last = max(at, first), min(end, last)
            if first < last:
                parts += [(drawn.text[at:first], base), (drawn.text[first:last], base + style)]
                at = last
        return [Segment(text, style) for text, style in [*parts, (drawn.text[at:end], base)] if text]

    def _style(self, name: str) -> Style:
        if name not in self._styles:
            own = self.rich_style
            self._styles[name] = own + self.get_component_rich_style(name, partial=True) if name else own
        return self._styles[name]
