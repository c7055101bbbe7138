"""Looking at what a cluster leaves on a node: before a reset to show it, after it to prove it."""

from __future__ import annotations

from zkwizard.checks.remains import judge
from zkwizard.model.context import Context
from zkwizard.model.errors import ConnectionFailed
from zkwizard.model.ports import Connection, Network
from zkwizard.model.remains import Proof, Teardown
from zkwizard.phases.teardown import look


async def looked(
    connection: Connection, context: Context, teardown: Teardown, *, after: bool = False
) -> Proof:
    """Everything that is there now. Changes nothing. Raises ConnectionFailed."""
    done = await connection.script(look.script(context, after=after), limit=look.LIMIT)
    traces, whole = look.read(done.stdout.decode(errors="replace"))
    return judge(teardown, context.node.name, traces, complete=whole)


async def proved(network: Network, context: Context, teardown: Teardown, run: str) -> Proof:
    """What is left, seen through a login made for it; zkwizard's own records of its runs go with it.

    An old connection proves nothing: it would live on behind filter rules that let nobody in any more.
    """
    node = context.node.name
    connection = network.fresh(node)
    try:
        await connection.connect()
        await connection.forget(run)
        return await looked(connection, context, teardown, after=True)
    except ConnectionFailed as error:
        raise ConnectionFailed(node, f"no new login after the reset: {error.message}") from error
    finally:
        await connection.close()
