"""Columns of a command's text, in a language whose characters may take two cells."""

from __future__ import annotations

from zkwizard.model.text import Words
from zkwizard.widgets.words import say


def column(words: Words, cells: int) -> str:
    """The words in the chosen language, with blanks behind them up to so many cells."""
    from rich.cells import cell_len

    text = say(words)
    return text + " " * max(0, cells - cell_len(text))


def labelled(label: Words, text: Words, *, indent: int, cells: int) -> str:
    """A line that begins with a label in a column of its own."""
    return f"{' ' * indent}{column(label, cells)} {say(text)}"
