"""What a person has to do elsewhere while a run waits: shown with what to copy, and gone when it was done."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from zkwizard.model.events import PersonNeeded
from zkwizard.model.text import T
from zkwizard.screens.frame import Dialog
from zkwizard.widgets.log_pane.copying import copy
from zkwizard.widgets.words import say

_ID = re.compile(r"\b[0-9a-f]{10}\b")
"""A member's id, as ZeroTier writes it."""


class Needed(Dialog[None]):
    """Closes by itself when ``still`` says that nobody is waited for any more."""

    def __init__(self, asked: PersonNeeded, still: Callable[[], bool], folder: Path) -> None:
        super().__init__()
        self._text = say(asked.text)
        self._ids = list(dict.fromkeys(_ID.findall(self._text)))
        self._still, self._folder = still, folder

    def compose(self) -> ComposeResult:
        """The words with the ids, and the keys."""
        head, _, rows = self._text.partition("\n")
        keys = T("y: copy all · 1 to {last}: copy one id · Esc: hide, i shows it again", last=len(self._ids))
        with Vertical(classes="dialog"):
            yield Static(head, markup=False, classes="heading")
            with VerticalScroll():
                yield Static(_numbered(rows), markup=False)
            yield Static(say(keys), markup=False, classes="hint")

    def on_mount(self) -> None:
        """Look whether it was done."""
        self.set_interval(0.2, self._look)

    def _look(self) -> None:
        if not self._still():
            self.dismiss(None)

    def on_key(self, event: events.Key) -> None:
        """Copy."""
        if event.key == "y":
            event.stop()
            copy(self, self._text, T("Copied the request"), self._folder / "copied.txt")
        elif event.key.isdigit() and 0 < int(event.key) <= len(self._ids):
            event.stop()
            own = self._ids[int(event.key) - 1]
            copy(self, own, T("Copied {text}", text=own), self._folder / "copied.txt")


def _numbered(rows: str) -> str:
    lines, number = [], 0
    for line in rows.splitlines():
        if _ID.search(line):
            number += 1
            lines.append(f"{number:>2}  {line.strip()}")
        else:
            lines.append(line)
    return "\n".join(lines)
