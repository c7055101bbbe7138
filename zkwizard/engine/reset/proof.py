"""Looking at what a cluster leaves on a node: before a reset to show it, after it to prove it."""

from __future__ import annotations

from zkwizard.checks.remains import judge
from zkwizard.model.context import Context
from zkwizard.model.errors import ConnectionFailed
from zkwizard.model.ports import Connection, Network
from zkwizard.model.remains import Proof, Teardown, Trace
from zkwizard.model.text import T
from zkwizard.phases.teardown import look


async def seen(
    connection: Connection, context: Context, *, after: bool = False
) -> tuple[tuple[Trace, ...], bool]:
    """Everything that is there now, and whether the node told it all. Changes nothing.

    Raises ConnectionFailed.
    """
    done = await connection.script(look.script(context, after=after), limit=look.LIMIT)
    return look.read(done.stdout.decode(errors="replace"))


async def proved(network: Network, context: Context, teardown: Teardown, run: str) -> Proof:
    """What is left, seen through a login made for it; zkwizard's own records of its runs go with it.

    An old connection proves nothing: it would live on behind filter rules that let nobody in any more.
    """
    node = context.node.name
    connection = network.fresh(node)
    try:
        await connection.connect()
        await connection.forget(run)
        traces, whole = await seen(connection, context, after=True)
        return judge(teardown, node, traces, complete=whole)
    except ConnectionFailed as error:
        words = T("no new login after the reset: {message}", message=error.said)
        raise ConnectionFailed(node, words) from error
    finally:
        await connection.close()
