"""Every node at once: how it stands, and its last lines."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from zkwizard.model.text import T
from zkwizard.widgets.log_pane import LogPane
from zkwizard.widgets.run.cell import Standing
from zkwizard.widgets.run.coloured import Coloured, padded
from zkwizard.widgets.run.progress import Progress
from zkwizard.widgets.run.signs import short, state_words
from zkwizard.widgets.words import say

_RATE = 0.2
"""Seconds between two drawings."""
_MOST = 12
"""Lines of a node that are shown where there is room."""


class LastLines(Coloured, can_focus=True):
    """A block per node; with more nodes than fit it scrolls. What is out of sight costs nothing."""

    DEFAULT_CSS = """
    LastLines { height: 1fr; overflow-x: hidden; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar = [
        Binding("up", "go(-1)", show=False),
        Binding("down", "go(1)", show=False),
        Binding("home", "go(-999)", show=False),
        Binding("end", "go(999)", show=False),
        Binding("enter", "choose", show=False),
    ]

    class Chosen(Message):
        """This node's log is wanted."""

        def __init__(self, node: str) -> None:
            super().__init__()
            self.node = node

    def __init__(self, progress: Progress, pane: LogPane) -> None:
        super().__init__(id="last-lines")
        self._progress, self._pane = progress, pane
        self._at = 0
        self._tails: dict[tuple[int, int], list[str]] = {}
        """Number of a node, and how many lines are wanted → those, as of the last drawing."""

    def on_mount(self) -> None:
        """Drawn at a rate of its own, while it is seen."""
        self.set_interval(_RATE, self._draw)

    def _draw(self) -> None:
        if self.display and self.screen.is_current and self.size:
            height = self._height * len(self._progress.nodes)
            if self.virtual_size.height != height:
                self.virtual_size = Size(self.size.width, height)
            self.refresh_changed()

    def refresh_changed(self, lines: Iterable[int] | None = None) -> None:
        """Have those lines painted that are other ones now."""
        self._tails.clear()
        super().refresh_changed(lines)

    @property
    def _height(self) -> int:
        """Rows of a block: as many as fit, with a line of output at least."""
        room = self.container_size.height if not self.size.height else self.size.height
        return max(2, min(_MOST + 1, room // max(1, len(self._progress.nodes))))

    def action_go(self, blocks: int) -> None:
        """Another node."""
        self._at = max(0, min(self._at + blocks, len(self._progress.nodes) - 1))
        top, height = self._at * self._height, self._height
        y = self.scroll_offset.y
        if top < y or top + height > y + self.size.height:
            self.scroll_to(y=top if top < y else top + height - self.size.height, animate=False)
        self.refresh_changed()

    def action_choose(self) -> None:
        """The whole log of the node."""
        if self._progress.nodes:
            self.post_message(self.Chosen(self._progress.nodes[self._at]))

    def on_click(self, event: events.Click) -> None:
        """The node that was clicked."""
        at = (event.y + self.scroll_offset.y) // self._height
        if at < len(self._progress.nodes):
            self._at = at
            self.action_choose()

    def line(self, y: int) -> Strip:
        """A row of a block; its first one says how the node stands."""
        number, row = divmod(y + self.scroll_offset.y, self._height)
        width = self.size.width
        if number >= len(self._progress.nodes):
            return Strip.blank(width, self.own_style)
        node = self._progress.nodes[number]
        if row == 0:
            return Strip(self._head(node, width, number == self._at)).apply_style(self.own_style)
        wanted = (number, self._height - 1)
        if wanted not in self._tails:
            self._tails[wanted] = self._pane.tail(node, self._height - 1)
        lines = self._tails[wanted]
        text = lines[row - 1] if row <= len(lines) else ""
        return Strip([Segment(padded("  " + text, width))]).apply_style(self.own_style)

    def _head(self, node: str, width: int, here: bool) -> list[Segment]:
        place = self._progress.current(node)
        standing = self._progress.standing(place) if place else Standing.WAITING
        words, style = node, self.style_of(standing or Standing.WAITING)
        if place and standing:
            words = f"{node}  {place[0]}  {state_words(self._progress.cells[place], standing, 40)}"
        if link := self._progress.links.get(node):
            state = T("silent") if link.state == "silent" else T("lost")
            words += f"  ! {say(state)} {short(time.time() - link.since)}"
        if here and self.has_focus:
            style += self.styled("cursor")
        return [Segment(padded(words, width), style)]
