"""Jobs that a node goes on with by itself: in order, each log apart; not after a failure, stop or silence."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.remote.conftest import Connect
from tests.remote.jobs import RUNS, gone, phases_begun
from tests.remote.operator import NONCE, Operator, Sink, end, job, network, secrets
from tests.sshd.delayproxy import DelayProxy
from tests.sshd.farm import TestNode
from tests.waiting import equals, has, until_async
from zkwizard.model.ports import End, Job, JobEnd, StopMode

WAITS = 'echo begun; until [ -e "$ZK_DIR/go" ]; do sleep 0.02; done'


def let_go(node: TestNode, phase: str) -> None:
    node.run(f"touch {RUNS}/r1/{phase}/go")


async def sessions_over(node: TestNode) -> None:
    """Wait until no session's shell is left: whatever the node was to begin it has begun."""
    await gone(node, "IFS= read")


def phases(*bodies: str) -> list[Job]:
    return [job(body, phase=f"p{number}") for number, body in enumerate(bodies)]


async def test_each_log_apart(node: TestNode, connect: Connect) -> None:
    """Also with marks of others in it, and with a line without an end."""
    bodies = [
        f"printf '{n} \\036{NONCE} over\\n\\036'; head -c 300000 /dev/zero | tr '\\0' {n}" for n in "abcd"
    ]
    jobs = phases(*bodies)
    async with connect(node) as there:
        for number, one in enumerate(jobs):
            sink = Sink()
            assert await there.job(one, sink, ahead=jobs[1:] if not number else ()) == JobEnd(End.ENDED, 0)
            name = "abcd"[number].encode()
            assert bytes(sink.log) == name + f" \x1e{NONCE} over\n\x1e".encode() + name * 300000 + end()


async def test_they_begin_before_anybody_asks(node: TestNode, connect: Connect) -> None:
    jobs = phases("echo 0", "echo 1", WAITS)
    async with connect(node) as there:
        assert await there.job(jobs[0], Sink(), ahead=jobs[1:]) == JobEnd(End.ENDED, 0)
        await until_async(lambda: phases_begun(node), "all have begun", fits=equals(["p0", "p1", "p2"]))
        let_go(node, "p2")
        for number in (1, 2):
            sink = Sink()
            assert await there.job(jobs[number], sink) == JobEnd(End.ENDED, 0)
            assert bytes(sink.log) == [b"", b"1\n", b"begun\n"][number] + end()


async def test_secrets_of_one_are_gone_when_the_next_begins(node: TestNode, connect: Connect) -> None:
    first = job('cat "$ZK_SECRETS/a"', phase="p0", secrets=secrets({"a": "it's\n$x"}))
    next_ = job('[ ! -e "$ZK_SECRETS" ] && ! ls "$ZK_DIR"/../*/secrets', phase="p1")
    sink, later = Sink(), Sink()
    async with connect(node) as there:
        assert await there.job(first, sink, ahead=[next_]) == JobEnd(End.ENDED, 0)
        assert bytes(sink.log) == b"it's\n$x" + end()
        assert await there.job(next_, later) == JobEnd(End.ENDED, 0)


async def test_nothing_after_a_failure(node: TestNode, connect: Connect) -> None:
    jobs = phases("echo 1", "zk_end 3", "echo 3")
    async with connect(node) as there:
        assert await there.job(jobs[0], Sink(), ahead=jobs[1:]) == JobEnd(End.ENDED, 0)
        assert await there.job(jobs[1], Sink()) == JobEnd(End.ENDED, 3)
        assert phases_begun(node) == ["p0", "p1"]
        sink = Sink()
        assert await there.job(jobs[2], sink) == JobEnd(End.ENDED, 0)
        assert bytes(sink.log) == b"3\n" + end()


@pytest.mark.parametrize("mode", list(StopMode))
async def test_nothing_after_a_stop(node: TestNode, connect: Connect, mode: StopMode) -> None:
    """Also where the job at work ends well all the same."""
    jobs = phases('echo begun; until [ -e "$ZK_DIR/stop" ]; do sleep 0.02; done; echo so', "echo went")
    sink = Sink()
    async with connect(node, spares=0) as there:
        task = asyncio.create_task(there.job(jobs[0], sink, ahead=jobs[1:]))
        await sink.until(lambda s: b"begun" in s.log)
        await there.stop("r1", mode)
        await task
        await sessions_over(node)
        assert phases_begun(node) == ["p0"]


