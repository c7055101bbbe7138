"""A table before anybody draws it: columns, rows of cells, and lines below. Cells may hold anything a node
says; whoever draws makes it harmless.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from zkwizard.model.terminal import one_line
from zkwizard.model.text import Text, Words

Say = Callable[[Text], str]
"""Renders a text: in English, or in the language of the screens."""


class Mood(StrEnum):
    """What a cell means, for who gives it a colour; never the only sign of it."""

    PLAIN = ""
    BAD = "bad"
    DOUBTFUL = "doubtful"
    FAINT = "faint"


BAD, DOUBTFUL, FAINT = Mood.BAD, Mood.DOUBTFUL, Mood.FAINT

Cell = Words | tuple[Words, Mood]
"""Words of a node, or of ours, which are translated; with what they mean, or without."""


@dataclass(frozen=True)
class Column:
    """``fold``: its cells may be cut, or go on in a second line, where the terminal is narrow."""

    title: Words
    fold: bool = False
    right: bool = False


@dataclass(frozen=True)
class Note:
    """A line below a table; ``about`` is the key of the row that it explains."""

    text: Words
    mood: Mood = Mood.PLAIN
    about: str = ""


@dataclass(frozen=True)
class Row:
    """Cells in the order of the columns. ``key`` tells rows apart, also when the table comes anew."""

    key: str
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Table:
    """All of it; without columns only the notes."""

    columns: Sequence[Column] = ()
    rows: Sequence[Row] = ()
    notes: Sequence[Note] = ()


def words_of(cell: Cell, say: Say = str) -> tuple[str, Mood]:
    """A cell in one line that no terminal acts on, and what it means."""
    words, mood = cell if isinstance(cell, tuple) else (cell, Mood.PLAIN)
    return line_of(words, say), mood


def line_of(words: Words, say: Say = str) -> str:
    """Words in one line that no terminal acts on."""
    return one_line(say(words) if isinstance(words, Text) else words)
