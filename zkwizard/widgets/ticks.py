"""A list of things to choose, each with a mark that says so without any colour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text as RichText
from textual import on
from textual.binding import Binding
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from zkwizard.model.text import T


class Ticks(OptionList):
    """Space and Enter choose, or no longer."""

    BINDINGS: ClassVar = [Binding("space", "select", str(T("Choose")), show=False)]

    class Changed(Message):
        """Something else is chosen."""

    def __init__(
        self,
        choices: Sequence[tuple[str, str]],
        chosen: Sequence[str] = (),
        *,
        id: str | None = None,
    ) -> None:
        """``choices``: what stands for each, and what a person reads."""
        self._words = dict(choices)
        self._chosen = set(chosen)
        super().__init__(*(Option(self._prompt(key), key) for key in self._words), id=id, markup=False)

    @property
    def chosen(self) -> tuple[str, ...]:
        """What is chosen, in its order."""
        return tuple(key for key in self._words if key in self._chosen)

    def _prompt(self, key: str) -> RichText:
        tick = "[x]" if key in self._chosen else "[ ]"
        return RichText(f"{tick} {self._words[key]}", no_wrap=True, overflow="ellipsis")

    @on(OptionList.OptionSelected)
    def _toggled(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        key = event.option_id or ""
        self._chosen ^= {key}
        self.replace_option_prompt(key, self._prompt(key))
        self.post_message(self.Changed())
