"""Instead of a screen that can't be used: what size the terminal has, and what it needs."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.widgets import Static

from zkwizard.model.text import T
from zkwizard.screens.frame import Layer
from zkwizard.widgets.words import say

LEAST = Size(80, 24)


def is_small(size: Size) -> bool:
    """Whether the screens do not fit."""
    return size.width < LEAST.width or size.height < LEAST.height


class TooSmall(Layer[None], ModalScreen[None]):
    """Above all other screens; goes by itself when there is room."""

    BINDINGS: ClassVar = [Binding("q", "app.quit", str(T("Quit")), id="leave-small")]

    def __init__(self, size: Size) -> None:
        super().__init__()
        self._size_then = size

    def compose(self) -> ComposeResult:
        """One text."""
        yield Static(id="small", markup=False)

    def on_mount(self) -> None:
        """Say it. The app may not have taken over this size yet."""
        self._say(self._size_then)

    def on_resize(self) -> None:
        """Go, or say it again. What the event says may be an earlier size."""
        self._say(self.app.size)

    def on_screen_resume(self) -> None:
        """There may be room since before it was shown."""
        self.call_after_refresh(lambda: self._say(self.app.size))

    def _say(self, size: Size) -> None:
        if not is_small(size):
            self.dismiss(None)
            return
        words = T(
            "The terminal has {width}×{height}; zkwizard needs {least_width}×{least_height}. Make it "
            "larger or the letters smaller. What is at work goes on. q: quit",
            width=size.width,
            height=size.height,
            least_width=LEAST.width,
            least_height=LEAST.height,
        )
        self.query_one("#small", Static).update(say(words))
