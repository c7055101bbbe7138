"""The lines themselves: where one reads, what is new; only the rows on screen are made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.geometry import Region, Size
from textual.message import Message
from textual.scrollbar import ScrollBar
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from zkwizard.widgets.log_pane.drawing import DrawnRows
from zkwizard.widgets.log_pane.layout import Layout
from zkwizard.widgets.log_pane.options import Options, Place
from zkwizard.widgets.log_pane.source import Source
from zkwizard.widgets.row_view import Row

_SIDEWAYS = 16
_KEPT = 512
"""Drawn rows that are kept: a page up and down again costs nothing."""
_EIGHTHS = 8
"""Steps of a cell in which a scrollbar is drawn."""


class LogBody(DrawnRows, can_focus=True):
    """One source, scrolled; knows whether somebody reads or follows."""

    ALLOW_SELECT = True
    DEFAULT_CSS = """
    LogBody {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
    }
    """
    BINDINGS: ClassVar = [
        Binding("k", "scroll_up", show=False),
        Binding("j", "scroll_down", show=False),
        Binding("g", "scroll_home", show=False),
        Binding("G", "scroll_end", show=False),
    ]

    class Moved(Message):
        """Somebody scrolled: following may have ended, or begun again."""

    def __init__(self, source: Source, place: Place, options: Options) -> None:
        super().__init__()
        self.source = source
        self.reading = place
        self.options = options
        self.rows = self._laid_out(0)
        self._own = False
        self._drawing = False
        self._strips: dict[int, Row] = {}
        """Rows that were drawn, the newest last."""
        self._thumb = (-1, 0, 0)
        """How the scrollbar looks."""
        self._styles: dict[str, Style] = {}

    # What is shown ----------------------------------------------------------------------------------------

    def show(self, source: Source, place: Place) -> None:
        """Show another source, where it was last read."""
        self._remember()
        self.source.hold = None
        self.source, self.reading = source, place
        self.relayout(remember=False)

    def relayout(self, *, remember: bool = True) -> None:
        """Lay everything out anew: the width, the pattern or an option is another. The top line stays."""
        if remember:
            self._remember()
        self.rows = self._laid_out(self._text_width if self.options.wrap else 0)
        self._strips.clear()
        if not self.is_mounted:
            return
        self._resize_rows()
        if self.reading.following:
            self._scroll_own(self.max_scroll_y)
        else:
            line, row = self.reading.top
            self._scroll_own(self.rows.row_of(line) + row - self.rows.top)
        self.refresh()

    def sync(self) -> None:
        """Show what has come since; only those rows are painted in which something else stands now."""
        before, seen = self.rows.top, self._first_seen
        unsettled = range(self.rows.settled, self.rows.bottom)
        self.source.trim()
        if not self.rows.sync() or not self.is_mounted:
            return
        gone = self.rows.top - before
        for row in unsettled:
            self._strips.pop(row, None)
        self._resize_rows()
        if self.reading.following:
            self._scroll_own(self.max_scroll_y)
        elif gone:
            self._scroll_own(self.scroll_offset.y - gone)
        width, height = self.size
        changed = 0 if seen != self._first_seen else max(0, unsettled.start - seen)
        if changed < height:
            self.refresh(Region(0, changed, width, height - changed))

    @property
    def _first_seen(self) -> int:
        """The row at the top of the screen."""
        return self.rows.top + self.scroll_offset.y

    @property
    def new(self) -> int:
        """Lines that have come since following ended."""
        return 0 if self.reading.following else self.source.end - self.reading.paused_at

    def follow(self, on: bool) -> None:
        """Go along with the newest line, or stay."""
        if on:
            self.reading.following, self.reading.current = True, None
            self.source.hold = None
            self._strips.clear()
            self._scroll_own(self.max_scroll_y)
        elif self.reading.following:
            self.reading.following = False
            self.reading.paused_at = self.source.end
            self._remember()
        self.refresh()
        self.post_message(self.Moved())

    def jump(self, number: int) -> None:
        """Show a line, a third down the screen, and mark it; following ends."""
        self.follow(False)
        self.reading.current = number
        row = self.rows.row_of(number) - self.rows.top
        if not self.scroll_offset.y <= row < self.scroll_offset.y + self.size.height:
            self._scroll_own(max(0, row - self.size.height // 3))
        self._remember()
        self._strips.clear()
        self.refresh()

    def visible_lines(self) -> list[int]:
        """Numbers of the lines on screen."""
        top = self.rows.top + self.scroll_offset.y
        seen = {self.rows.at(row)[0] for row in range(top, min(top + self.size.height, self.rows.bottom))}
        return sorted(seen)

    def beside(self, step: int) -> int:
        """The line to search from: the one that was jumped to while it is on screen, or one at its edge."""
        seen = self.visible_lines() or [self.source.end]
        if self.reading.current in seen:
            return self.reading.current or 0
        return seen[0] - 1 if step > 0 else seen[-1] + 1

    # Scrolling --------------------------------------------------------------------------------------------

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Whatever scrolls up ends following; scrolling down to the end begins it again."""
        self._move_thumb()
        if round(old_value) != round(new_value):
            self.refresh(self.size.region)
        if self._own:
            return
        at_end = round(new_value) >= self.max_scroll_y
        if at_end and new_value > old_value and not self.reading.following:
            self.follow(True)
        elif not at_end and self.reading.following:
            self.follow(False)
        else:
            self._remember()

    def action_scroll_up(self) -> None:
        """A row up, at once."""
        self._step(-1)

    def action_scroll_down(self) -> None:
        """A row down."""
        self._step(1)

    def action_page_up(self) -> None:
        """A screen up, less one row."""
        self._step(1 - self.size.height)

    def action_page_down(self) -> None:
        """A screen down, less one row."""
        self._step(self.size.height - 1)

    def action_scroll_home(self) -> None:
        """To the first line that is kept."""
        self._step(-self.rows.bottom)

    def action_scroll_end(self) -> None:
        """To the newest line, and along with it."""
        self.follow(True)

    def action_scroll_left(self) -> None:
        """To the beginning of lines that are not wrapped."""
        self._sideways(-_SIDEWAYS)

    def action_scroll_right(self) -> None:
        """To the end of lines that are not wrapped."""
        self._sideways(_SIDEWAYS)

    def on_mouse_scroll_left(self, event: events.MouseScrollLeft) -> None:
        """The same by the mouse."""
        self._sideways(-_SIDEWAYS)

    def on_mouse_scroll_right(self, event: events.MouseScrollRight) -> None:
        """The same by the mouse."""
        self._sideways(_SIDEWAYS)

    def on_resize(self) -> None:
        """Wrapped rows depend on the width."""
        self.relayout()

    def _step(self, rows: int) -> None:
        self.scroll_to(y=self.scroll_offset.y + rows, animate=False)

    def _sideways(self, cells: int) -> None:
        if not self.options.wrap:
            self.reading.left = max(0, self.reading.left + cells)
            self._strips.clear()
            self.refresh()
            self.post_message(self.Moved())

    def _scroll_own(self, y: int) -> None:
        with self._ours():
            self.scroll_to(y=y, animate=False)

    @contextmanager
    def _ours(self) -> Iterator[None]:
        self._own = True
        try:
            yield
        finally:
            self._own = False

    def _remember(self) -> None:
        """Keep the place of reading, and the lines from there on."""
        if self.rows.numbers and not self.reading.following:
            row = min(self.rows.top + self.scroll_offset.y, self.rows.bottom - 1)
            self.reading.top = self.rows.at(row)
            self.source.hold = self.reading.top[0]

    def _resize_rows(self) -> None:
        """Tell the scrollbar how many rows there are, without a new layout of the screen."""
        rows = self.rows.bottom - self.rows.top
        with self._ours():
            self.set_reactive(Widget.virtual_size, Size(self.size.width, rows))
            self._move_thumb()
            if self.scroll_y > self.max_scroll_y:
                self.scroll_to(y=self.max_scroll_y, animate=False)

    def _move_thumb(self) -> None:
        """The scrollbar knows where it stands at any time, but is painted only when it looks different."""
        if not self.show_vertical_scrollbar:
            return
        rows, height, bar = self.virtual_size.height, self.size.height, self.vertical_scrollbar
        bar.set_reactive(ScrollBar.window_virtual_size, rows)
        bar.set_reactive(ScrollBar.position, self.scroll_y)
        size = max(1.0, height * height / max(1, rows))
        begin = (height - size) * (self.scroll_y / max(1, rows - height))
        thumb = (height, int(begin * _EIGHTHS), ceil(size * _EIGHTHS))
        if thumb != self._thumb:
            self._thumb = thumb
            bar.refresh()

    def _laid_out(self, width: int) -> Layout:
        options = self.options
        return Layout(self.source, width, options.pattern, options.only, options.ascii_only)

    # Drawing ----------------------------------------------------------------------------------------------

    def notify_style_update(self) -> None:
        """Another theme: other styles."""
        super().notify_style_update()
        self._strips.clear()
        self._styles.clear()

    def selection_updated(self, selection: Selection | None) -> None:
        """Text was selected by the mouse."""
        self._strips.clear()
        self.refresh()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text; a line that was wrapped is one line again."""
        start, end = selection
        first = max(start.y if start else self.rows.top, self.rows.top)
        last = min(end.y if end else self.rows.bottom - 1, self.rows.bottom - 1)
        parts: list[str] = []
        for row in range(first, last + 1):
            drawn = self._row(row)
            text = drawn.text[drawn.begin : drawn.end]
            begin = max(0, start.x) if start and row == start.y else 0
            stop = max(0, end.x) if end and row == end.y else len(text)
            parts.append(("" if drawn.own_row and parts else "\n") + text[begin:stop])
        return "".join(parts).removeprefix("\n"), "\n"

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw; without the marks that are only asked for when the mouse points somewhere."""
        self._drawing = True
        try:
            return super().render_lines(crop)
        finally:
            self._drawing = False

    def render_line(self, y: int) -> Strip:
        """One row of the screen."""
        row = self._first_seen + y
        if row >= self.rows.bottom:
            return Strip.blank(self._width, self._style(""))
        if not self._drawing:
            return self._with_offsets(row)
        strip = self._strips.get(row)
        if strip is None:
            if len(self._strips) >= _KEPT:
                del self._strips[next(iter(self._strips))]
            strip = self._strips[row] = Row(self._segments(row), self._width)
        return strip

    def _with_offsets(self, row: int) -> Strip:
        """The row with the place of every character in it, for the mouse."""
        x = (0 if self.options.wrap else self.reading.left) - self._prefix_width
        return Strip(self._segments(row), self._width).apply_offsets(x, row)
