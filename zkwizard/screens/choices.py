"""One of several ways, each with its key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from zkwizard.model.text import Text, Words
from zkwizard.screens.frame import Dialog
from zkwizard.widgets.words import say


@dataclass(frozen=True)
class Choice:
    """One way; ``id`` is what the dialog ends with."""

    id: str
    key: str
    words: Text


class Choices(Dialog[str | None]):
    """Ends with the id of what was chosen; Escape leaves everything as it is."""

    def __init__(self, title: Words, *lines: Words, choices: Sequence[Choice]) -> None:
        super().__init__()
        self._title, self._lines, self._choices = title, lines, choices

    def compose(self) -> ComposeResult:
        """The question and the ways."""
        with Vertical(classes="dialog"):
            yield Static(say(self._title), markup=False, classes="heading")
            for line in self._lines:
                yield Static(say(line), markup=False, classes="paragraph")
            yield OptionList(
                *(Option(f"{choice.key}  {say(choice.words)}", choice.id) for choice in self._choices),
                markup=False,
                classes="choices",
            )

    def on_key(self, event: events.Key) -> None:
        """The key of a way."""
        for choice in self._choices:
            if event.key == choice.key:
                event.stop()
                self.dismiss(choice.id)

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)
