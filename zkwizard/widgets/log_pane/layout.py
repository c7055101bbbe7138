"""Which lines of a source stand in which rows: all or those that match, wrapped or not.

Rows are numbered as lines are: from the first that was ever laid out, so that the number of a row stays when
lines above it are let go. One pass over new lines is all that a batch costs.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import accumulate, repeat

from zkwizard.model.text import T
from zkwizard.widgets.log_pane.display import all_plain, count_rows, in_ascii, plain
from zkwizard.widgets.log_pane.kinds import ERRORS
from zkwizard.widgets.log_pane.search import Pattern
from zkwizard.widgets.log_pane.source import Source
from zkwizard.widgets.words import say

_GROUP = 64
"""So many lines are looked at together."""


class Layout:
    """Rows of a source. ``width`` in cells wraps; 0 does not."""

    def __init__(self, source: Source, width: int, pattern: Pattern, only: bool, ascii_only: bool) -> None:
        self.source = source
        self.numbers: list[int] = []
        """The lines that are shown."""
        self.matches: list[int] = []
        """Those with the pattern in them; empty without a pattern."""
        self.width = width
        self._pattern = pattern
        self._only = only and bool(pattern)
        self._ascii = ascii_only
        self._begins: list[int] = []
        self._row = 0
        self._next = source.first
        self._open = b""
        self.sync()

    @property
    def top(self) -> int:
        """The first row."""
        return self._begins[0] if self._begins else self._row

    @property
    def bottom(self) -> int:
        """The row after the last."""
        return self._row

    @property
    def settled(self) -> int:
        """The first row of the unfinished line, which may look different the next time."""
        unfinished = self._open and self.numbers and self.numbers[-1] == self._next
        return self._begins[-1] if unfinished else self._row

    def sync(self) -> bool:
        """Lay out what is new and let go what is gone; whether anything changed."""
        source, before = self.source, (self._next, self.top, self._open)
        self._take_back()
        self._let_go()
        self._add_new(max(self._next, source.first))
        self._next = source.end
        self._open = source.unfinished
        if self._open:
            self._add(source.end)
        return (self._next, self.top, self._open) != before

    def at(self, row: int) -> tuple[int, int]:
        """The line in ``row``, and which of its own rows that is."""
        place = bisect_right(self._begins, row) - 1
        return self.numbers[place], row - self._begins[place]

    def row_of(self, number: int) -> int:
        """The first row of the line, or of the next one that is shown."""
        place = bisect_left(self.numbers, number)
        return self._begins[place] if place < len(self._begins) else self._row

    def shown(self, number: int) -> bool:
        """Whether the line has a row."""
        place = bisect_left(self.numbers, number)
        return place < len(self.numbers) and self.numbers[place] == number

    def text(self, number: int) -> str:
        """The line as it is drawn."""
        text = plain(self.source.raw(number), self._ascii)
        if size := self.source.cut.get(number):
            note = say(T("… (cut here: {size} bytes in all)", size=f"{size:,}"))
            text += " " + (in_ascii(note) if self._ascii else note)
        return text

    def match(self, number: int, step: int) -> int | None:
        """The next match after (1) or before (-1) a line, around the end."""
        return _beside(self.matches, number, step)

    def error(self, number: int, step: int) -> int | None:
        """The next error among the lines that are shown, around the end."""
        return _beside([n for n in self.numbers if self.source.kind(n) in ERRORS], number, step)

    def _take_back(self) -> None:
        """The unfinished line is laid out anew each time."""
        if self._open and self.numbers and self.numbers[-1] == self._next:
            self.numbers.pop()
            self._row = self._begins.pop()
        if self._open and self.matches and self.matches[-1] == self._next:
            self.matches.pop()

    def _let_go(self) -> None:
        first = self.source.first
        if self.numbers and self.numbers[0] < first:
            gone = bisect_left(self.numbers, first)
            del self.numbers[:gone], self._begins[:gone]
        if self.matches and self.matches[0] < first:
            del self.matches[: bisect_left(self.matches, first)]

    def _add_new(self, first: int) -> None:
        """All lines from this one on."""
        if self._pattern:
            for number in range(first, self.source.end):
                self._add(number)
            return
        self.numbers += range(first, self.source.end)
        self._begins += accumulate(self._heights(first), initial=self._row)
        self._row = self._begins.pop()

    def _heights(self, first: int) -> Iterator[int]:
        """How many rows each line takes. Most are plain: for a group of those their sizes say it."""
        if not self.width:
            yield from repeat(1, self.source.end - first)
            return
        raws, cut = self.source.raws(first), self.source.cut.keys()
        for at in range(0, len(raws), _GROUP):
            group = raws[at : at + _GROUP]
            numbers = range(first + at, first + at + len(group))
            if all_plain(group) and cut.isdisjoint(numbers):
                yield from [-(-len(raw) // self.width) or 1 for raw in group]
            else:
                yield from [count_rows(self.text(number), self.width) for number in numbers]

    def _add(self, number: int) -> None:
        text = self.text(number) if self._pattern or self.width else ""
        if self._pattern:
            if self._pattern.matches(text):
                self.matches.append(number)
            elif self._only:
                return
        self.numbers.append(number)
        self._begins.append(self._row)
        self._row += count_rows(text, self.width) if self.width else 1


def _beside(numbers: list[int], number: int, step: int) -> int | None:
    if not numbers:
        return None
    place = bisect_right(numbers, number) if step > 0 else bisect_left(numbers, number) - 1
    return numbers[place % len(numbers)]
