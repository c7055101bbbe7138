"""Facts of a node in one round trip."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from zkwizard.facts import gather as facts
from zkwizard.facts.fact import Fact
from zkwizard.model.facts import NodeFacts
from zkwizard.model.ports import Connection


async def gather(connection: Connection, wanted: Sequence[Fact[object]] = facts.FACTS) -> NodeFacts:
    """What is wanted of the node, everything by default. Raises ConnectionFailed."""
    await connection.connect()
    nonce = secrets.token_hex(16)
    done = await connection.script(facts.script(nonce, wanted), limit=120)
    return facts.parse(done.stdout, nonce, done.started, done.ended)
