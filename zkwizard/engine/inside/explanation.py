"""Evidence of all nodes, one round trip each, and the causes that the rule base names in it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from zkwizard.diagnosis import evidence as diagnosis
from zkwizard.diagnosis.evidence import STEP, Evidence
from zkwizard.diagnosis.explain import causes
from zkwizard.diagnosis.reading import lines
from zkwizard.model.cause import Cause
from zkwizard.model.cluster import Cluster
from zkwizard.model.errors import ConnectionFailed, ZkwizardError
from zkwizard.model.ports import Network
from zkwizard.model.text import Words

Redact = Callable[[bytes], bytes]
Tails = Mapping[str, Sequence[str]]
"""The last lines of failed steps, by node."""
_PATIENCE = 90.0
"""Seconds that a failed run waits for evidence before it ends without."""


@dataclass(frozen=True)
class Explanation:
    """What was found, and where nobody could look."""

    causes: tuple[Cause, ...] = ()
    nodes: tuple[str, ...] = ()
    """The nodes whose evidence was read."""
    unreachable: Mapping[str, Words] = field(default_factory=dict)
    """Node → why."""

    def of(self, nodes: Sequence[str]) -> Explanation:
        """What concerns these nodes: causes there, and causes elsewhere of something there."""
        kept = tuple(
            cause
            for cause in self.causes
            if cause.node in nodes or any(name.rpartition("@")[2] in nodes for name in cause.explains)
        )
        return replace(self, causes=kept)


async def explain(
    cluster: Cluster,
    network: Network,
    nodes: Sequence[str],
    *,
    tails: Tails | None = None,
    redact: Redact = lambda data: data,
    file: str = "FILE",
) -> Explanation:
    """Gather from ``nodes`` at once and name the causes; ``file`` is the cluster file, for commands."""
    results = await asyncio.gather(
        *(_gather(cluster, network, node, redact) for node in nodes), return_exceptions=True
    )
    found: dict[str, Evidence] = {}
    unreachable: dict[str, Words] = {}
    for node, result in zip(nodes, results, strict=True):
        if isinstance(result, Evidence):
            found[node] = result
        elif isinstance(result, ConnectionFailed):
            unreachable[node] = result.said
        else:
            raise result
    for node, tail in (tails or {}).items():
        if node in found:
            found[node] = _with_tail(found[node], tail)
    return Explanation(tuple(causes(cluster, found, file=file)), tuple(found), unreachable)


async def _gather(cluster: Cluster, network: Network, node: str, redact: Redact) -> Evidence:
    connection = network.connection(node)
    await connection.connect()
    nonce = secrets.token_hex(16)
    text = diagnosis.script(cluster, cluster.node(node), nonce)
    done = await connection.script(text, limit=diagnosis.LIMIT)
    return diagnosis.parse(node, redact(done.stdout), nonce, done.started, done.ended)


def _with_tail(evidence: Evidence, tail: Sequence[str]) -> Evidence:
    return replace(evidence, lines={**evidence.lines, STEP: lines("\n".join(tail))})


async def after_failure(
    cluster: Cluster, network: Network, nodes: Sequence[str], tails: Tails, redact: Redact
) -> tuple[Cause, ...]:
    """The causes of a run that failed: bounded in time, and silent where evidence can't be had."""
    with suppress(ZkwizardError, TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            return (await explain(cluster, network, nodes, tails=tails, redact=redact)).causes
    return ()
