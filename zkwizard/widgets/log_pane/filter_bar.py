"""The line to type a filter in; what is typed takes effect at once."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

from zkwizard.model.text import T
from zkwizard.widgets.words import say


class FilterBar(Horizontal):
    """Hidden until it is asked for. Enter keeps the filter, Escape clears it."""

    DEFAULT_CSS = """
    FilterBar {
        height: 1;
        display: none;
        background: $panel;
        &.-open { display: block; }
        & > Static { width: auto; padding: 0 1; text-style: bold; }
        & > Input { width: 1fr; }
    }
    """
    BINDINGS: ClassVar = [
        Binding("escape", "clear", show=False),
        Binding("down", "done", show=False),
    ]

    class Changed(Message):
        """Another text to look for."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Done(Message):
        """Back to the lines."""

    def on_mount(self) -> None:
        """Keys must not go where nobody sees them: a screen gives its focus to the first that takes it."""
        self.close()

    def compose(self) -> ComposeResult:
        """A sign and the text."""
        yield Static("/", markup=False)
        yield Input(placeholder=say(T("only lines with this text")), compact=True, id="log-filter")

    def open(self) -> None:
        """Type, from what was there before."""
        self.disabled = False
        self.add_class("-open")
        typed = self.query_one(Input)
        typed.focus()
        typed.action_select_all()

    def close(self) -> None:
        """Gone from the screen."""
        self.remove_class("-open")
        self.disabled = True

    def clear(self) -> None:
        """Look for nothing."""
        self.query_one(Input).value = ""

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(event.value))

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_done()

    def action_clear(self) -> None:
        """No filter any more."""
        self.clear()
        self.action_done()

    def action_done(self) -> None:
        """Back to the lines."""
        self.close()
        self.post_message(self.Done())
