"""Jobs on a node: begun until they are let go, left, and what of them can be seen there."""

from __future__ import annotations

import asyncio
from operator import not_
from typing import Any

import pytest

from tests.remote.operator import Sink, job
from tests.sshd.farm import TestNode
from tests.waiting import until_async
from zkwizard.model.ports import Connection, JobEnd

RUNS = "/var/lib/zkwizard/runs"


async def begun(there: Connection, **more: Any) -> tuple[asyncio.Task[JobEnd], Sink]:
    """A job that is at work until its file ``go`` appears."""
    sink = Sink()
    body = 'echo begun; until [ -e "$ZK_DIR/go" ]; do sleep 0.02; done; echo went'
    task = asyncio.create_task(there.job(job(body, **more), sink))
    await sink.until(lambda s: b"begun" in s.log or task.done())
    return task, sink


async def left(task: asyncio.Task[JobEnd]) -> None:
    """Stop following, as a wizard that is closed does."""
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def phases_begun(node: TestNode) -> list[str]:
    """Phases that the node has begun."""
    return node.run(f"cd {RUNS}/r1 2>/dev/null && ls -d */ 2>/dev/null || :").replace("/", "").split()


async def gone(node: TestNode, word: str) -> None:
    """Wait until no process there has the word in its command line."""

    def at_work() -> list[str]:
        return [command for command in node.commands() if word in command]

    await until_async(at_work, f"no {word!r} is at work", fits=not_, limit=20)


async def at_work(node: TestNode, *words: str) -> None:
    """Wait until each of these words is in the command line of a process there."""

    def missing() -> list[str]:
        commands = node.commands()
        return [word for word in words if not any(word in command for command in commands)]

    await until_async(missing, f"all of {words} are at work; missing is seen", fits=not_, limit=20)
