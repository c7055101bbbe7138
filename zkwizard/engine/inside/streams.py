"""Logs and journals, handed on as they come. Nothing is kept, and when it ends, it ends on the node, too."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from zkwizard.inspect import journal, logs
from zkwizard.inspect.question import Answer
from zkwizard.inspect.readings import JournalReading, LogReading, Reading
from zkwizard.inspect.trouble import Kind, Trouble, last_words, of_kubectl
from zkwizard.model.cluster import Cluster
from zkwizard.model.duration import duration
from zkwizard.model.errors import ConnectionFailed, ContactLost, HostKeyRejected
from zkwizard.model.ports import Connection, Network
from zkwizard.model.text import T, Text

Taker = Callable[[bytes], None]
Teller = Callable[[Text], None]
PATIENCE = 3600.0
"""Seconds without any contact after which what is followed is given up."""
_PAUSES = (1.0, 15.0)
"""Seconds between two attempts to reach the node again: at first, and at most."""
_SAID = 8192
"""Bytes of standard error that are kept to say why it ended."""


def _untold(words: Text) -> None:
    """Nobody wants to know."""


class _Sink:
    """Hands on what is printed, and keeps the last words beside it."""

    def __init__(self, take: Taker) -> None:
        self.out = take
        self.said = bytearray()

    def err(self, data: bytes) -> None:
        """Words beside the log."""
        self.said += data
        del self.said[:-_SAID]

    def answer(self, status: int) -> Answer:
        """How it ended."""
        return Answer("", bytes(self.said).decode(errors="replace"), status)


async def stream_log(
    cluster: Cluster, network: Network, wanted: logs.PodLog, take: Taker, tell: Teller = _untold
) -> Trouble | None:
    """A pod's log, by way of the first control plane that can be reached. Raises ConnectionFailed.

    One that is followed goes on over any number of connections; ``tell`` gets words about that.
    """

    async def connected() -> Connection:
        return await _control_plane(cluster, network)

    if wanted.follow:
        return of_kubectl(await _follow(connected, LogReading(wanted), take, tell))
    sink = _Sink(take)
    return of_kubectl(sink.answer(await (await connected()).stream(logs.script(wanted), sink)))


async def stream_journal(
    network: Network, node: str, wanted: journal.NodeJournal, take: Taker, tell: Teller = _untold
) -> Trouble | None:
    """A node's journal. Raises ConnectionFailed; one that is followed goes on as a followed log does."""

    async def connected() -> Connection:
        connection = network.connection(node)
        await connection.connect()
        return connection

    if wanted.follow:
        answer = await _follow(connected, JournalReading(wanted), take, tell)
    else:
        sink = _Sink(take)
        answer = sink.answer(await (await connected()).stream(journal.script(wanted), sink))
    if answer.status == 0:
        return None
    said = last_words(answer.err)
    return Trouble(Kind.REFUSED, T("journalctl: {said}", said=said or answer.status), said)


async def _control_plane(cluster: Cluster, network: Network) -> Connection:
    """The first one that can be reached; raises the first one's failure if none can."""
    failure: ConnectionFailed | None = None
    for node in cluster.nodes:
        if node.is_control_plane:
            connection = network.connection(node.name)
            try:
                await connection.connect()
            except ConnectionFailed as error:
                failure = failure or error
            else:
                return connection
    assert failure
    raise failure


async def _follow(
    connected: Callable[[], Awaitable[Connection]], reading: Reading, take: Taker, tell: Teller
) -> Answer:
    """To its end, every line once. Raises what keeps it from being begun, and ContactLost."""
    connection, lost_at = await connected(), 0.0
    pause = _PAUSES[0]
    while True:
        sink = _Sink(lambda data: take(reading.take(data)))
        try:
            if lost_at:
                connection = await connected()
                tell(T("{node}: the line is back", node=connection.node))
                lost_at, pause = 0.0, _PAUSES[0]
            status = await connection.stream(reading.script(), sink)
            take(reading.end())
            return sink.answer(status)
        except HostKeyRejected:
            raise
        except ConnectionFailed as error:
            if not lost_at:
                lost_at = time.monotonic()
                tell(T("{node}: the line was lost; trying again", node=error.node))
            elif time.monotonic() - lost_at > PATIENCE:
                why = T("no contact for {length}", length=duration(PATIENCE))
                raise ContactLost(error.node, why) from error
        await asyncio.sleep(pause)
        pause = min(2 * pause, _PAUSES[1])
