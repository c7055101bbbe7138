"""Tables: on a terminal as wide as it is, with colours; elsewhere as wide as they need, so that lines stay
whole.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from zkwizard.model.terminal import one_line

Cell = str | tuple[str, str]
"""Text, or text and its style."""
BAD = "bold red"
DOUBTFUL = "yellow"
FAINT = "dim"
_NARROW, _WIDE = 80, 100_000


@dataclass(frozen=True)
class Column:
    """``fold``: its cells may go on in a second line where the terminal is narrow."""

    title: str
    fold: bool = False
    right: bool = False


def table(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> Table:
    """A table without lines. Cells may hold anything a node says."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="")
    for column in columns:
        made.add_column(
            column.title,
            no_wrap=not column.fold,
            overflow="fold",
            justify="right" if column.right else "left",
        )
    for row in rows:
        made.add_row(*(_text(cell) for cell in row))
    return made


def note(text: str, style: str = "") -> Text:
    """A line below a table."""
    return Text(one_line(text), style)


def show(*parts: Table | Text, console: Console | None = None) -> None:
    """Print tables and notes on standard output."""
    console = console or Console(file=sys.stdout, highlight=False, soft_wrap=False)
    for part in parts:
        if not console.is_terminal:
            console.width = _WIDE
            console.width = max(_NARROW, console.measure(part).maximum)
        with console.capture() as captured:
            console.print(part)
        lines = captured.get().split("\n")
        console.file.write("\n".join(line.rstrip() for line in lines))
    console.file.flush()


def _text(cell: Cell) -> Text:
    words, style = cell if isinstance(cell, tuple) else (cell, "")
    return Text(one_line(words) or "-", style)
