"""Two lines about all of a run: how far it is and for how long, and what matters most now."""

from __future__ import annotations

import time

from rich.segment import Segment
from textual.strip import Strip

from zkwizard.model.text import T
from zkwizard.widgets.run.coloured import Coloured, bar, padded
from zkwizard.widgets.run.progress import Progress
from zkwizard.widgets.run.signs import SIGNS, clock
from zkwizard.widgets.run.steering import Steering, status
from zkwizard.widgets.words import mark, say

_BAR = 20


class Summary(Coloured):
    """Always there, above the grid."""

    DEFAULT_CSS = """
    Summary { height: 2; background: $surface; overflow: hidden hidden; }
    """

    def __init__(self, progress: Progress, steering: Steering) -> None:
        super().__init__(id="summary")
        self._progress, self._steering = progress, steering
        self._drawn: tuple[object, ...] = ()

    def sync(self) -> None:
        """Draw anew if anything is another; a second that passed is."""
        steering = self._steering
        now = 0 if self._progress.ended else int(time.time())
        drawn = (self._progress.version, now, steering.all, steering.until, steering.stopping)
        if drawn != self._drawn:
            self._drawn = drawn
            self.refresh_changed()

    def line(self, y: int) -> Strip:
        """How far; what matters."""
        return (
            Strip(self._far() if y == 0 else self._matters())
            .adjust_cell_length(self.size.width, self.own_style)
            .apply_style(self.own_style)
        )

    def _far(self) -> list[Segment]:
        progress = self._progress
        words = say(
            T(
                "{percent} % · {over} of {all} phases · {time}",
                percent=int(progress.overall * 100),
                over=sum(progress.is_over(phase) for phase in progress.phases),
                all=len(progress.phases),
                time=clock(progress.elapsed(time.time())),
            )
        )
        style = self.styled("bar")
        room = self.size.width - _BAR - 3
        head = self.styled("head")
        return [
            Segment(" "),
            Segment(bar(progress.overall, _BAR), style),
            Segment(padded(" " + words, max(0, room)), head),
        ]

    def _matters(self) -> list[Segment]:
        standing, words = status(self._progress, self._steering)
        text = f" {mark(SIGNS[standing])} {say(words)}"
        return [Segment(padded(text, self.size.width), self.style_of(standing))]
