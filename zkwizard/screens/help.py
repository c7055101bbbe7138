"""What one can do on a screen: its purpose in words, and every key that works there now."""

from __future__ import annotations

from typing import ClassVar

from rich.table import Table
from rich.text import Text as RichText
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import Static

from zkwizard.model.text import T, Text
from zkwizard.screens.frame import Dialog
from zkwizard.widgets.textual_words import described
from zkwizard.widgets.words import say

_OTHER = T(
    "Tab and Shift+Tab go from field to field, Enter presses. {palette} finds every action by its name. "
    "To copy with the mouse, hold Shift while marking."
)


class Help(Dialog[None]):
    """Closed by Escape or the key that opened it."""

    BINDINGS: ClassVar = [Binding("f1,q,question_mark", "leave", str(T("Leave")), show=False)]

    def __init__(self, about: Screen[object], palette: str) -> None:
        super().__init__()
        self._texts = [say(text) for text in getattr(about, "ABOUT", ())]
        self._texts.append(say(Text(_OTHER.template, {"palette": palette})))
        self._keys: dict[str, list[str]] = {}
        known = sorted(
            about.active_bindings.values(),
            key=lambda each: (
                not each.binding.show,
                not each.binding.id,  # Textual's own: they move cursors
                each.node not in (about, about.app),
            ),
        )
        for binding in known:
            if binding.binding.description:
                shown = about.app.get_key_display(binding.binding)
                self._keys.setdefault(described(binding.binding), []).append(shown)

    def compose(self) -> ComposeResult:
        """The words, then the keys."""
        table = Table.grid(padding=(0, 2))
        for description, keys in self._keys.items():
            table.add_row(RichText(" ".join(dict.fromkeys(keys)), style="bold"), RichText(description))
        with Vertical(classes="dialog wide"):
            with VerticalScroll():
                for text in self._texts:
                    yield Static(text, markup=False, classes="paragraph")
                yield Static(table)
            yield Static(say(T("Esc: back")), markup=False, classes="hint")
