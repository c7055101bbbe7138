"""Detached jobs: every byte once, attached to again, refused, gone, started anew."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.remote.conftest import Connect
from tests.remote.jobs import RUNS, begun, gone, left
from tests.remote.operator import Counter, Operator, Sink, end, job, network, secrets
from tests.sshd.farm import TestNode
from zkwizard.model.errors import JobNotStarted, JobRefused
from zkwizard.model.ports import End, JobEnd, StopMode


@pytest.fixture
def folder(node: TestNode) -> Path:
    """The job's folder, seen from outside."""
    return node.root / RUNS[1:] / "r1" / "prepare"


async def test_output_is_exact(node: TestNode, connect: Connect) -> None:
    """Invalid UTF-8, NUL, carriage returns, marks of others, and a line of 10 MB without an end."""
    body = r"""
printf '\377\376 a\000b\r10%%\r20%%\036ffff end 0\n'
head -c 10485760 /dev/zero | tr '\0' x
printf 'no end' >&2
"""
    sink = Sink()
    async with connect(node) as there:
        assert await there.job(job(body), sink) == JobEnd(End.ENDED, 0)
    expected = b"\xff\xfe a\0b\r10%\r20%\x1effff end 0\n" + b"x" * 10485760 + b"no end" + end()
    assert bytes(sink.log) == expected


async def test_status_and_place(node: TestNode, folder: Path, connect: Connect) -> None:
    body = 'cd "$ZK_DIR"; pwd; echo "$ZK_RUN $ZK_PHASE"; umask; cat; env | cut -d= -f1 | sort; zk_end 7'
    sink = Sink()
    async with connect(node) as there:
        assert await there.job(job(body), sink) == JobEnd(End.ENDED, 7)
    place, words, _, *names = sink.log.decode().split("\n")
    assert (place, words) == (f"{RUNS}/r1/prepare", "r1 prepare")
    ours = ["DIR", "HOME", "JOB", "PHASE", "PROGRAM", "RUN", "SECRETS"]
    expected = ["HOME", "LC_ALL", "OLDPWD", "PATH", "PWD", *(f"ZK_{name}" for name in ours)]
    assert sorted(set(names[:-2]) | {"OLDPWD"}) == expected
    for path in [*folder.iterdir(), folder.parents[1]]:
        assert path.stat().st_mode & 0o077 == 0, path


@pytest.mark.parametrize("user", ["root", "ann", "pty"])
async def test_attach_replays_from_a_byte(user: str, node: TestNode, connect: Connect) -> None:
    async with connect(node, user=user) as there:
        task, _ = await begun(there)
        await left(task)
        await there.close()
        again = Sink(start=3)
        task = asyncio.create_task(there.job(job("echo never"), again, offset=3))
        await again.until(lambda s: b"un" in s.log)
        node.run(f"touch {RUNS}/r1/prepare/go")
        assert await task == JobEnd(End.ENDED, 0)
        whole = Sink()
        assert await there.job(job("echo never"), whole) == JobEnd(End.ENDED, 0)
    assert bytes(whole.log) == b"begun\nwent\n" + end()
    assert whole.log[3:] == again.log


async def test_two_followers(
    nodes: list[TestNode], node: TestNode, tmp_path: Path, operator: Operator
) -> None:
    networks = [network([node], tmp_path / "known_hosts", operator) for _ in range(2)]
    one, two = (net.connection("n1") for net in networks)
    first, sink = await begun(one)
    second, other = await begun(two)
    node.run(f"touch {RUNS}/r1/prepare/go")
    assert await first == await second == JobEnd(End.ENDED, 0)
    assert sink.log == other.log
    for net in networks:
        await net.close()


async def test_another_run_is_refused(node: TestNode, connect: Connect) -> None:
    async with connect(node) as there:
        task, _ = await begun(there)
        claim = await there.claim()
        assert claim
        assert (claim.run, claim.cluster, claim.operator, claim.phase) == (
            "r1",
            "test",
            "ann@laptop",
            "prepare",
        )
        assert claim.alive
        assert claim.since > 1e9
        for take_over in (False, True):
            with pytest.raises(
                JobRefused, match=r"n1: ann@laptop \(cluster test, run r1, since .* in phase prepare"
            ):
                await there.job(job(":", run="r2", take_over=take_over), Sink())
        with pytest.raises(JobRefused, match="phases don't overlap"):
            await there.job(job(":", phase="next"), Sink())
        with pytest.raises(JobRefused, match="at work"):
            await there.release("r1")
        node.run(f"touch {RUNS}/r1/prepare/go")
        await task
        with pytest.raises(JobRefused, match=r"not at work there; its last phase was prepare.*--take-over"):
            await there.job(job(":", run="r2"), Sink())
        assert (await there.job(job(":", run="r2", take_over=True), Sink())).status == 0
        await there.release("r1")
        claim = await there.claim()
        assert claim and claim.run == "r2"
        await there.release("r2")
        assert await there.claim() is None


