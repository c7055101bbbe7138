"""What a script prints, handed on while it goes on, without the end mark and without keeping any of it."""

from __future__ import annotations

import asyncio

from zkwizard.model.ports import StreamSink


class Passing:
    """Receives both streams of ``script.sh``. ``done``: both had the end mark, or the session is over."""

    def __init__(self, nonce: str, sink: StreamSink) -> None:
        self._mark = f"\x1e{nonce} end ".encode()
        self._sinks = (sink.out, sink.err)
        self._held = [b"", b""]
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

    def _take(self, index: int, data: bytes) -> None:
        """Pass on all but what may be the beginning of the mark."""
        if self._ended[index]:
            return
        data = self._held[index] + data
        at = data.find(self._mark)
        if at < 0:
            at = data.rfind(b"\x1e")
            at = at if at >= 0 and self._mark.startswith(data[at:]) else len(data)
        ready, self._held[index] = data[:at], data[at:]
        if ready:
            self._sinks[index](ready)
        self._end(index)

    def _end(self, index: int) -> None:
        word, newline, _ = self._held[index].removeprefix(self._mark).partition(b"\n")
        if not newline or not self._held[index].startswith(self._mark):
            return
        self.status = int(word)
        self._ended[index] = True
        if all(self._ended):
            self.done.set()
