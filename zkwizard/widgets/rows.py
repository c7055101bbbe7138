"""What is known of something, label by label; what is too long for a line goes on below its text."""

from __future__ import annotations

from rich.style import StyleType
from rich.table import Table
from rich.text import Text as RichText

from zkwizard.model.terminal import harmless
from zkwizard.model.text import Words
from zkwizard.widgets.words import labelled, say


def row(label: Words, *lines: Words, indent: int = 0, style: StyleType = "bold") -> Table:
    """A label and its lines, below each other; ``style`` is that of the label, ``indent`` in cells."""
    return hanging(
        RichText(" " * indent + labelled(label), style),
        RichText(harmless("\n".join(say(line) for line in lines))),
    )


def hanging(head: RichText, text: RichText) -> Table:
    """``head``, and behind it ``text`` in as many lines as it needs."""
    grid = Table.grid()
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(head, text)
    return grid
