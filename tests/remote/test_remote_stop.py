"""Stopping: after the step, or now with all processes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable

import pytest

from tests.remote.conftest import Connect
from tests.remote.jobs import at_work
from tests.remote.operator import Operator, Sink, job, secrets
from tests.sshd.accounts import PASSWORD
from tests.sshd.farm import TestNode
from tests.waiting import until_async
from zkwizard.model.errors import JobRefused
from zkwizard.model.ports import End, JobEnd, StopMode

_STUBBORN = """
setsid sh -c 'trap "" TERM HUP; while :; do sleep 41.5; done' &
env -i /bin/sleep 42.5 &
(trap '' TERM; sleep 43.5) &
echo begun
sleep 44.5
"""
"""A child in its own session that ignores TERM, one without our environment, a subshell that ignores TERM."""


async def _seconds(work: Awaitable[object]) -> float:
    """How long it takes."""
    begun = time.monotonic()
    await work
    return time.monotonic() - begun


def stubborn(node: TestNode) -> list[str]:
    return [command for command in node.commands() if any(f"{n}.5" in command for n in range(41, 45))]


@pytest.mark.parametrize("user", ["root", "ann", "bob", "pty"])
async def test_now_ends_everything(user: str, node: TestNode, connect: Connect, operator: Operator) -> None:
    operator.secrets["sudo-password-n1"] = PASSWORD
    async with connect(node, user=user) as there:
        sink = Sink()
        task = asyncio.create_task(there.job(job(_STUBBORN, secrets=secrets({"x": "y"})), sink))
        await sink.until(lambda s: b"begun" in s.log)
        await at_work(node, *(f"sleep {n}.5" for n in range(41, 45)))
        nothing = min([await _seconds(there.script(":")) for _ in range(3)])
        begun = time.monotonic()
        assert await there.stop("r1", StopMode.NOW) == ""
        assert time.monotonic() - begun < 1.0 + 10 * nothing, "a second, and what a busy machine takes"
        assert stubborn(node) == []
        assert await task == JobEnd(End.GONE, None)
        assert node.run("ls /var/lib/zkwizard/runs/r1/prepare").split() == [
            "log",
            "nonce",
            "pid",
            "program",
            "stop",
        ]


async def test_now_waits_for_the_package_manager(node: TestNode, connect: Connect) -> None:
    body = """
printf 'apt-get install x' >"$ZK_DIR/busy"; echo begun
until [ -e "$ZK_HOME/go" ]; do sleep 0.02; done
echo installed; rm "$ZK_DIR/busy"; sleep 45.5
"""
    async with connect(node) as there:
        sink = Sink()
        task = asyncio.create_task(there.job(job(body), sink))
        await sink.until(lambda s: b"begun" in s.log)
        stopping = asyncio.create_task(there.stop("r1", StopMode.NOW))
        done, _ = await asyncio.wait({stopping, task}, timeout=0.7)
        assert not done
        node.run("touch /var/lib/zkwizard/go")
        assert await stopping == "apt-get install x"
        assert await task == JobEnd(End.GONE, None)
        assert sink.log == b"begun\ninstalled\n"


async def test_gently(node: TestNode, connect: Connect) -> None:
    body = 'echo begun; until [ -e "$ZK_DIR/stop" ]; do sleep 0.02; done; zk_end 143'
    async with connect(node) as there:
        sink = Sink()
        task = asyncio.create_task(there.job(job(body), sink))
        await sink.until(lambda s: b"begun" in s.log)
        assert await there.stop("r1", StopMode.GENTLY) == ""
        assert await task == JobEnd(End.ENDED, 143)


async def test_nothing_to_stop(node: TestNode, connect: Connect) -> None:
    async with connect(node) as there:
        assert await there.stop("r1", StopMode.NOW) == ""
        await there.job(job(":"), Sink())
        assert await there.stop("r1", StopMode.GENTLY) == ""
        assert "stop" not in node.run("ls /var/lib/zkwizard/runs/r1/prepare").split()


async def test_others_are_left_alone(node: TestNode, connect: Connect) -> None:
    async with connect(node) as there:
        await there.script("setsid sleep 46.5 >/dev/null 2>&1 & :")

        def asleep() -> list[str]:
            return [command for command in node.commands() if command.startswith("sleep 46.5")]

        await until_async(asleep, "it sleeps")
        sink = Sink()
        task = asyncio.create_task(there.job(job("echo begun; sleep 47.5"), sink))
        await sink.until(lambda s: b"begun" in s.log)
        await there.stop("r1", StopMode.NOW)
        await task
        assert any("46.5" in command for command in node.commands())
        node.run("kill $(pgrep -f 'sleep 46[.]5')")


async def test_children_of_a_killed_job(node: TestNode, connect: Connect) -> None:
    """A package manager that outlived its program: not started over, and found by a stop."""
    body = 'printf apt >"$ZK_DIR/busy"; setsid sleep 40.5 & echo begun; wait'
    async with connect(node) as there:
        sink = Sink()
        task = asyncio.create_task(there.job(job(body), sink))
        await sink.until(lambda s: b"begun" in s.log)
        node.run("kill -9 $(cut -d' ' -f2 /var/lib/zkwizard/runs/r1/prepare/pid)")
        assert await task == JobEnd(End.GONE, None)
        with pytest.raises(JobRefused, match="package manager is still at work"):
            await there.job(job(":", restart=True), Sink())
        node.run("rm /var/lib/zkwizard/runs/r1/prepare/busy")
        assert await there.stop("r1", StopMode.NOW) == ""
        assert not any("40.5" in command for command in node.commands())
        assert await there.job(job(":", restart=True), Sink()) == JobEnd(End.ENDED, 0)
