"""Gathers what somebody else needs to see of a cluster in trouble, without its secrets."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zkwizard.engine.gathering import gather
from zkwizard.engine.inside.asking import ask_node
from zkwizard.engine.inside.redaction import OutgoingRedactor
from zkwizard.inspect import bundle
from zkwizard.inspect.question import Answers, Question
from zkwizard.model.cluster import Cluster, Node
from zkwizard.model.errors import ConnectionFailed, ZkwizardError
from zkwizard.model.facts import NodeFacts
from zkwizard.model.ports import Connection, Network
from zkwizard.model.secret import Redactor
from zkwizard.model.text import T

_NO_ENTRIES = b"-- No entries --"
"""journalctl's words for a unit that never logged."""


@dataclass(frozen=True)
class Bundle:
    """The files of a bundle."""

    files: Mapping[str, bytes]
    """Path in the archive → content, redacted."""
    redacted: int
    """How many secrets were replaced."""
    unreachable: Mapping[str, ConnectionFailed]


async def collect(
    cluster: Cluster,
    network: Network,
    chosen: Sequence[str],
    *,
    own: Mapping[str, bytes],
    lines: int,
    redactor: Redactor,
) -> Bundle:
    """Ask the chosen nodes; ``own`` are files of this side, ``lines`` those of each log.

    The values that a node calls secret become known to ``redactor``, and stay in memory. Raises ZkwizardError
    rather than give a file in which a secret is left.
    """
    nodes = [node for node in cluster.nodes if node.name in chosen]
    results = await asyncio.gather(
        *(_of_node(network.connection(node.name), node, lines, redactor) for node in nodes),
        return_exceptions=True,
    )
    files, unreachable = dict(own), {}
    for node, result in zip(nodes, results, strict=True):
        if isinstance(result, ConnectionFailed):
            unreachable[node.name] = result
            files[f"nodes/{node.name}/unreachable.txt"] = f"{result.message}\n".encode()
        elif isinstance(result, BaseException):
            raise result
        else:
            files |= {f"nodes/{node.name}/{name}": content for name, content in result.items()}
    clean = OutgoingRedactor(redactor)
    redacted = {path: clean(content) for path, content in sorted(files.items())}
    for path, content in redacted.items():
        if not clean.is_clean(content):
            words = T("{path} could not be cleared of secrets; no bundle was written", path=path)
            raise ZkwizardError(words)
    return Bundle(redacted, clean.count, unreachable)


async def _of_node(connection: Connection, node: Node, lines: int, redactor: Redactor) -> dict[str, bytes]:
    wanted, secrets = bundle.files(lines, control_plane=node.is_control_plane), bundle.secrets()
    await connection.connect()
    answers, facts = await asyncio.gather(
        ask_node(connection, [secrets, *wanted.values()]), gather(connection)
    )
    for secret in answers.get(secrets):
        redactor.add(secret)
    return {"facts.json": _facts(facts), **_files(wanted, answers)}


def _files(wanted: Mapping[str, Question[str]], answers: Answers) -> dict[str, bytes]:
    found = {name: answers.get(question).encode() for name, question in wanted.items()}
    return {name: content for name, content in found.items() if content.strip() not in (b"", _NO_ENTRIES)}


def _facts(facts: NodeFacts) -> bytes:
    return (json.dumps(dataclasses.asdict(facts), ensure_ascii=False, indent=1) + "\n").encode()
