"""Nodes that allow few sessions on a connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tests.remote.conftest import Connect
from tests.remote.operator import Sink, end, job
from tests.sshd.farm import TestNode
from zkwizard.model.ports import End, JobEnd, StopMode

_SLOW = 'echo begun; until [ -e "$ZK_HOME/go" ]; do sleep 0.02; done; echo went'


@pytest.mark.parametrize("most", [1, 2])
async def test_scripts_take_turns(most: int, special: Callable[..., TestNode], connect: Connect) -> None:
    async with connect(special(max_sessions=most)) as there:
        done = await asyncio.gather(*(there.script(f"echo {n}") for n in range(8)))
        assert [int(one.stdout) for one in done] == list(range(8))


async def test_follower_gives_way_to_scripts(special: Callable[..., TestNode], connect: Connect) -> None:
    node = special(max_sessions=1)
    async with connect(node) as there:
        sink = Sink()
        task = asyncio.create_task(there.job(job(_SLOW), sink))
        await sink.until(lambda s: b"begun" in s.log)
        for n in range(3):
            assert (await there.script(f"echo {n}")).stdout == b"%d\n" % n
        await there.script("touch /var/lib/zkwizard/go")
        assert await task == JobEnd(End.ENDED, 0)
        assert bytes(sink.log) == b"begun\nwent\n" + end()
        assert sink.links == []


async def test_stop_beside_a_follower(special: Callable[..., TestNode], connect: Connect) -> None:
    node = special(max_sessions=1)
    async with connect(node) as there:
        sink = Sink()
        task = asyncio.create_task(there.job(job(_SLOW), sink))
        await sink.until(lambda s: b"begun" in s.log)
        await there.stop("r1", StopMode.NOW)
        assert await task == JobEnd(End.GONE, None)


async def test_sessions_stay_below_the_limit(node: TestNode, connect: Connect) -> None:
    async with connect(node) as there:
        await asyncio.gather(*(there.script("sleep 0.1") for _ in range(20)))
        shells = [command for command in node.commands() if command.startswith("sh -c")]
        assert len(shells) <= 10
