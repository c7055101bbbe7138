"""Phases at the left with a bar each, nodes at the top, and how every phase stands on every node."""

from __future__ import annotations

import time
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from zkwizard.model.phase import OPERATOR
from zkwizard.model.text import T
from zkwizard.widgets.run.coloured import Coloured, bar, padded
from zkwizard.widgets.run.progress import Cell, Place, Progress, Standing
from zkwizard.widgets.run.signs import SIGNS, WORDS, short
from zkwizard.widgets.words import mark, say

_BAR = 8
_WORDS_FROM = 12
"""Cells from which a state has its word beside its sign."""


class RunGrid(Coloured, can_focus=True):
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
        super().__init__(id="grid")
        self.progress = progress
        self.row = self.column = 0
        self.follows = True
        """Whether the cursor goes along with the work; a person who moves it ends that."""
        self._drawn: tuple[int, int] = (-1, 0)
        self._width_of_node = 0
        self._lines: dict[int, Strip] = {}
        """The lines as they were last drawn."""

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
            self._measure()
            self._refresh_changed()

    def _refresh_changed(self) -> None:
        """Only the lines that are other ones: painting costs more than all else here."""
        size = self.scrollable_content_region.size
        for y in range(size.height):
            line = self._line(y)
            if line != self._lines.get(y):
                self._lines[y] = line
                self.refresh(Region(0, y, size.width, 1))

    def follow(self) -> None:
        """The cursor goes along again."""
        self.follows = True
        self._go_along()
        self.refresh()

    def move_to(self, place: Place) -> None:
        """The cursor to a phase on a node."""
        phase, node = place
        if phase in self.progress.phases:
            self.row = self.progress.phases.index(phase)
        if node in self.progress.nodes:
            self.column = self.progress.nodes.index(node)
        self._moved()

    def _go_along(self) -> None:
        """To what asks, or to the phase that has most to tell, on the node of the cursor."""
        asking = self.progress.asking()
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
        column = (event.x - self._left + self.scroll_offset.x) // max(1, self._width_of_node)
        if 0 <= row < len(self.progress.phases):
            self.row = row
        if event.x >= self._left and 0 <= column < len(self.progress.nodes):
            self.column = column
        self.follows = False
        if event.y and before == (self.row, self.column):
            self.action_choose()
        self._moved()

    def _moved(self) -> None:
        self._measure()
        width = self._width_of_node
        seen = Region(self._left + self.column * width, self.row + 1, width, 1)
        x, y = self.scroll_offset
        room = self.scrollable_content_region.size
        if seen.x < x + self._left:
            x = seen.x - self._left
        elif seen.right > x + room.width:
            x = seen.right - room.width
        if seen.y - 1 < y:
            y = seen.y - 1
        elif seen.bottom > y + room.height:
            y = seen.bottom - room.height
        if room.height > 1:
            self.scroll_to(x, y, animate=False)
        self.post_message(self.Moved())
        self.refresh()

    # Drawing ----------------------------------------------------------------------------------------------

    @property
    def _left(self) -> int:
        """Cells that do not scroll: sign, phase, bar."""
        return 2 + max(map(len, self.progress.phases), default=0) + 1 + _BAR + 1

    def on_resize(self) -> None:
        """Columns are as wide as there is room."""
        self._measure()

    def _measure(self) -> None:
        nodes = self.progress.nodes
        room = self.scrollable_content_region.width - self._left
        least = min(11, max(map(len, nodes), default=0) + 1)
        self._width_of_node = max(least, min(24, room // max(1, len(nodes))))
        size = Size(self._left + self._width_of_node * len(nodes), len(self.progress.phases) + 1)
        if size != self.virtual_size:
            self.virtual_size = size

    @property
    def needed_width(self) -> int:
        """Cells in which every state has its word."""
        return self._left + (_WORDS_FROM + 2) * len(self.progress.nodes) + 1

    def render_line(self, y: int) -> Strip:
        """The names at the top, or a phase."""
        self._lines[y] = self._line(y)
        return self._lines[y]

    def _line(self, y: int) -> Strip:
        row = y - 1 + self.scroll_offset.y
        if y == 0:
            return self._strip([Segment(" " * self._left)], self._names())
        if row >= len(self.progress.phases):
            return Strip.blank(self.size.width, self.own_style)
        phase = self.progress.phases[row]
        return self._strip(self._phase(phase, row == self.row), self._cells(phase, row == self.row))

    def _strip(self, left: list[Segment], right: list[Segment]) -> Strip:
        width = self.size.width
        x = self.scroll_offset.x
        scrolled = Strip(right).crop(x, x + max(0, width - self._left))
        return Strip([*left, *scrolled]).adjust_cell_length(width).apply_style(self.own_style)

    def _names(self) -> list[Segment]:
        return [
            self._node_name(node, number == self.column) for number, node in enumerate(self.progress.nodes)
        ]

    def _node_name(self, node: str, here: bool) -> Segment:
        width = self._width_of_node
        link = self.progress.links.get(node)
        style = self.get_component_rich_style("run--head")
        words = node
        if link:
            style = self.get_component_rich_style("run--line")
            state = T("silent") if link.state == "silent" else T("lost")
            words = f"! {node} {say(state)} {short(time.time() - link.since)}"
            if width < _WORDS_FROM:
                words = f"!{node}"
        if here:
            style += Style(underline=True)
        return Segment(padded(words, width - 1) + " ", style)

    def _phase(self, phase: str, here: bool) -> list[Segment]:
        standing = self.progress.phase_standing(phase)
        style = self.style_of(standing)
        name = padded(phase, self._left - 2 - _BAR - 2)
        named = style + self.get_component_rich_style("run--head") if here else style
        return [
            Segment(mark(SIGNS[standing]) + " ", style),
            Segment(name + " ", named),
            Segment(
                bar(self.progress.fraction(phase), _BAR) + " ", self.get_component_rich_style("run--bar")
            ),
        ]

    def _cells(self, phase: str, here: bool) -> list[Segment]:
        places = [(phase, node) for node in self.progress.nodes]
        whole = (phase, OPERATOR)
        if whole in self.progress.cells:
            words = f"{self._words(whole, 99)}  ({say(T('here'))})"
            width = self._width_of_node * len(self.progress.nodes)
            return [Segment(padded(words, width - 1) + " ", self._style(whole, here))]
        return [
            Segment(
                padded(self._words(place, self._width_of_node - 1), self._width_of_node - 1),
                self._style(place, here and number == self.column),
            )
            if part
            else Segment(" ")
            for number, place in enumerate(places)
            for part in (True, False)
        ]

    def _style(self, place: Place, here: bool) -> Style:
        standing = self.progress.standing(place)
        style = self.style_of(standing) if standing else Style()
        return style + self.get_component_rich_style("run--cursor") if here and self.has_focus else (
            style + Style(underline=True) if here else style
        )  # fmt: skip

    def _words(self, place: Place, width: int) -> str:
        standing = self.progress.standing(place)
        if standing is None:
            return ""
        return state_words(self.progress.cells[place], standing, width)


def state_words(cell: Cell, standing: Standing, width: int) -> str:
    """How a phase stands on a node, in so many cells."""
    sign = mark(SIGNS[standing])
    if standing is Standing.AT_WORK:
        passed = short(max(0.0, time.time() - cell.since))
        if width < _WORDS_FROM - 2:
            return f"{sign}{passed}"
        again = f" {say(T('attempt {number}', number=cell.attempt))}" if cell.attempt > 1 else ""
        return f"{sign} {passed}{again} {cell.step}".rstrip()
    if standing is Standing.WAITING:
        return sign
    if standing is Standing.CHANGED:
        if width < _WORDS_FROM - 2:
            return f"{sign}{cell.changed}"
        return f"{sign} {say(T('{count} changed', count=cell.changed))}"
    if width < _WORDS_FROM - 2:
        return f"{sign}?" if cell.asks else sign
    word = T("your turn") if cell.asks else WORDS[standing]
    return f"{sign} {say(word)}"
