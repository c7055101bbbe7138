"""Logs and journals, handed on as they come. Nothing is kept, and when it ends, it ends on the node, too."""

from __future__ import annotations

from collections.abc import Callable

from zkwizard.inspect import journal, logs
from zkwizard.inspect.question import Answer
from zkwizard.inspect.trouble import Kind, Trouble, last_words, of_kubectl
from zkwizard.model.cluster import Cluster
from zkwizard.model.errors import ConnectionFailed
from zkwizard.model.ports import Network
from zkwizard.model.text import T

Taker = Callable[[bytes], None]
_SAID = 8192
"""Bytes of standard error that are kept to say why it ended."""


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


async def stream_log(cluster: Cluster, network: Network, wanted: logs.PodLog, take: Taker) -> Trouble | None:
    """A pod's log, by way of the first control plane that can be reached. Raises ConnectionFailed."""
    failure: ConnectionFailed | None = None
    for node in cluster.nodes:
        if node.is_control_plane:
            connection = network.connection(node.name)
            try:
                await connection.connect()
            except ConnectionFailed as error:
                failure = failure or error
                continue
            sink = _Sink(take)
            return of_kubectl(sink.answer(await connection.stream(logs.script(wanted), sink)))
    assert failure
    raise failure


async def stream_journal(
    network: Network, node: str, wanted: journal.NodeJournal, take: Taker
) -> Trouble | None:
    """A node's journal. Raises ConnectionFailed."""
    connection = network.connection(node)
    await connection.connect()
    sink = _Sink(take)
    status = await connection.stream(journal.script(wanted), sink)
    if status == 0:
        return None
    said = last_words(sink.answer(status).err)
    return Trouble(Kind.REFUSED, T("journalctl: {said}", said=said or status), said)
