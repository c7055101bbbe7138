"""Facts of a node in one round trip."""

from __future__ import annotations

import secrets

from zkwizard.facts import gather as facts
from zkwizard.model.facts import NodeFacts
from zkwizard.model.ports import Connection


async def gather(connection: Connection) -> NodeFacts:
    """Everything that is known about the node. Raises ConnectionFailed."""
    await connection.connect()
    nonce = secrets.token_hex(16)
    done = await connection.script(facts.script(nonce), limit=120)
    return facts.parse(done.stdout, nonce, done.started, done.ended)
