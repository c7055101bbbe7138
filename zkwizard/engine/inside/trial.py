"""Tries all nodes at once: connect, log in, become root, read the facts; and judges what was found."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from zkwizard.engine.gathering import gather
from zkwizard.model.cluster import Cluster
from zkwizard.model.errors import ConnectionFailed, ZkwizardError
from zkwizard.model.events import Event
from zkwizard.model.facts import NodeFacts
from zkwizard.model.ports import Network
from zkwizard.model.text import Words


@dataclass(frozen=True, kw_only=True)
class Tried(Event):
    """How it went with one node: its facts, or why there are none."""

    kind = "tried"
    node: str
    facts: NodeFacts | None = None
    error: Words = ""
    seconds: float = 0.0


async def try_nodes(cluster: Cluster, network: Network, emit: Callable[[Event], None]) -> None:
    """Emit one ``Tried`` per node, as soon as it is known; one that can't be reached holds nobody up."""
    await asyncio.gather(*(_try(node.name, network, emit) for node in cluster.nodes))


async def _try(node: str, network: Network, emit: Callable[[Event], None]) -> None:
    began = time.time()
    facts = None
    error: Words = ""
    try:
        facts = await gather(network.connection(node))
    except ZkwizardError as failure:
        error = failure.said if isinstance(failure, ConnectionFailed) else failure.words
    emit(Tried(at=time.time(), node=node, facts=facts, error=error, seconds=time.time() - began))