async def test_two_starts_at_once(
    nodes: list[TestNode], node: TestNode, tmp_path: Path, operator: Operator
) -> None:
    networks = [network([node], tmp_path / "known_hosts", operator) for _ in range(4)]
    body = 'echo x >>"$ZK_HOME/count"; sleep 0.3'
    runs = [net.connection("n1").job(job(body, run=f"r{n}"), Sink()) for n, net in enumerate(networks)]
    results = await asyncio.gather(*runs, return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["JobEnd", *["JobRefused"] * 3]
    assert node.run("cat /var/lib/zkwizard/count") == "x\n"
    for net in networks:
        await net.close()


async def test_phases_one_after_the_other(node: TestNode, connect: Connect) -> None:
    async with connect(node) as there:
        for phase in ("one", "two", "three"):
            assert (await there.job(job("echo ok", phase=phase), Sink())).status == 0


async def test_killed_job_is_gone_and_its_secrets_too(node: TestNode, folder: Path, connect: Connect) -> None:
    async with connect(node) as there:
        task, sink = await begun(there, secrets=secrets({"token": "s3cret"}))
        assert (folder / "secrets" / "token").read_bytes() == b"s3cret"
        node.run(f"kill -9 $(cut -d' ' -f2 {RUNS}/r1/prepare/pid)")
        async with asyncio.timeout(20):
            assert await task == JobEnd(End.GONE, None)
        assert bytes(sink.log) == b"begun\n"
        assert not (folder / "secrets").exists()
        assert await there.job(job("echo never"), Sink()) == JobEnd(End.GONE, None)


async def test_gone_job_is_started_anew_on_request(node: TestNode, folder: Path, connect: Connect) -> None:
    async with connect(node) as there:
        await there.job(job("kill -9 $$"), Sink())
        sink = Sink()
        assert await there.job(job("echo second", restart=True), sink) == JobEnd(End.ENDED, 0)
        assert bytes(sink.log) == b"second\n" + end()
        await there.job(job("echo third", restart=True), Sink())
    assert (folder.parent / "prepare.1" / "log").read_bytes() == b""
    assert (folder.parent / "prepare.2" / "log").read_bytes() == b"second\n" + end()


@pytest.mark.parametrize("field", [1, 3])
async def test_reboot_and_reused_pid(field: int, node: TestNode, connect: Connect) -> None:
    """Another boot id, or another start time: the pid is somebody else's."""
    async with connect(node) as there:
        task, _ = await begun(there)
        await left(task)
        pid = int(node.run(f"cut -d' ' -f2 {RUNS}/r1/prepare/pid"))
        node.run(f"cd {RUNS}/r1/prepare; awk '{{ ${field} = 12345 }} 1' pid >pid.x; mv pid.x pid")
        assert await there.job(job("echo never"), Sink()) == JobEnd(End.GONE, None)
        assert await there.stop("r1", StopMode.NOW) == ""
        node.run(f"kill -9 {pid} 2>/dev/null || :")


async def test_status_without_end_marker_is_gone(node: TestNode, connect: Connect) -> None:
    async with connect(node) as there:
        assert await there.job(job('echo 0 >"$ZK_DIR/status"; kill -9 $$'), Sink()) == JobEnd(End.GONE, None)


async def test_no_follower_is_left(node: TestNode, connect: Connect) -> None:
    async with connect(node) as there:
        task, _ = await begun(there)
        await left(task)
        await gone(node, "tail")
        node.run(f"touch {RUNS}/r1/prepare/go")
        assert (await there.job(job(""), Sink())).status == 0


async def test_full_disk_is_said(node: TestNode, connect: Connect) -> None:
    node.run("mkdir -p /var/lib/zkwizard; mount -t tmpfs -o size=64k small /var/lib/zkwizard")
    try:
        async with connect(node) as there:
            with pytest.raises(JobNotStarted, match=r"could not take the job.*No space left"):
                await there.job(job("#" * 200_000), Sink())
    finally:
        node.run("umount -l /var/lib/zkwizard")


async def test_names_that_are_no_file_names(node: TestNode, connect: Connect) -> None:
    async with connect(node) as there:
        for name in ("../x", "a b", "", "a/b"):
            with pytest.raises(ValueError, match="not usable"):
                await there.job(job(":", run=name), Sink())


async def test_a_failing_sink_ends_the_following(node: TestNode, connect: Connect) -> None:
    class Broken(Sink):
        def data(self, offset: int, chunk: bytes) -> None:
            raise RuntimeError("disk full here")

    async with connect(node) as there:
        with pytest.raises(RuntimeError, match="disk full here"):
            await there.job(job("echo x; sleep 0.2"), Broken())
        assert (await there.script("echo fine")).stdout == b"fine\n"


async def test_hundred_thousand_lines_of_each(
    nodes: list[TestNode], tmp_path: Path, operator: Operator
) -> None:
    lines = 100_000
    body = f"seq -f '%08g the quick brown fox jumps over the lazy dog and so on and on and on' {lines}"
    net = network(nodes, tmp_path / "known_hosts", operator)
    for node in nodes:
        node.clear()
    counters = [Counter() for _ in nodes]
    jobs = [net.connection(f"n{n}").job(job(body), counter) for n, counter in enumerate(counters, 1)]
    assert {one.status for one in await asyncio.gather(*jobs)} == {0}
    assert [counter.lines for counter in counters] == [lines + 1] * len(nodes)
    await net.close()
