"""Small scripts: what comes back, limits, and what is left behind."""

from __future__ import annotations

import asyncio

import pytest

from tests.remote.conftest import Connect
from tests.remote.jobs import gone
from tests.sshd.delayproxy import DelayProxy
from tests.sshd.farm import TestNode
from tests.waiting import until_async
from zkwizard.model.errors import ConnectionFailed


async def test_bytes_come_as_they_are(node: TestNode, connect: Connect) -> None:
    async with connect(node) as there:
        done = await there.script(r"printf 'a\000b\377\r\n\036'; printf '\200' >&2")
        assert (done.stdout, done.stderr) == (b"a\0b\xff\r\n\x1e", b"\x80")


async def test_hostile_text(node: TestNode, connect: Connect) -> None:
    text = "cat <<'E'\n'\"`$(id)\\ ünï %s\nE\n"
    async with connect(node) as there:
        assert (await there.script(text)).stdout.decode() == "'\"`$(id)\\ ünï %s\n"
        assert (await there.script("if")).status == 2
        assert (await there.script("")).status == 0
        assert (await there.script("#" * 500_000 + "\necho big")).stdout == b"big\n"


async def test_many_at_once(node: TestNode, connect: Connect) -> None:
    async with connect(node) as there:
        done = await asyncio.gather(*(there.script(f"sleep 0.05; echo {n}") for n in range(30)))
        assert [int(one.stdout) for one in done] == list(range(30))


async def test_output_is_kept_up_to_a_limit(node: TestNode, connect: Connect) -> None:
    async with connect(node) as there:
        done = await there.script("head -c 20000000 /dev/zero; echo late >&2; exit 4")
        assert (len(done.stdout), done.stderr, done.status) == (8 << 20, b"late\n", 4)


async def test_background_child_does_not_hold_it_up(node: TestNode, connect: Connect) -> None:
    async with connect(node) as there, asyncio.timeout(20):
        assert (await there.script("sleep 31 & echo there")).stdout == b"there\n"


async def test_time_limit_ends_it_on_the_node_too(node: TestNode, connect: Connect) -> None:
    async with connect(node) as there:
        done = await there.script("echo begun; sleep 37.5", limit=0.4)
        assert (done.stdout, done.status) == (b"begun\n", 124)
        assert b"longer than 0.4 s" in done.stderr
        await gone(node, "37.5")


async def test_lost_link_is_said_and_mended(node: TestNode, connect: Connect) -> None:
    async with DelayProxy(node.port) as line, connect(node, ports=[line.port]) as there:
        await there.connect()
        running = asyncio.create_task(there.script("echo begun; sleep 35.5"))
        carried = line.carried
        await until_async(lambda: line.carried > carried, "the node has answered", limit=20)
        line.reset()
        with pytest.raises(ConnectionFailed, match="lost while a script ran"):
            await running
        assert (await there.script("echo again")).stdout == b"again\n"


async def test_silent_cut_is_noticed(node: TestNode, connect: Connect) -> None:
    async with DelayProxy(node.port) as line, connect(node, ports=[line.port]) as there:
        await there.connect()
        line.cut()
        with pytest.raises(ConnectionFailed, match="lost while a script ran"):
            await there.script("echo")
