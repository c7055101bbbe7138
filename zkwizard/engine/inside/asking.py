"""Asks nodes questions: all nodes at the same time, one round trip each, and one that can't be reached
takes nothing from the others' answers.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from zkwizard.inspect import question as questions
from zkwizard.inspect.question import Answers, Question
from zkwizard.model.cluster import Cluster
from zkwizard.model.errors import ConnectionFailed
from zkwizard.model.ports import Connection, Network

V = TypeVar("V")
Asking = Mapping[str, Sequence[Question[object]]]


@dataclass(frozen=True)
class Asked:
    """The answers by node, and why others gave none."""

    answers: Mapping[str, Answers]
    unreachable: Mapping[str, ConnectionFailed] = field(default_factory=dict)


async def ask(network: Network, wanted: Asking) -> Asked:
    """Ask each node its questions. Nodes that can't be reached are told apart, other errors raised."""
    results = await asyncio.gather(
        *(ask_node(network.connection(node), asked) for node, asked in wanted.items()), return_exceptions=True
    )
    answers: dict[str, Answers] = {}
    unreachable: dict[str, ConnectionFailed] = {}
    for node, result in zip(wanted, results, strict=True):
        if isinstance(result, Answers):
            answers[node] = result
        elif isinstance(result, ConnectionFailed):
            unreachable[node] = result
        else:
            raise result
    return Asked(answers, unreachable)


async def ask_node(connection: Connection, asked: Sequence[Question[object]]) -> Answers:
    """All questions to one node in one script. Raises ConnectionFailed."""
    await connection.connect()
    nonce = secrets.token_hex(16)
    limit = sum(question.limit for question in asked)
    done = await connection.script(questions.script(nonce, asked), limit=limit)
    return questions.read(done.stdout, nonce)


async def ask_control_plane(cluster: Cluster, network: Network, question: Question[V]) -> V:
    """Ask the first control plane that can be reached. Raises ConnectionFailed of the first if none can."""
    failure: ConnectionFailed | None = None
    for node in cluster.nodes:
        if node.is_control_plane:
            try:
                return (await ask_node(network.connection(node.name), [question])).get(question)
            except ConnectionFailed as error:
                failure = failure or error
    assert failure
    raise failure
