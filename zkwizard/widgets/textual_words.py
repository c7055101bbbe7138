"""What Textual's own widgets say of their keys. Textual has no catalogue, so its words are marked here.

Its widgets keep their descriptions in English; they are looked up where they are shown.
"""

from __future__ import annotations

from textual.binding import Binding

from zkwizard.model.text import T, Text
from zkwizard.widgets.words import say_template

KEYS: tuple[Text, ...] = (
    # Screens and what scrolls
    T("Focus Next"), T("Focus Previous"), T("Copy selected text"), T("Scroll Up"), T("Scroll Down"),
    T("Scroll Left"), T("Scroll Right"), T("Scroll Home"), T("Scroll End"), T("Page Up"), T("Page Down"),
    T("Page Left"), T("Page Right"),
    # Lists, tables, trees
    T("Up"), T("Down"), T("First"), T("Last"), T("Top"), T("Bottom"), T("Select"), T("Toggle"),
    T("Toggle option"), T("Cursor up"), T("Cursor down"), T("Cursor left"), T("Cursor right"), T("Page up"),
    T("Page down"), T("Home"), T("End"), T("Cursor Up"), T("Cursor Down"), T("Cursor to parent"),
    T("Cursor to next ancestor"), T("Cursor to next sibling"), T("Cursor to previous sibling"),
    T("Expand or collapse all"),
    # Buttons, tabs, choices
    T("Press button"), T("Next tab"), T("Previous tab"), T("Show menu"), T("Dismiss menu"),
    T("Toggle collapsible"),
    # The palette
    T("Exit the command palette"), T("Go to bottom"), T("Go to top"), T("Next command"),
    T("Previous command"), T("Next page"), T("Previous page"),
    # Fields
    T("Submit"), T("Go to start"), T("Go to end"), T("Move cursor left"), T("Move cursor left a word"),
    T("Move cursor left a word and select"), T("Move cursor left and select"), T("Move cursor right a word"),
    T("Move cursor right a word and select"), T("Move cursor right and select"),
    T("Move cursor right or accept the completion suggestion"), T("Select all"), T("Select line end"),
    T("Select line start"), T("Delete all to the left"), T("Delete all to the right"),
    T("Delete character left"), T("Delete character right"), T("Delete left to start of word"),
    T("Delete right to start of word"), T("Cut selected text"), T("Paste text from the clipboard"),
    # Fields of several lines
    T("Copy"), T("Cut"), T("Paste"), T("Undo"), T("Redo"), T("Cursor down select"), T("Cursor up select"),
    T("Cursor left select"), T("Cursor right select"), T("Cursor left word select"),
    T("Cursor right word select"), T("Cursor word left"), T("Cursor word right"), T("Cursor line end"),
    T("Cursor line start"), T("Cursor line end select"), T("Cursor line start select"),
    T("Cursor page down"), T("Cursor page up"), T("Delete line"), T("Delete to line end"),
    T("Delete to line start"), T("Select line"),
)  # fmt: skip


def described(binding: Binding) -> str:
    """What a key does, in the chosen language, whoever bound it."""
    return say_template(binding.description)
