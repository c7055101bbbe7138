"""From bytes to lines: progress that is drawn over itself becomes one line, an endless line is cut."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field

LONGEST = 4096
"""Bytes of a line that are kept for the screen; the log file has all of it."""
_SEQUENCES = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]")


@dataclass
class Read:
    """Lines that ended. ``cut``: place in ``raws`` of a line that was too long → its whole size."""

    raws: list[bytes]
    cut: dict[int, int] = field(default_factory=dict)


class LineReader:
    """Keeps the line that has not ended yet: never more of it than LONGEST bytes and a carriage return."""

    def __init__(self) -> None:
        self._rest = b""
        self._size = 0

    def feed(self, data: bytes) -> Read:
        """A piece of any size, cut anywhere."""
        raws = data.split(b"\n")
        self._grow(raws[0])
        if len(raws) == 1:
            return Read([])
        read = Read(raws)
        raws[0], size = self._rest, self._size
        self._rest, self._size = b"", 0
        self._grow(raws.pop())
        if size > LONGEST or b"\r" in raws[0] or b"\r" in data or max(map(len, raws)) > LONGEST:
            sizes = [size, *map(len, raws[1:])]
            for place, (raw, whole) in enumerate(zip(raws, sizes, strict=True)):
                raws[place], dropped = _finish(raw)
                if whole > LONGEST and (dropped or len(raw) < whole):
                    read.cut[place] = whole
        return read

    def flush(self) -> Read:
        """The stream is over, or something else comes between: what is left is a line, too."""
        return self.feed(b"\n") if self._rest else Read([])

    @property
    def unfinished(self) -> bytes:
        """The line that has not ended, as it looks now: without half a character at its end."""
        return _whole(_finish(self._rest)[0])

    def _grow(self, piece: bytes) -> None:
        rest, before = self._rest + piece, len(self._rest)
        self._size += len(piece)
        if len(rest) > LONGEST:
            over = rest.rstrip(b"\r").rfind(b"\r")  # one at the end may still belong to a line feed
            if over >= 0:
                rest, self._size = rest[over + 1 :], len(rest) - over - 1
            returned = b"\r" if rest.endswith(b"\r") and len(rest) > before else b""
            if len(rest) > LONGEST:
                rest = rest[:LONGEST].rstrip(b"\r") + returned
        self._rest = rest


def _finish(raw: bytes) -> tuple[bytes, bool]:
    """The line as a terminal would leave it, and whether something of it was cut off."""
    if b"\r" in raw:
        raw = _last_drawn(raw)
    if len(raw) <= LONGEST:
        return raw, False
    return _whole(raw[:LONGEST]), True


def _whole(raw: bytes) -> bytes:
    """Without the half of a character at its end."""
    return raw[: codecs.utf_8_decode(raw, "replace", False)[1]]


def _last_drawn(raw: bytes) -> bytes:
    """What was drawn last over the rest, when a return without a feed went back to the line's beginning."""
    drawn = raw.split(b"\r")
    return next((part for part in reversed(drawn) if _SEQUENCES.sub(b"", part)), b"")
