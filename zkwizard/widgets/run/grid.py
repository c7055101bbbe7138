"""The grid of a run: how every phase stands on every node; its cursor chooses what else is shown."""

from __future__ import annotations

import time
from typing import ClassVar

from textual import events
from textual.binding import Binding
from textual.geometry import Region
from textual.message import Message

from zkwizard.model.phase import OPERATOR
from zkwizard.widgets.run.drawing import DrawnGrid
from zkwizard.widgets.run.progress import Place, Progress

_AHEAD = 2
"""Phases below the cursor that are in sight while it goes along with the work."""


class RunGrid(DrawnGrid, can_focus=True):
    """Scrolls both ways; phases and nodes' names stay. The cursor is at one phase on one node."""

    DEFAULT_CSS = """
    RunGrid {
        height: 1fr;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 1;
    }
    """
    BINDINGS: ClassVar = [
        Binding("up", "go(-1, 0)", show=False),
        Binding("down", "go(1, 0)", show=False),
        Binding("left", "go(0, -1)", show=False),
        Binding("right", "go(0, 1)", show=False),
        Binding("pageup", "go(-8, 0)", show=False),
        Binding("pagedown", "go(8, 0)", show=False),
        Binding("home", "go(-999, 0)", show=False),
        Binding("end", "go(999, 0)", show=False),
        Binding("enter", "choose", show=False),
    ]

    class Moved(Message):
        """The cursor is at another phase or node."""

    class Chosen(Message):
        """Enter, or a second click."""

        def __init__(self, place: Place) -> None:
            super().__init__()
            self.place = place

    def __init__(self, progress: Progress) -> None:
        super().__init__(progress, id="grid")
        self.follows = True
        """Whether the cursor goes along with the work; a person who moves it ends that."""
        self._drawn: tuple[int, int] = (-1, 0)
        self._marked = 0
        """The row in which the cursor was last drawn."""

    # What there is ----------------------------------------------------------------------------------------

    @property
    def node(self) -> str:
        """The node of the cursor's column."""
        nodes = self.progress.nodes
        return nodes[min(self.column, len(nodes) - 1)] if nodes else ""

    @property
    def phase(self) -> str:
        """The phase of the cursor's row."""
        phases = self.progress.phases
        return phases[min(self.row, len(phases) - 1)] if phases else ""

    @property
    def place(self) -> Place:
        """The cell of the cursor; a phase that is done here has one for all nodes."""
        here = (self.phase, OPERATOR)
        return here if here in self.progress.cells else (self.phase, self.node)

    def sync(self) -> None:
        """Draw anew if anything is another; a second that passed is, while something is at work."""
        now = int(time.time()) if self.progress.at_work() or self.progress.links else 0
        if self._drawn != (self.progress.version, now):
            if self._drawn[0] != self.progress.version and self.follows:
                self._go_along()
            self._drawn = (self.progress.version, now)
            self.measure()
            self.refresh_changed()

    def follow(self) -> None:
        """The cursor goes along again."""
        self.follows = True
        self._go_along()
        self.refresh_changed()

    def move_to(self, place: Place) -> None:
        """The cursor to a phase on a node."""
        phase, node = place
        if phase in self.progress.phases:
            self.row = self.progress.phases.index(phase)
        if node in self.progress.nodes:
            self.column = self.progress.nodes.index(node)
        self._moved()

    def _go_along(self) -> None:
        """To what asks, or failed in the end, or to the phase that has most to tell on the cursor's node."""
        asking = self.progress.asking() or (self.progress.failed() if self.progress.ended else [])
        at_work = [place for place in self.progress.at_work() if place[1] in (self.node, OPERATOR)]
        phase = self.progress.paused or self.progress.farthest()
        if asking:
            place = asking[0]
        elif at_work:
            place = at_work[-1]
        else:
            place = (phase, self.node)
        if place[0] and place != self.place:
            self.move_to(place)

    # Moving -----------------------------------------------------------------------------------------------

    def action_go(self, rows: int, columns: int) -> None:
        """Move the cursor."""
        self.follows = False
        self.row = max(0, min(self.row + rows, len(self.progress.phases) - 1))
        self.column = max(0, min(self.column + columns, len(self.progress.nodes) - 1))
        self._moved()

    def action_choose(self) -> None:
        """What is at the cursor."""
        self.post_message(self.Chosen(self.place))

    def on_click(self, event: events.Click) -> None:
        """The cursor to where it was clicked; again: chosen."""
        before = (self.row, self.column)
        row = event.y - 1 + self.scroll_offset.y
        column = (event.x - self.left + self.scroll_offset.x) // max(1, self.width_of_node)
        if 0 <= row < len(self.progress.phases):
            self.row = row
        if event.x >= self.left and 0 <= column < len(self.progress.nodes):
            self.column = column
        self.follows = False
        if event.y and before == (self.row, self.column):
            self.action_choose()
        self._moved()

    def _moved(self) -> None:
        self._show_cursor()
        self.post_message(self.Moved())
        top = 1 - self.scroll_offset.y
        self.refresh_changed({0, top + self._marked, top + self.row})
        self._marked = self.row

    def _show_cursor(self) -> None:
        """Scroll as little as brings it into sight; while it goes along, to where a little is to be seen of
        what comes next.
        """
        self.measure()
        width = self.width_of_node
        seen = Region(self.left + self.column * width, self.row + 1, width, 1)
        x, y = self.scroll_offset
        room = self.room
        if seen.x < x + self.left:
            x = seen.x - self.left
        elif seen.right > x + room.width:
            x = seen.right - room.width
        if self.follows:
            last = min(self.row + _AHEAD, len(self.progress.phases) - 1)
            y = max(0, last + 2 - self.size.height)
        elif seen.y - 1 < y:
            y = seen.y - 1
        elif seen.bottom > y + room.height:
            y = seen.bottom - room.height
        if room.height > 1:
            self.scroll_to(x, y, animate=False)

    def on_resize(self) -> None:
        """Columns are as wide as there is room, and the cursor stays in sight: it may have moved before."""
        self._show_cursor()
