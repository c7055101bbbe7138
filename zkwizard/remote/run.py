"""What a small script prints, kept until it says that it ended."""

from __future__ import annotations

import asyncio

_MOST = 8 << 20
"""Bytes kept of each stream; the rest is dropped."""

_LONGEST_MARK = 64


class Collector:
    """Receives both streams of ``script.sh``. ``done``: both had the end mark, or the session is over."""

    def __init__(self, nonce: str) -> None:
        self._mark = f"\x1e{nonce} end ".encode()
        self._streams = (bytearray(), bytearray())
        self._ended = [False, False]
        self.status: int | None = None
        self.done = asyncio.Event()

    def out(self, data: bytes) -> None:
        """Standard output."""
        self._take(0, data)

    def err(self, data: bytes) -> None:
        """Standard error."""
        self._take(1, data)

    def closed(self) -> None:
        """The session is over."""
        self.done.set()

    @property
    def streams(self) -> tuple[bytes, bytes]:
        """What was printed."""
        return bytes(self._streams[0]), bytes(self._streams[1])

    def _take(self, index: int, data: bytes) -> None:
        if self._ended[index]:
            return
        kept = self._streams[index]
        start = max(0, len(kept) - _LONGEST_MARK)
        kept += data
        at = kept.find(self._mark, start)
        if at >= 0 and (end := kept.find(b"\n", at)) >= 0:
            self.status = int(kept[at + len(self._mark) : end])
            del kept[min(at, _MOST) :]
            self._ended[index] = True
            if all(self._ended):
                self.done.set()
        elif len(kept) > _MOST + _LONGEST_MARK:
            del kept[_MOST:-_LONGEST_MARK]
