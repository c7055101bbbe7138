"""Lines of the grid: nodes at the top; phases at the left, with a bar each; how each stands on every node."""

from __future__ import annotations

import time

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.strip import Strip

from zkwizard.model.phase import OPERATOR
from zkwizard.model.text import T
from zkwizard.widgets.run.coloured import Coloured, bar, padded
from zkwizard.widgets.run.progress import Place, Progress
from zkwizard.widgets.run.signs import SIGNS, WORDS_FROM, short, state_words
from zkwizard.widgets.words import mark, say

_BAR = 8
_MOST = 24
"""Cells of a node's column at most."""
_LEAST = 11
"""And at least, where its name is no shorter."""
_UNDERLINED = Style(underline=True)


class DrawnGrid(Coloured):
    """The part of the grid that draws. What is scrolled out of sight costs nothing."""

    def __init__(self, progress: Progress, *, id: str) -> None:
        super().__init__(id=id)
        self.progress = progress
        self.row = self.column = 0
        """Of the cursor."""
        self.width_of_node = 0
        self._measured = 0
        """The width for which that holds."""

    @property
    def left(self) -> int:
        """Cells that do not scroll: sign, phase, bar."""
        return 2 + max(map(len, self.progress.phases), default=0) + 1 + _BAR + 1

    def measure(self) -> None:
        """Columns are as wide as there is room."""
        nodes = self.progress.nodes
        self._measured = self.scrollable_content_region.width
        room = self._measured - self.left
        least = min(_LEAST, max(map(len, nodes), default=0) + 1)
        self.width_of_node = max(least, min(_MOST, room // max(1, len(nodes))))
        size = Size(self.left + self.width_of_node * len(nodes), len(self.progress.phases) + 1)
        if size != self.virtual_size:
            self.virtual_size = size

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw. Of another width a widget learns by an event, but not in every layout that gives it one, nor
        when a scrollbar takes some of it."""
        if self._measured != self.scrollable_content_region.width:
            self.measure()
        return super().render_lines(crop)

    @property
    def room(self) -> Size:
        """Cells without scrollbars, also while one at the bottom is still there that is needed no longer."""
        width, height = self.scrollable_content_region.size
        needed = self.styles.scrollbar_size_horizontal if self.virtual_size.width > width else 0
        return Size(width, self.container_size.height - needed if height else 0)

    @property
    def needed_width(self) -> int:
        """Cells in which every state has its word."""
        return self.left + (WORDS_FROM + 2) * len(self.progress.nodes) + 1

    def line(self, y: int) -> Strip:
        """The names at the top, or a phase."""
        row = y - 1 + self.scroll_offset.y
        if y == 0:
            return self._scrolled([Segment(" " * self.left)], self._names())
        if row >= len(self.progress.phases):
            return Strip.blank(self.size.width, self.own_style)
        phase, here = self.progress.phases[row], row == self.row
        if (phase, OPERATOR) in self.progress.cells:
            return self._scrolled(self._phase(phase, here), self._whole(phase, here))
        return self._scrolled(self._phase(phase, here), self._cells(phase, here))

    def _scrolled(self, left: list[Segment], columns: list[Segment]) -> Strip:
        """``columns`` begin with the first node that is in sight."""
        width = self.size.width
        hidden = self.scroll_offset.x - self._first * self.width_of_node
        seen = Strip(columns).crop(hidden, hidden + max(0, width - self.left))
        return Strip([*left, *seen]).adjust_cell_length(width).apply_style(self.own_style)

    @property
    def _first(self) -> int:
        """Which node is the first in sight."""
        return self.scroll_offset.x // max(1, self.width_of_node)

    @property
    def _in_sight(self) -> range:
        """Numbers of the nodes of which something is to be seen."""
        room = max(0, self.size.width - self.left)
        last = -(-(self.scroll_offset.x + room) // max(1, self.width_of_node))
        return range(self._first, min(last, len(self.progress.nodes)))

    def _names(self) -> list[Segment]:
        return [self._node_name(number) for number in self._in_sight]

    def _node_name(self, number: int) -> Segment:
        node, width = self.progress.nodes[number], self.width_of_node
        words, style = node, self.styled("head")
        if link := self.progress.links.get(node):
            style = self.styled("line")
            state = T("silent") if link.state == "silent" else T("lost")
            passed = short(time.time() - link.since)
            told = f"{node} {say(state)}"
            ways = (f"! {told} {passed}", f"{told} {passed}", told, f"! {node}")
            words = next((each for each in ways if cell_len(each) < width), f"!{node}")
        if number == self.column:
            style += _UNDERLINED
        return Segment(padded(words, width - 1) + " ", style)

    def _phase(self, phase: str, here: bool) -> list[Segment]:
        standing = self.progress.phase_standing(phase)
        style = self.style_of(standing)
        name = padded(phase, self.left - 2 - _BAR - 2)
        return [
            Segment(mark(SIGNS[standing]) + " ", style),
            Segment(name + " ", style + self.styled("head") if here else style),
            Segment(bar(self.progress.fraction(phase), _BAR) + " ", self.styled("bar")),
        ]

    def _whole(self, phase: str, here: bool) -> list[Segment]:
        """A phase that is done here stands once, below all nodes."""
        place = (phase, OPERATOR)
        words = padded(
            f"{self._words(place, 99)}  ({say(T('here'))})",
            self.width_of_node * len(self.progress.nodes) - 1,
        )
        whole = Strip([Segment(words + " ", self._style(place, here))])
        return [*whole.crop(self._first * self.width_of_node)]

    def _cells(self, phase: str, here: bool) -> list[Segment]:
        segments, width, gap = [], self.width_of_node - 1, Segment(" ")
        for number in self._in_sight:
            place = (phase, self.progress.nodes[number])
            style = self._style(place, here and number == self.column)
            segments += [Segment(padded(self._words(place, width), width), style), gap]
        return segments

    def _style(self, place: Place, here: bool) -> Style:
        standing = self.progress.standing(place)
        style = self.style_of(standing) if standing else Style.null()
        if not here:
            return style
        return style + (self.styled("cursor") if self.has_focus else _UNDERLINED)

    def _words(self, place: Place, width: int) -> str:
        standing = self.progress.standing(place)
        return "" if standing is None else state_words(self.progress.cells[place], standing, width)
