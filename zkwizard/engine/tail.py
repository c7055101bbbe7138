"""The last lines of what a step prints, for the report of its failure."""

from __future__ import annotations

from collections import deque

_LINES = 20
_WIDEST = 2000
"""Bytes of a line; of a longer one its end is kept."""
_ENOUGH = _LINES * _WIDEST


class Tail:
    """Lines as a terminal would leave them: of one that was written over again and again the last state."""

    def __init__(self) -> None:
        self._lines: deque[bytes] = deque(maxlen=_LINES)
        self._rest = b""

    def clear(self) -> None:
        """Another step begins."""
        self._lines.clear()
        self._rest = b""

    def take(self, data: bytes) -> None:
        """A piece of the output, of any size."""
        *lines, rest = (self._rest + data[-_ENOUGH:]).split(b"\n")
        self._lines.extend(_last_state(line) for line in lines[-_LINES:])
        self._rest = rest[-_WIDEST - 1 :]

    def lines(self) -> tuple[str, ...]:
        """The lines as text."""
        rest = [_last_state(self._rest)] if self._rest else []
        return tuple(map(_text, [*self._lines, *rest][-_LINES:]))


def _last_state(line: bytes) -> bytes:
    return line.rstrip(b"\r").rpartition(b"\r")[2][-_WIDEST - 1 :]


def _text(line: bytes) -> str:
    cut = "…" if len(line) > _WIDEST else ""
    return cut + line[-_WIDEST:].decode(errors="replace")
