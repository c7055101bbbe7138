"""Links that are cut, silent, reset: the job goes on, the log stays exact, and it is said."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import replace

import pytest

from tests.remote.conftest import Connect
from tests.remote.operator import QUICK, Sink, end, job
from tests.sshd.delayproxy import DelayProxy
from tests.sshd.farm import TestNode
from zkwizard.model.errors import ConnectionFailed, ContactLost
from zkwizard.model.ports import End, JobEnd
from zkwizard.remote.timing import Timing

_COUNT = 'n=0; while [ $n -lt 40 ]; do n=$((n + 1)); printf "%04d %0200d\\n" $n 0; sleep 0.02; done'
_COUNTED = b"".join(b"%04d %0200d\n" % (n, 0) for n in range(1, 41)) + end()


@pytest.mark.parametrize("seed", range(4))
async def test_cut_at_a_random_byte(seed: int, node: TestNode, connect: Connect) -> None:
    async with DelayProxy(node.port, rtt=0.02) as line, connect(node, ports=[line.port]) as there:
        await there.connect()
        line.cut_after = line.carried + random.Random(seed).randrange(500, 8000)
        sink = Sink()
        task = asyncio.create_task(there.job(job(_COUNT), sink))
        await sink.until(lambda s: "lost" in s.links)
        line.mend()
        line.reset()
        assert await task == JobEnd(End.ENDED, 0)
        assert bytes(sink.log) == _COUNTED
        assert "silent" in sink.links
        assert sink.links[-1] == "back"


async def test_silent_for_a_moment(node: TestNode, connect: Connect) -> None:
    """Shorter than what makes a link lost: the same session goes on."""
    async with DelayProxy(node.port) as line, connect(node, ports=[line.port]) as there:
        sink = Sink()
        task = asyncio.create_task(there.job(job(_COUNT), sink))
        await sink.until(lambda s: s.log)
        line.cut()
        await sink.until(lambda s: "silent" in s.links)
        line.mend()
        assert await task == JobEnd(End.ENDED, 0)
        assert bytes(sink.log) == _COUNTED
        assert sink.links[-1] == "back"
        assert set(sink.links) == {"silent", "back"}


async def test_reset_before_the_node_has_answered(node: TestNode, connect: Connect) -> None:
    """Whether the start arrived is not known: it is sent again, and the job runs once."""
    async with DelayProxy(node.port) as line, connect(node, ports=[line.port]) as there:
        await there.connect()
        sink = Sink()
        line.cut_after = line.carried
        task = asyncio.create_task(there.job(job('echo x >>"$ZK_HOME/count"; echo ran'), sink))
        await sink.until(lambda s: "lost" in s.links)
        line.mend()
        assert await task == JobEnd(End.ENDED, 0)
    assert bytes(sink.log) == b"ran\n" + end()
    assert node.run("cat /var/lib/zkwizard/count") == "x\n"


async def test_node_away_for_several_attempts(node: TestNode, connect: Connect) -> None:
    async with DelayProxy(node.port) as line, connect(node, ports=[line.port]) as there:
        sink = Sink()
        task = asyncio.create_task(there.job(job(_COUNT), sink))
        await sink.until(lambda s: s.log)
        port = line.port
        await line.__aexit__()
        await sink.until(lambda s: s.links.count("lost") >= 3)
        async with DelayProxy(node.port, port=port):
            assert await task == JobEnd(End.ENDED, 0)
        assert bytes(sink.log) == _COUNTED
        assert sink.links[-1] == "back"


async def test_scripts_beside_a_lost_job(node: TestNode, connect: Connect) -> None:
    async with DelayProxy(node.port) as line, connect(node, ports=[line.port]) as there:
        sink = Sink()
        task = asyncio.create_task(there.job(job(_COUNT), sink))
        await sink.until(lambda s: s.log)
        line.reset()
        await sink.until(lambda s: "lost" in s.links)
        assert (await there.script("echo here")).stdout == b"here\n"
        assert await task == JobEnd(End.ENDED, 0)
        assert bytes(sink.log) == _COUNTED


async def test_patience_has_an_end(node: TestNode, connect: Connect) -> None:
    """Without any contact the follower gives up, in time and in words; the job goes on to its end."""
    timing = replace(QUICK, patience=4.0)
    async with (
        DelayProxy(node.port) as line,
        connect(node, ports=[line.port], timing=timing) as there,
    ):
        sink = Sink()
        body = 'echo begun; until [ -e "$ZK_HOME/go" ]; do sleep 0.05; done; echo went'
        task = asyncio.create_task(there.job(job(body), sink))
        await sink.until(lambda s: s.log)
        line.cut()
        cut = time.monotonic()
        with pytest.raises(ContactLost, match=r"no contact for 4 s .*what is at work there goes on"):
            await task
        assert 4.0 <= time.monotonic() - cut < 4.0 + timing.connect + 1
        assert sink.links.index("silent") < sink.links.index("lost")
        assert "given up at" in sink.words[-1]
        node.run("touch /var/lib/zkwizard/go")
        line.mend()
        again = Sink()
        assert await there.job(job(body), again) == JobEnd(End.ENDED, 0)
        assert bytes(again.log) == b"begun\nwent\n" + end()


async def test_cut_and_back_at_the_usual_pace(node: TestNode, connect: Connect) -> None:
    """What the README says: silent after 6 s, lost after 20, and back; nothing refuses, all is swallowed."""
    async with DelayProxy(node.port) as line, connect(node, ports=[line.port], timing=Timing()) as there:
        sink = Sink()
        body = 'echo begun; until [ -e "$ZK_HOME/go" ]; do sleep 0.05; done; echo went'
        task = asyncio.create_task(there.job(job(body), sink))
        await sink.until(lambda s: s.log)
        cut = time.monotonic()
        line.cut()
        await sink.until(lambda s: "silent" in s.links)
        assert 5 < time.monotonic() - cut < 10
        await sink.until(lambda s: "lost" in s.links, limit=30)
        assert 14 < time.monotonic() - cut < 26
        assert set(sink.links) == {"silent", "lost"}
        node.run("touch /var/lib/zkwizard/go")
        line.mend()
        assert await task == JobEnd(End.ENDED, 0)
        assert sink.links[-1] == "back"
        assert bytes(sink.log) == b"begun\nwent\n" + end()


async def test_never_reached(node: TestNode, connect: Connect) -> None:
    async with connect(node, ports=[1]) as there:
        with pytest.raises(ConnectionFailed, match="refuses the connection"):
            await there.job(job(":"), Sink())


async def test_round_trips(node: TestNode, connect: Connect) -> None:
    """A script on a spare session is one round trip; so is a job from its start to its first output."""
    calm = Timing(beat=30, keepalive=30)
    async with DelayProxy(node.port, rtt=0.3) as line, connect(node, ports=[line.port], timing=calm) as there:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        await there.connect()
        assert loop.time() - begun < 0.3 * 12
        for phase in ("one", "two"):
            await _settled(line)
            begun = loop.time()
            await there.script(":")
            assert loop.time() - begun < 0.3 * 1.6
            await _settled(line)
            begun, sink = loop.time(), Sink()
            task = asyncio.create_task(there.job(job("echo here", phase=phase), sink))
            await sink.until(lambda s: s.log)
            assert loop.time() - begun < 0.3 * 1.8
            await task
            assert loop.time() - begun < 0.3 * 2.5


async def _settled(line: DelayProxy) -> None:
    """Wait until the spare sessions are there: nothing came for three round trips."""
    carried, quiet = line.carried, 0
    while quiet < 6:
        await asyncio.sleep(0.1)
        quiet = quiet + 1 if line.carried == carried else 0
        carried = line.carried
