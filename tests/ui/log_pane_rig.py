"""An app with nothing but a log pane, and ways to look at what it draws."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Footer, Static

from zkwizard.widgets.log_pane import LogPane
from zkwizard.widgets.log_pane.body import LogBody
from zkwizard.widgets.log_pane.status import StatusLines


class LogApp(App[None]):
    """The pane between a line and the keys."""

    def __init__(self, folder: Path, **options: Any) -> None:
        super().__init__()
        self.pane = LogPane(folder=folder, **options)

    def compose(self) -> ComposeResult:
        """As a screen has it."""
        yield Static("node1")
        yield self.pane
        yield Footer()

    @property
    def body(self) -> LogBody:
        """The lines."""
        return self.pane.query_one(LogBody)

    @property
    def rows(self) -> list[str]:
        """What the lines' rows show."""
        return [self.body.render_line(y).text.rstrip() for y in range(self.body.size.height)]

    @property
    def status(self) -> list[str]:
        """What is said below them."""
        status = self.pane.query_one(StatusLines)
        return [status.render_line(y).text.rstrip() for y in range(2)]

    @property
    def told(self) -> list[str]:
        """What popped up."""
        return [note.message for note in self._notifications]


async def until(pilot: Pilot[None], condition: Callable[[], object], seconds: float = 60) -> None:
    """Let the app work until something is so."""
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, f"it never came to that; rows: {_rows(pilot)}"
        await pilot.pause(0.02)


def _rows(pilot: Pilot[None]) -> Iterator[str] | list[str]:
    return [*pilot.app.rows, *pilot.app.status] if isinstance(pilot.app, LogApp) else []


@contextmanager
def unchanged(what: Callable[[], object]) -> Iterator[None]:
    """Something is the same before and after."""
    before = what()
    yield
    assert what() == before
