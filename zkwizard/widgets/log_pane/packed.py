"""Lines in their order, of which all but the newest are packed: five thousand take 80 kB instead of 800."""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections.abc import Sequence

_LINES = 256
_BYTES = 64 << 10
"""So many lines or bytes are packed together when there are twice as many; it takes half a millisecond."""
_LEVEL = 1
"""Higher ones take longer, and gain little on logs."""
_OBJECT = 49
"""Bytes of memory that a line takes beside its own while it is not packed."""


class Lines:
    """Numbered from the first that ever came, from 0. No line has a line feed in it."""

    def __init__(self) -> None:
        self.first = 0
        """Number of the first line that is kept."""
        self._begins: list[int] = []
        """Numbers of the first lines of the packed blocks, the oldest first."""
        self._packed: list[bytes] = []
        self._open: list[bytes] = []
        self._opens = 0
        """Number of the first line that is not packed."""
        self._open_size = self._packed_size = 0
        self._unpacked: tuple[int, list[bytes]] = (-1, [])
        """The block that was last read, by the number of its first line."""

    @property
    def end(self) -> int:
        """Number of the next line."""
        return self._opens + len(self._open)

    @property
    def size(self) -> int:
        """Bytes of memory they take."""
        return self._packed_size + self._open_size + _OBJECT * len(self._open)

    def add(self, lines: Sequence[bytes]) -> None:
        """They come after all others."""
        self._open += lines
        self._open_size += sum(map(len, lines))
        if len(self._open) >= 2 * _LINES or self._open_size >= 2 * _BYTES:
            self._pack()

    def __getitem__(self, number: int) -> bytes:
        """Raises IndexError for a line that is not kept."""
        if not self.first <= number < self.end:
            raise IndexError(number)
        begin, lines = self._block(number)
        return lines[number - begin]

    def between(self, first: int, last: int) -> list[bytes]:
        """Lines ``first`` to before ``last``, as far as they are kept."""
        at, last, found = max(first, self.first), min(last, self.end), list[bytes]()
        while at < last:
            begin, lines = self._block(at)
            found += lines[at - begin : last - begin]
            at = begin + len(lines)
        return found

    def drop(self, count: int) -> None:
        """Let the first ones go."""
        self.first = min(self.first + count, self.end)
        while self._begins and self._after(0) <= self.first:
            self._packed_size -= len(self._packed.pop(0))
            del self._begins[0]
        if gone := max(0, self.first - self._opens):
            self._open_size -= sum(map(len, self._open[:gone]))
            del self._open[:gone]
            self._opens += gone

    def above(self, size: int) -> int:
        """How many of the first lines have to go so that the rest takes no more than ``size``; never all."""
        over, at = self.size - size, self.first
        if over <= 0:
            return 0
        for place, packed in enumerate(self._packed):
            if over <= 0:
                break
            over -= len(packed)
            at = self._after(place)
        at = max(at, self.first)
        while over > 0 and self._opens <= at < self.end - 1:
            over -= len(self._open[at - self._opens]) + _OBJECT
            at += 1
        return min(at, self.end - 1) - self.first if self.first < self.end else 0

    def _after(self, place: int) -> int:
        """Number of the line after a packed block."""
        return self._begins[place + 1] if place + 1 < len(self._begins) else self._opens

    def _block(self, number: int) -> tuple[int, list[bytes]]:
        """The lines among which ``number`` stands, and the number of their first."""
        if number >= self._opens:
            return self._opens, self._open
        place = bisect_right(self._begins, number) - 1
        if self._unpacked[0] != self._begins[place]:
            self._unpacked = self._begins[place], zlib.decompress(self._packed[place]).split(b"\n")
        return self._unpacked

    def _pack(self) -> None:
        """All but the newest: those are read most."""
        while len(self._open) >= 2 * _LINES or (self._open_size >= 2 * _BYTES and len(self._open) > 1):
            count = size = 0
            while count < min(_LINES, len(self._open) - 1) and size < _BYTES:
                size += len(self._open[count])
                count += 1
            packed = zlib.compress(b"\n".join(self._open[:count]), _LEVEL)
            self._begins.append(self._opens)
            self._packed.append(packed)
            self._packed_size += len(packed)
            self._open_size -= size
            self._opens += count
            del self._open[:count]
