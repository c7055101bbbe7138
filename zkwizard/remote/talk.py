"""One session's talk about a job: the log, and words beside it (``say`` in ``node.sh``).

taken                      the job is there: started now, or found
refused WHY, holder LINE   it is not, and who holds the node
here                       an answer: the node is there
ended SIZE STATUS          the job ended; its log has so many bytes
gone SIZE                  it is not there any more and left no status
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from zkwizard.model.ports import JobSink

_NOISE = 4096
"""Bytes kept of what else comes on standard error."""


@dataclass
class Talk:
    """Receives one session's streams: the log for the sink, the words for the follower."""

    nonce: str
    sink: JobSink
    offset: int
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
    """The last word: ended, gone, again (the follower there failed), end (of a refusal)."""
    size: int = 0
    """Bytes of the whole log, known at the end."""
    status: int | None = None
    leave: bool = False
    """Nothing more is taken from this session."""
    over: bool = False
    """The session has ended."""
    said: bytearray = field(default_factory=bytearray)
    """What came on standard error without being a word: the reason when something failed."""
    _line: bytes = b""

    def out(self, data: bytes) -> None:
        """The log."""
        if self.leave:
            return
        self.heard = time.monotonic()
        offset, self.offset = self.offset, self.offset + len(data)
        self.sink.data(offset, data)
        if self.how:
            self.news.set()

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
                self.size = int(rest[0]) if rest else 0
                self.status = int(rest[1]) if rest[1:] and rest[1].isdigit() else None
                self.how = verb

    @property
    def complete(self) -> bool:
        """Whether the job's end and every byte before it are here."""
        return self.how == "end" or (self.how in ("ended", "gone") and self.offset >= self.size)
