"""One session's talk about a job: the log, and words beside it (``say`` in ``node.sh``).

taken                      the job is there: started now, or found
refused WHY, holder LINE   it is not, and who holds the node
here                       an answer: the node is there
ended STATUS               the job ended
gone                       it is not there any more and left no status
again                      the follower there failed
end                        of a refusal

On standard output comes the log, and ``over`` after its last byte: the two streams overtake each other.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from zkwizard.model.ports import JobSink

_NOISE = 4096
"""Bytes kept of what else comes on standard error."""

_DIGITS = 8
"""More than a status and its newline have."""


class EndMark:
    """Finds, in a log that comes piece by piece, the marker with which its program says how it ended."""

    def __init__(self, nonce: str) -> None:
        self._mark = f"\x1e{nonce} end ".encode()
        self._rest = b""
        self.status: int | None = None

    def feed(self, data: bytes) -> None:
        """The next piece."""
        data = self._rest + data
        at = data.rfind(self._mark)
        if at >= 0:
            word, newline, _ = data[at + len(self._mark) :].partition(b"\n")
            if newline and word.isdigit():
                self.status = int(word)
        self._rest = data[-len(self._mark) - _DIGITS :]


@dataclass
class Talk:
    """Receives one session's streams: the log for the sink, the words for the follower."""

    nonce: str
    sink: JobSink
    offset: int
    end: EndMark
    heard: float = field(default_factory=time.monotonic)
    """When something came last; by the monotonic clock."""
    news: asyncio.Event = field(default_factory=asyncio.Event)
    """Something that the follower has to look at."""
    taken: bool = False
    """The node has the job."""
    refused: str = ""
    """Why it will not take it."""
    holder: list[str] = field(default_factory=list)
    """Who holds the node, as lines of its record."""
    how: str = ""
    """The last word: ended, gone, again, end."""
    logged: bool = False
    """All of the log is here."""
    status: int | None = None
    leave: bool = False
    """Nothing more is taken from this session."""
    over: bool = False
    """The session has ended."""
    said: bytearray = field(default_factory=bytearray)
    """What came on standard error without being a word: the reason when something failed."""
    _line: bytes = b""
    _held: bytes = b""
    """What may be the beginning of the mark after the log."""

    def out(self, data: bytes) -> bytes:
        """The log, and the mark after it; gives what comes after the mark."""
        if self.logged:
            return data
        self.heard = time.monotonic()
        mark = f"\x1e{self.nonce} over\n".encode()
        data = self._held + data
        at = data.find(mark)
        self.logged = at >= 0
        if not self.logged:
            at = data.rfind(b"\x1e", -len(mark))
            at = at if at >= 0 and mark.startswith(data[at:]) else len(data)
        log, self._held = data[:at], data[at:]
        if log and not self.leave:
            offset, self.offset = self.offset, self.offset + len(log)
            self.end.feed(log)
            self.sink.data(offset, log)
        if self.how:
            self.news.set()
        return self._held[len(mark) :] if self.logged else b""

    def err(self, data: bytes) -> None:
        """Words."""
        self.heard = time.monotonic()
        *lines, self._line = (self._line + data).split(b"\n")
        mark = f"\x1e{self.nonce} ".encode()
        for line in lines:
            _, found, word = line.rpartition(mark)
            if found:
                self._word(*word.decode(errors="replace").split(" "))
            else:
                self.said += line[:_NOISE] + b"\n"
                del self.said[:-_NOISE]
        self.news.set()

    def closed(self) -> None:
        """The session is over."""
        self.over = True
        self.news.set()

    def make_way(self) -> None:
        """Another script needs this session: take nothing more from it."""
        self.leave = True
        self.news.set()

    def _word(self, verb: str, *rest: str) -> None:
        match verb:
            case "taken":
                self.taken = True
            case "refused":
                self.refused = " ".join(rest)
            case "holder":
                self.holder.append(" ".join(rest))
            case "ended" | "gone" | "again" | "end":
                self.status = int(rest[0]) if rest and rest[0].isdigit() else None
                self.how = verb

    @property
    def complete(self) -> bool:
        """Whether the job's end and every byte before it are here."""
        return self.how == "end" or (self.how in ("ended", "gone") and self.logged)
