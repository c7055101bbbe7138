"""A table as the screens show it: it fits the width, and a table that comes anew leaves the cursor alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text as RichText
from textual.binding import Binding
from textual.coordinate import Coordinate
from textual.widgets import DataTable

from zkwizard.model.text import T
from zkwizard.tables.table import Mood, Table, line_of, words_of
from zkwizard.widgets.words import say

STYLES = {Mood.PLAIN: "", Mood.BAD: "bold red", Mood.DOUBTFUL: "yellow", Mood.FAINT: "dim"}
_LEAST = 9
"""Cells that a column keeps when it is cut."""
_Shown = list[list[tuple[str, Mood]]]


class Sheet(DataTable[RichText]):
    """Shows one table; what it holds can't act on the terminal, and is no markup."""

    BINDINGS: ClassVar = [
        Binding("home", "scroll_top", str(T("Top")), show=False),
        Binding("end", "scroll_bottom", str(T("Bottom")), show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, cursor_type="row", zebra_stripes=True, cell_padding=1)
        self.table = Table()
        self._keys: list[str] = []
        self._widths: list[int] = []
        self._cells: _Shown = []

    @property
    def here(self) -> str:
        """Key of the row under the cursor; empty without rows."""
        return self._keys[self.cursor_row] if 0 <= self.cursor_row < len(self._keys) else ""

    @property
    def row_here(self) -> list[tuple[str, str]]:
        """The row under the cursor, whole: titles and cells."""
        if not self.here:
            return []
        titles = [line_of(column.title, say) for column in self.table.columns]
        return [(title, text) for title, (text, _) in zip(titles, self._cells[self.cursor_row], strict=True)]

    @property
    def cut_here(self) -> list[tuple[str, str]]:
        """What of the row under the cursor is not to be seen whole: titles and cells."""
        cells = zip(self.row_here, self._widths, strict=bool(self.here))
        return [(title, text) for (title, text), width in cells if cell_len(text) > width]

    def fill(self, table: Table) -> None:
        """Show another state of it; only cells that changed are drawn anew."""
        self.table = table
        self._draw()

    def on_resize(self) -> None:
        """Another width: other cuts."""
        self._draw()

    def go_to(self, key: str) -> None:
        """The cursor to a row, if it is there."""
        if key in self._keys:
            self.move_cursor(row=self._keys.index(key))

    def _draw(self) -> None:
        cells = [[words_of(cell, say) for cell in row.cells] for row in self.table.rows]
        widths = self._fitting(cells)
        keys = [row.key for row in self.table.rows]
        if keys != self._keys or widths != self._widths:
            self._rebuild(keys, widths, cells)
            return
        for number, (row, before) in enumerate(zip(cells, self._cells, strict=True)):
            for place, (cell, known) in enumerate(zip(row, before, strict=True)):
                if cell != known:
                    self.update_cell_at(Coordinate(number, place), self._text(place, cell, widths[place]))
        self._cells = cells

    def _rebuild(self, keys: list[str], widths: list[int], cells: _Shown) -> None:
        here, row, top = self.here, self.cursor_row, self.scroll_y
        self.clear(columns=True)
        self._keys, self._widths, self._cells = keys, widths, cells
        for column, width in zip(self.table.columns, widths, strict=True):
            title = RichText(line_of(column.title, say), justify="right" if column.right else "left")
            self.add_column(title, width=width)
        for each in cells:
            self.add_row(*(self._text(n, cell, widths[n]) for n, cell in enumerate(each)))
        if keys:
            self.move_cursor(row=keys.index(here) if here in keys else min(row, len(keys) - 1), scroll=False)
            self.scroll_to(y=top, animate=False)

    def _text(self, place: int, cell: tuple[str, Mood], width: int) -> RichText:
        words, mood = cell
        right = self.table.columns[place].right
        text = RichText(words or "-", STYLES[mood], justify="right" if right else "left", no_wrap=True)
        text.truncate(width, overflow="ellipsis")
        return text

    def _fitting(self, cells: _Shown) -> list[int]:
        """Widths of the columns: as wide as their cells, the widest that may be cut made narrower."""
        widths = [
            max([cell_len(line_of(column.title, say)), 1, *(cell_len(row[n][0]) for row in cells)])
            for n, column in enumerate(self.table.columns)
        ]
        room = self.size.width - 2 * self.cell_padding * len(widths) - self.scrollbar_size_vertical
        if self.size.width:
            _cut(widths, [column.fold for column in self.table.columns], room)
        return widths


def _cut(widths: list[int], may: Sequence[bool], room: int) -> None:
    """Make the widest of those that may be cut narrower until all fit, or none can be cut any more."""
    while sum(widths) > room:
        candidates = [n for n, fold in enumerate(may) if fold and widths[n] > _LEAST]
        if not candidates:
            return
        widths[max(candidates, key=lambda n: widths[n])] -= 1
