"""Textual's command palette, in the chosen language."""

from __future__ import annotations

from typing import Any

from rich.align import Align
from rich.text import Text as RichText
from textual.command import CommandList, CommandPalette, ProviderSource
from textual.widgets.option_list import Option

from zkwizard.model.text import Text
from zkwizard.screens.frame import localise
from zkwizard.widgets.words import say


class Palette(CommandPalette):
    """``title`` stands in the empty field, ``nothing`` where the list would be when nothing is found."""

    def __init__(
        self, title: Text, nothing: Text, providers: ProviderSource | None = None, **more: Any
    ) -> None:
        super().__init__(providers, placeholder=say(title), **more)
        self._nothing = nothing
        localise(self)

    def _start_no_matches_countdown(self, search_value: str) -> None:
        """As Textual does it, which has its English words within this method."""
        self._stop_no_matches_countdown()

        def show() -> None:
            self._list_visible = bool(search_value)
            if search_value:
                words = Align.center(RichText(say(self._nothing), style="not bold"))
                option = Option(words, disabled=True, id=self._NO_MATCHES)
                self.query_one(CommandList).add_option(option)

        self._no_matches_timer = self.set_timer(self._NO_MATCHES_COUNTDOWN, show)
