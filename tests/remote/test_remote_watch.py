"""A reader beside the one who started it: sees the record and every job, changes nothing on the node."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.remote.conftest import Connect
from tests.remote.jobs import RUNS, begun, left
from tests.remote.operator import NONCE, QUICK, Operator, Sink, end, job, network, secrets
from tests.sshd.accounts import PASSWORD
from tests.sshd.delayproxy import DelayProxy
from tests.sshd.farm import TestNode
from zkwizard.model.errors import JobRefused
from zkwizard.model.ports import Connection, End, FoundJob, JobEnd, NodeRecord

HOME = "/var/lib/zkwizard"


@asynccontextmanager
async def reader(node: TestNode, folder: Path, **options: Any) -> AsyncIterator[Connection]:
    """Somebody else's connection: another network, other known hosts."""
    operator = Operator({"sudo-password-n1": PASSWORD})
    net = network([node], folder / "others_known_hosts", operator, **options)
    try:
        yield net.connection("n1")
    finally:
        await net.close()


def contents(node: TestNode) -> str:
    """Everything below zkwizard's folder: names, modes, owners, sizes, times of change."""
    return node.run(f"cd {HOME} && find . -printf '%p %m %u %s %C@\\n' | sort")


def named(record: NodeRecord) -> list[str]:
    return [found.phase for found in record.jobs]


async def test_a_free_node(node: TestNode, tmp_path: Path) -> None:
    """Where zkwizard never was, a reader leaves no folder either."""
    async with reader(node, tmp_path) as other:
        assert await other.record() == NodeRecord(None)
        assert await other.record(wait=0.5) == NodeRecord(None)
    assert node.run(f"ls {HOME} 2>&1 || :") == f"ls: cannot access '{HOME}': No such file or directory\n"


@pytest.mark.parametrize("user", ["root", "bob"])
async def test_record_and_log_of_another_s_job(
    user: str, node: TestNode, tmp_path: Path, connect: Connect
) -> None:
    async with connect(node) as there, reader(node, tmp_path, user=user) as other:
        task, _ = await begun(there)
        before = contents(node)
        record = await other.record()
        assert record.claim and (record.claim.run, record.claim.operator) == ("r1", "ann@laptop")
        assert record.claim.alive
        (found,) = record.jobs
        assert (found.phase, found.alive, found.open, found.nonce) == ("prepare", True, True, NONCE)
        program = (node.root / RUNS[1:] / "r1/prepare/program").read_bytes()
        assert found.sha256 == hashlib.sha256(program).hexdigest()
        assert found.size == len(b"begun\n")
        assert 0 <= found.age < 60
        sink = Sink()
        watching = asyncio.create_task(other.watch("r1", found, sink))
        await sink.until(lambda s: b"begun" in s.log)
        assert contents(node) == before
        node.run(f"touch {RUNS}/r1/prepare/go")
        assert await watching == await task == JobEnd(End.ENDED, 0)
        assert bytes(sink.log) == b"begun\nwent\n" + end()


async def test_leaving_stops_nothing(node: TestNode, tmp_path: Path, connect: Connect) -> None:
    async with connect(node) as there, reader(node, tmp_path) as other:
        task, _ = await begun(there)
        (found,) = (await other.record()).jobs
        sink = Sink()
        watching = asyncio.create_task(other.watch("r1", found, sink))
        await sink.until(lambda s: s.log)
        await left(watching)
        await other.close()
        node.run(f"touch {RUNS}/r1/prepare/go")
        assert await task == JobEnd(End.ENDED, 0)


async def test_what_has_gone_wrong_stays_as_it_is(node: TestNode, tmp_path: Path, connect: Connect) -> None:
    """The secrets of a killed job are for the next one who works here to remove; a reader touches nothing."""
    async with connect(node) as there, reader(node, tmp_path) as other:
        task, _ = await begun(there, secrets=secrets({"token": "s3cret"}))
        await left(task)
        await there.close()
        node.run(f"kill -9 $(cut -d' ' -f2 {RUNS}/r1/prepare/pid)")
        before = contents(node)
        record = await other.record()
        assert record.claim and not record.claim.alive
        (found,) = record.jobs
        assert not found.alive and not found.open
        assert await other.watch("r1", found, Sink()) == JobEnd(End.GONE, None)
        assert contents(node) == before
        assert (node.root / RUNS[1:] / "r1/prepare/secrets/token").exists()


async def test_an_answer_waits_for_news(node: TestNode, tmp_path: Path, connect: Connect) -> None:
    async with connect(node) as there, reader(node, tmp_path) as other:
        waiting = asyncio.create_task(other.record(wait=20))
        await there.take("r1", "test", "ann@laptop")
        record = await waiting
        assert record.claim and record.claim.phase == "" and record.jobs == ()
        waiting = asyncio.create_task(other.record("r1", wait=20))
        assert (await there.job(job("echo one", phase="one"), Sink())).status == 0
        (one,) = (await waiting).jobs
        waiting = asyncio.create_task(other.record("r1", [one.id], wait=20))
        assert (await there.job(job("echo two", phase="two"), Sink())).status == 0
        assert named(await waiting) == ["two"]
        assert named(await other.record()) == ["one", "two"]
        ids = [found.id for found in (await other.record()).jobs]
        waiting = asyncio.create_task(other.record("r1", ids, wait=20))
        await there.release("r1")
        assert await waiting == NodeRecord(None)


