"""One session's talks about jobs that follow each other on a node; each has a follower of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from zkwizard.model.ports import JobSink
from zkwizard.model.text import Words
from zkwizard.remote.talk import Talk

if TYPE_CHECKING:
    from zkwizard.remote.channel import Channel
    from zkwizard.remote.pool import Pool


class Held:
    """The sink of a job that nobody follows yet."""

    def __init__(self) -> None:
        self.pieces: list[tuple[int, bytes]] = []

    def data(self, offset: int, chunk: bytes) -> None:
        """Keep it."""
        self.pieces.append((offset, chunk))

    def link(self, state: str, seconds: float, message: Words) -> None:
        """Told by who follows."""


class Train:
    """Receives the streams of one session: the logs one after the other, each with its mark at the end.

    ``trains`` is where the followers of the later jobs look for it, by phase.
    """

    def __init__(
        self,
        channel: Channel,
        pool: Pool,
        first: Talk,
        later: Mapping[str, Talk],
        trains: dict[str, Train],
    ) -> None:
        self.channel = channel
        self.began_with = first
        self.later = list(later.values())
        self._pool = pool
        self._by_phase = dict(later)
        self._talks = [first, *self.later]
        self._at = 0
        self._trains = trains
        self._followed = True
        trains.update(dict.fromkeys(later, self))

    def board(self, phase: str, sink: JobSink) -> Talk:
        """Somebody follows this job now; what it said until then is handed on."""
        talk = self._by_phase.pop(phase)
        held, talk.sink = talk.sink, sink
        self._followed = True
        assert isinstance(held, Held)
        for offset, data in held.pieces:
            sink.data(offset, data)
        return talk

    def alight(self, talk: Talk) -> None:
        """Its follower is done. The session ends with the last one, and where the node does not go on."""
        self._followed = False
        if talk is self._talks[-1] or not (talk.complete and talk.status == talk.end.status == 0):
            self._end()

    def make_way(self) -> None:
        """Another script needs this session."""
        for talk in self._talks:
            talk.make_way()
        if not self._followed:
            self._end()

    def out(self, data: bytes) -> None:
        """The logs."""
        while data:
            talk = self._talks[self._at]
            data = talk.out(data)
            if talk.logged and self._at + 1 < len(self._talks):
                self._at += 1
            else:
                return

    def err(self, data: bytes) -> None:
        """Words: each talk knows its own."""
        for talk in self._talks:
            talk.err(data)

    def closed(self) -> None:
        """The session is over."""
        for talk in self._talks:
            talk.closed()

    def _end(self) -> None:
        for phase, train in list(self._trains.items()):
            if train is self:
                del self._trains[phase]
        self._pool.release(self.channel)
