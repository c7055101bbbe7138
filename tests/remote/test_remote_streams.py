"""What is followed: handed on as it comes, kept nowhere, and ended on the node when it ends here."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

import pytest

from tests.remote.conftest import Connect
from tests.remote.jobs import gone
from tests.sshd.delayproxy import DelayProxy
from tests.sshd.farm import TestNode
from zkwizard.model.errors import ConnectionFailed


@dataclass
class Sink:
    """Counts, and keeps the beginning."""

    first: bytearray = field(default_factory=bytearray)
    said: bytearray = field(default_factory=bytearray)
    size: int = 0
    came: asyncio.Event = field(default_factory=asyncio.Event)

    def out(self, data: bytes) -> None:
        self.size += len(data)
        self.first += data[: 1000 - len(self.first)]
        self.came.set()

    def err(self, data: bytes) -> None:
        self.said += data


async def test_it_comes_at_once_and_whole(node: TestNode, connect: Connect) -> None:
    sink = Sink()
    async with connect(node) as there:
        wait = "until [ -e /run/go ]; do sleep 0.02; done; rm /run/go"
        following = asyncio.create_task(
            there.stream(f"echo first; {wait}; echo last; echo w >&2; exit 5", sink)
        )
        await sink.came.wait()
        assert bytes(sink.first) == b"first\n" and not following.done()
        node.run("touch /run/go")
        assert await following == 5
        assert (bytes(sink.first), bytes(sink.said)) == (b"first\nlast\n", b"w\n")


async def test_more_than_a_script_may_print(node: TestNode, connect: Connect) -> None:
    sink = Sink()
    async with connect(node) as there:
        assert await there.stream("head -c 30000000 /dev/zero", sink) == 0
    assert sink.size == 30_000_000


async def test_ending_it_here_ends_it_there(node: TestNode, connect: Connect) -> None:
    sink = Sink()
    async with connect(node) as there:
        following = asyncio.create_task(there.stream("while sleep 0.01941; do echo tick; done", sink))
        await sink.came.wait()
        following.cancel()
        with pytest.raises(asyncio.CancelledError):
            await following
        await gone(node, "0.01941")
        assert (await there.script("echo usable")).stdout == b"usable\n"


async def test_a_sink_that_fails_ends_it(node: TestNode, connect: Connect) -> None:
    class Full(Sink):
        def out(self, data: bytes) -> None:
            raise BrokenPipeError

    async with connect(node) as there:
        with pytest.raises(BrokenPipeError):
            await there.stream("while sleep 0.01942; do echo tick; done", Full())
        await gone(node, "0.01942")
        assert (await there.script("echo usable")).stdout == b"usable\n"


async def test_a_lost_link_is_said(node: TestNode, connect: Connect) -> None:
    sink = Sink()
    async with DelayProxy(node.port) as line, connect(node, ports=[line.port]) as there:
        following = asyncio.create_task(there.stream("echo begun; sleep 38.5", sink))
        await sink.came.wait()
        before = time.monotonic()
        line.reset()
        with pytest.raises(ConnectionFailed, match="the connection was lost"):
            await following
        assert time.monotonic() - before < 10