async def test_an_attempt_that_was_moved_aside_is_still_found(
    node: TestNode, tmp_path: Path, connect: Connect
) -> None:
    async with connect(node) as there, reader(node, tmp_path) as other:
        await there.job(job("echo first; kill -9 $$"), Sink())
        (first,) = (await other.record()).jobs
        assert (await there.job(job("echo second", restart=True), Sink())).status == 0
        (second,) = (await other.record("r1", [first.id])).jobs
        assert second.id != first.id
        one, two = Sink(), Sink()
        assert await other.watch("r1", first, one) == JobEnd(End.GONE, None)
        assert await other.watch("r1", second, two) == JobEnd(End.ENDED, 0)
        assert (bytes(one.log), bytes(two.log)) == (b"first\n", b"second\n" + end())
        unknown = FoundJob("prepare", "0" * 32, False, True, NONCE, 0, 0.0, "", ())
        assert await other.watch("r1", unknown, Sink()) == JobEnd(End.GONE, None)


async def test_jobs_with_secrets_are_closed_to_readers(
    node: TestNode, tmp_path: Path, connect: Connect
) -> None:
    async with connect(node) as there, reader(node, tmp_path) as other:
        await there.job(job(":", phase="plain"), Sink())
        await there.job(job(":", phase="carries", secrets=secrets({"token": "s3cret"})), Sink())
        assert {found.phase: found.open for found in (await other.record()).jobs} == {
            "plain": True,
            "carries": False,
        }
        node.run(f"printf 'proxy = \"http://ann:s3cret@proxy:3128\"\\n' >{HOME}/curlrc")
        assert not any(found.open for found in (await other.record()).jobs), "a password rests on the node"
        node.run(f"printf 'proxy = \"http://proxy:3128\"\\n' >{HOME}/curlrc")
        assert {found.phase for found in (await other.record()).jobs if found.open} == {"plain"}


async def test_a_reader_over_a_cut_line(node: TestNode, tmp_path: Path, connect: Connect) -> None:
    async with (
        connect(node) as there,
        DelayProxy(node.port) as line,
        reader(node, tmp_path, ports=[line.port], timing=QUICK) as other,
    ):
        task, _ = await begun(there)
        (found,) = (await other.record()).jobs
        sink = Sink()
        watching = asyncio.create_task(other.watch("r1", found, sink))
        await sink.until(lambda s: s.log)
        line.cut()
        await sink.until(lambda s: "lost" in s.links)
        node.run(f"touch {RUNS}/r1/prepare/go")
        assert await task == JobEnd(End.ENDED, 0)
        line.mend()
        assert await watching == JobEnd(End.ENDED, 0)
        assert bytes(sink.log) == b"begun\nwent\n" + end()
        assert sink.links[-1] == "back"


async def test_taking(node: TestNode, connect: Connect) -> None:
    async with connect(node) as there:
        claim = await there.take("r1", "test", "ann@laptop")
        assert (claim.run, claim.operator, claim.phase, claim.alive) == ("r1", "ann@laptop", "", False)
        with pytest.raises(JobRefused, match=r"ann@laptop .*no phase has begun there.*zkwizard follow"):
            await there.take("r2", "test", "bob@desk")
        task, _ = await begun(there)
        again = await there.take("r1", "test", "ann@laptop")
        assert (again.since, again.phase, again.alive) == (claim.since, "prepare", True)
        for take_over in (False, True):
            with pytest.raises(JobRefused, match=r"at work there, in phase prepare.*zkwizard follow"):
                await there.take("r2", "test", "bob@desk", take_over=take_over)
        node.run(f"touch {RUNS}/r1/prepare/go")
        await task
        taken = await there.take("r2", "test", "bob@desk", take_over=True)
        assert (taken.run, taken.operator) == ("r2", "bob@desk")
        await there.release("r2")
        assert await there.claim() is None


async def test_busybox(special: Callable[..., TestNode], tmp_path: Path, connect: Connect) -> None:
    """Ash, and the tools of busybox."""
    node = special(busybox=True)
    async with connect(node) as there, reader(node, tmp_path) as other:
        assert (await there.job(job("echo one", phase="one"), Sink())).status == 0
        task, _ = await begun(there)
        record = await other.record()
        assert sorted(named(record)) == ["one", "prepare"]
        found = next(each for each in record.jobs if each.phase == "prepare")
        assert found.open and found.alive and found.sha256
        sink = Sink()
        watching = asyncio.create_task(other.watch("r1", found, sink))
        await sink.until(lambda s: s.log)
        node.run(f"touch {RUNS}/r1/prepare/go")
        assert await watching == await task == JobEnd(End.ENDED, 0)