async def test_nothing_after_the_run_took_the_node_anew(node: TestNode, connect: Connect) -> None:
    """Another zkwizard of the same run knows nothing of what waits; what is at work it finds."""
    jobs = phases(WAITS, "echo went")
    sink = Sink()
    async with connect(node, spares=0) as there, connect(node, spares=0) as other:
        task = asyncio.create_task(there.job(jobs[0], sink, ahead=jobs[1:]))
        await sink.until(lambda s: b"begun" in s.log)
        claim = await other.take("r1", "test", "ann@laptop")
        assert (claim.phase, claim.alive) == ("p0", True)
        (found,) = (await other.record("r1")).jobs
        assert (found.phase, found.alive, found.nonce) == ("p0", True, NONCE)
        let_go(node, "p0")
        assert await task == JobEnd(End.ENDED, 0)
        await sessions_over(node)
        assert phases_begun(node) == ["p0"]


async def test_nothing_is_begun_for_who_went_away(node: TestNode, connect: Connect) -> None:
    """What is at work goes on, what waits does not begin."""
    jobs = phases(WAITS, ":")
    sink = Sink()
    async with connect(node, spares=0) as there:
        task = asyncio.create_task(there.job(jobs[0], sink, ahead=jobs[1:]))
        await sink.until(lambda s: b"begun" in s.log)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    await sessions_over(node)
    let_go(node, "p0")
    await until_async(lambda: node.run(f"cat {RUNS}/r1/p0/status 2>/dev/null || :"), "p0 ends")
    assert phases_begun(node) == ["p0"]


async def test_nothing_is_begun_in_a_silence(node: TestNode, operator: Operator, tmp_path: Path) -> None:
    """The line is cut, and nobody tells the node: a sign of life that is ten seconds old is none."""
    jobs = phases(WAITS, "echo went")
    async with DelayProxy(node.port) as line:
        there = network([node], tmp_path / "known_hosts", operator, ports=[line.port], spares=0).connection(
            "n1"
        )
        sink, later = Sink(), Sink()
        task = asyncio.create_task(there.job(jobs[0], sink, ahead=jobs[1:]))
        await sink.until(lambda s: b"begun" in s.log)
        line.cut()
        await sink.until(lambda s: "lost" in s.links)
        node.run(f"read -r up _ </proc/uptime; echo $((${{up%.*}} - 11)) >{RUNS}/heard")
        let_go(node, "p0")
        await sessions_over(node)
        assert phases_begun(node) == ["p0"]
        line.reset()
        line.mend()
        assert await task == JobEnd(End.ENDED, 0)
        assert await there.job(jobs[1], later) == JobEnd(End.ENDED, 0)
        await there.close()


async def test_a_lost_line(node: TestNode, operator: Operator, tmp_path: Path) -> None:
    """Cut silently, so that the node goes on with all of them: each is found, every byte once."""
    jobs = phases(*(f"echo {n}; sleep 0.4; echo {n}" for n in range(4)))
    async with DelayProxy(node.port) as line:
        there = network([node], tmp_path / "known_hosts", operator, ports=[line.port]).connection("n1")
        sink = Sink()
        task = asyncio.create_task(there.job(jobs[0], sink, ahead=jobs[1:]))
        await sink.until(lambda s: b"0" in s.log)
        line.cut()
        await until_async(lambda: phases_begun(node), "p1 has begun", fits=has("p1"))
        line.reset()
        line.mend()
        assert await task == JobEnd(End.ENDED, 0)
        assert bytes(sink.log) == b"0\n0\n" + end()
        for number, one in enumerate(jobs[1:], 1):
            sink = Sink()
            assert await there.job(one, sink) == JobEnd(End.ENDED, 0)
            assert bytes(sink.log) == f"{number}\n{number}\n".encode() + end()
        await there.close()


async def test_one_session_is_enough(special: Callable[..., TestNode], connect: Connect) -> None:
    """Who waits for the next job gives the only session to others."""
    async with connect(special(max_sessions=1)) as there:
        jobs = phases("echo 0", "echo 1", "echo 2")
        assert await there.job(jobs[0], Sink(), ahead=jobs[1:]) == JobEnd(End.ENDED, 0)
        assert (await there.script("echo here")).stdout == b"here\n"
        for one in jobs[1:]:
            assert await there.job(one, Sink()) == JobEnd(End.ENDED, 0)
