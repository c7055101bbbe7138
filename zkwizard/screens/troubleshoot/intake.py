"""Lines on their way from the thread that reads them to the screen: whole ones only, without secrets."""

from __future__ import annotations

import threading

from zkwizard.model.secret import Redactor
from zkwizard.model.text import Text

_MOST = 8 << 20
"""Bytes that wait for the screen; what comes beyond is left out, and counted."""
_AT_ONCE = 1 << 20
"""Bytes that are handed on in one piece, so that drawing keeps up."""
_LONGEST = 1 << 16
"""Bytes of an unfinished line that are kept back; a longer one is handed on in pieces."""


class Intake:
    """Called with bytes in one thread, emptied by another."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._rest = b""
        self._waiting = bytearray()
        self._left_out = 0
        self._told: list[Text] = []
        self._lock = threading.Lock()

    def __call__(self, data: bytes) -> None:
        """A piece of the stream, cut anywhere."""
        lines, feed, self._rest = (self._rest + data).rpartition(b"\n")
        self._put(lines + feed)
        if len(self._rest) > _LONGEST:
            rest, self._rest = self._rest, b""
            self._put(rest)

    def tell(self, words: Text) -> None:
        """Something about the line that the lines come by."""
        with self._lock:
            self._told.append(words)

    def told(self) -> list[Text]:
        """What was told since the last call."""
        with self._lock:
            told, self._told = self._told, []
            return told

    def close(self) -> None:
        """The stream is over: what is left is a line, too."""
        rest, self._rest = self._rest, b""
        self._put(rest + b"\n" if rest else b"")

    def taken(self) -> tuple[bytes, int]:
        """What came since the last call, or the first part of it; and how many bytes were left out."""
        with self._lock:
            piece = bytes(self._waiting[:_AT_ONCE])
            del self._waiting[:_AT_ONCE]
            left_out, self._left_out = self._left_out, 0
            return piece, left_out

    def _put(self, data: bytes) -> None:
        clean = self._redactor(data)
        with self._lock:
            if len(self._waiting) + len(clean) > _MOST:
                self._left_out += len(clean)
            else:
                self._waiting += clean
