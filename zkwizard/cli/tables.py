"""Tables: on a terminal as wide as it is, with colours; elsewhere as wide as they need, so that lines stay
whole.
"""

from __future__ import annotations

import sys

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from zkwizard.tables.table import Cell, Mood, Table, line_of, words_of
from zkwizard.widgets.words import say

_STYLES = {Mood.PLAIN: "", Mood.BAD: "bold red", Mood.DOUBTFUL: "yellow", Mood.FAINT: "dim"}
_NARROW, _WIDE = 80, 100_000


def show(table: Table, console: Console | None = None) -> None:
    """Print a table and its notes on standard output."""
    console = console or Console(file=sys.stdout, highlight=False, soft_wrap=False)
    for part in _parts(table):
        if not console.is_terminal:
            console.width = _WIDE
            console.width = max(_NARROW, console.measure(part).maximum)
        with console.capture() as captured:
            console.print(part)
        lines = captured.get().split("\n")
        console.file.write("\n".join(line.rstrip() for line in lines))
    console.file.flush()


def _parts(table: Table) -> list[RichTable | Text]:
    """The table without lines around it, if it has columns, and the lines below."""
    parts: list[RichTable | Text] = [_drawn(table)] if table.columns else []
    return [*parts, *(Text(line_of(note.text, say), _STYLES[note.mood]) for note in table.notes)]


def _drawn(table: Table) -> RichTable:
    made = RichTable(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="")
    for column in table.columns:
        made.add_column(
            line_of(column.title, say),
            no_wrap=not column.fold,
            overflow="fold",
            justify="right" if column.right else "left",
        )
    for row in table.rows:
        made.add_row(*(_text(cell) for cell in row.cells))
    return made


def _text(cell: Cell) -> Text:
    words, mood = words_of(cell, say)
    return Text(words or "-", _STYLES[mood])
