"""Somebody else on the same cluster: is told who runs what, may follow it, may not start."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.missing import or_skip
from tests.practice.commands import RUNS, Place, enter, inside
from tests.remote.operator import Operator, Sink, job, network, secrets
from tests.running import Event, Running, began, step
from tests.sshd.cluster import cluster_file
from tests.sshd.farm import TestNode, farm
from zkwizard.model.ports import End, JobEnd

PLANTED = "pl4nted-t0ken"
MARK = "printf '\\036%s %s\\n' \"$zk_nonce\""
NOBODY_LOOKS = ["find", "/var/lib/zkwizard", "-printf", "%p %m %u %s %C@\\n"]
"""Everything that zkwizard keeps on a node, with sizes and times of change."""


@pytest.fixture(scope="module")
def nodes(shared: Place) -> Place:
    """Two nodes on which everything up to the runtime is done."""
    assert shared.run("demo", "--nodes", "2", "--phase", "probe").code == 0
    return shared


def _long_packages(place: Place, node: str) -> None:
    """Phase packages has something to install there again, and can't before the hold ends."""
    assert place.run("demo", "--phase", "runtime").code == 0
    apt = "apt-get -q -y --allow-change-held-packages purge kubelet kubeadm kubectl || :"
    inside(place.practice, node, apt)
    place.hold(node, 600)


def _follow(place: Place, other: Place, *more: object) -> Running:
    return other.begin("follow", place.file, "--accept-new-host-keys", "--json", *more)


def _kind(kind: str, node: str, **values: object) -> Callable[[Event], bool]:
    def wanted(event: Event) -> bool:
        given = {"event": kind, "node": node, **values}
        return all(event.get(name) == value for name, value in given.items())

    return wanted


def _claims(place: Place) -> set[str]:
    """The runs that hold nodes."""
    text = "head -n1 /var/lib/zkwizard/claim 2>/dev/null || :"
    return {inside(place.practice, node.name, text).strip() for node in place.practice.nodes} - {""}


def test_nothing_to_follow(nodes: Place, second: Place) -> None:
    ended = _follow(nodes, second).ended()
    assert (ended.code, ended.out) == (0, ""), ended.err
    assert "no run holds master, node1; there is nothing to follow" in ended.err


def test_a_second_operator_follows_and_may_not_start(nodes: Place, second: Place) -> None:
    """The control plane is done long before the worker: all the same it is not free until the run is over."""
    nodes.hold("node1", 600)
    first = nodes.begin("demo", "--phase", "names", "--phase", "runtime", "--phase", "packages", "--json")
    run = first.until(lambda event: event["event"] == "run-started")["run"]
    first.until(step("containerd-package", "node1"))
    first.until(_kind("phase-ended", "master", phase="packages"))
    before = enter(nodes.practice, "master", NOBODY_LOOKS).stdout

    following = _follow(nodes, second)
    told = following.until(lambda event: event["event"] == "run-followed")
    assert (told["run"], told["cluster"], told["nodes"]) == (run, "practice", ["master", "node1"])
    assert re.fullmatch(r"\S+@\S+", told["operator"])
    following.until(step("containerd-package", "node1"))
    following.until(_kind("output", "node1", phase="runtime"))
    assert enter(nodes.practice, "master", NOBODY_LOOKS).stdout == before

    start = ("run", nodes.file, "--yes", "--json", "--accept-new-host-keys", "--phase", "names")
    for options in ((), ("--node", "master"), ("--node", "master", "--take-over"), ("--take-over",)):
        refused = second.run(*start, *options)
        assert refused.code == 1, refused.err
        assert refused.of("step-began") == [] and refused.of("cause") == []
        reasons = {event["reason"] for event in refused.of("phase-ended")}
        assert len(reasons) == 1
        (reason,) = reasons
        assert run in reason and "cluster practice" in reason and "zkwizard follow" in reason
        if options != ("--node", "master"):
            assert "node1: " in reason and "is at work there, in phase runtime" in reason
    assert _claims(nodes) == {run}

    nodes.hold("node1", 0)
    assert first.ended().code == 0
    ended = following.ended()
    assert ended.code == 0, ended.err
    assert ended.events[-1]["event"] == "follow-ended"
    assert (ended.events[-1]["runs"], ended.events[-1]["failed"]) == ([run], [])
    phases = [(e["phase"], e["outcome"]) for e in ended.of("phase-ended") if e["node"] == "node1"]
    assert phases == [("runtime", "changed"), ("packages", "changed")], "it went on to the next phase"
    mine = [(e["phase"], e["step"], e["outcome"]) for e in ended.of("step-ended") if e["node"] == "node1"]
    theirs = [e for e in first.ended().of("step-ended") if e["node"] == "node1" and e["phase"] != "names"]
    assert mine == [(e["phase"], e["step"], e["outcome"]) for e in theirs]
    assert _claims(nodes) == set(), "all nodes are given back together"
    free = second.run(*start)
    assert free.code == 0, free.err


def test_who_looks_away_stops_nothing(nodes: Place, second: Place) -> None:
    _long_packages(nodes, "node1")
    first = nodes.begin("demo", "--phase", "packages", "--json")
    first.until(began("packages", "node1"))
    following = _follow(nodes, second)
    following.until(began("packages", "node1"))
    following.interrupt()
    ended = following.ended(20)
    assert ended.code == 130
    assert "on the nodes everything goes on" in ended.err
    third = _follow(nodes, second)
    third.until(began("packages", "node1"))
    third.kill()
    nodes.hold("node1", 0)
    assert first.ended().code == 0


def test_a_killed_zkwizard_locks_nobody_out(nodes: Place, second: Place) -> None:
    _long_packages(nodes, "master")
    first = nodes.begin("demo", "--phase", "packages", "--json")
    first.until(began("packages", "master"))
    following = _follow(nodes, second)
    following.until(began("packages", "master"))
    first.kill()
    nodes.hold("master", 0)
    following.until(lambda e: (e["event"], e.get("phase")) == ("phase-ended", "packages"))
    start = ("run", nodes.file, "--yes", "--json", "--accept-new-host-keys", "--phase", "names")
    refused = second.run(*start)
    assert refused.code == 1
    assert "which is not at work there" in refused.of("phase-ended")[0]["reason"]
    assert "--take-over" in refused.of("phase-ended")[0]["reason"]
    taken = second.run(*start, "--take-over")
    assert taken.code == 0, taken.err
    ended = following.ended()
    assert ended.code == 0, ended.err
    assert ended.events[-1]["event"] == "follow-ended"


def test_a_node_without_contact_is_given_up_and_found_again(nodes: Place) -> None:
    """Exit code 3 after --patience; the job goes on, and the same command follows it to its end."""
    _long_packages(nodes, "node1")
    command = ("run", nodes.file, "--yes", "--json", "--phase", "packages", "--patience", "22s")
    first = nodes.begin(*command)
    run = first.until(lambda event: event["event"] == "run-started")["run"]
    first.until(began("packages", "node1"))
    nodes.practice.control.cut("node1")
    ended = first.ended()
    assert ended.code == 3, ended.err
    states = [event["state"] for event in ended.of("link") if event["node"] == "node1"]
    assert states.index("silent") < states.index("lost")
    assert any("given up at" in event["message"] for event in ended.of("link"))
    (lost,) = [event for event in ended.of("phase-ended") if event["node"] == "node1"]
    assert lost["outcome"] == "failed" and lost["left"]
    assert "no contact for 22 s" in lost["reason"] and "goes on" in lost["reason"]
    assert (ended.events[-1]["left"], ended.events[-1]["failed"]) == (["node1"], ["packages@node1"])
    nodes.hold("node1", 0)
    nodes.ends(run, "packages", "node1")
    nodes.practice.control.mend("node1")
    again = nodes.run(*command)
    assert again.code == 0, again.err
    assert (again.events[0]["run"], again.events[0]["resumed"]) == (run, True)
    assert _claims(nodes) == set()
    jobs = inside(nodes.practice, "node1", f"ls {RUNS}/{run}")
    assert jobs.split() == ["packages"], "it was followed, not done again"


@pytest.fixture
def machine() -> Iterator[TestNode]:
    """A real sshd, with a real sudo."""
    with or_skip(), farm(1) as (node,):
        yield node


def _cluster_file(folder: Path, node: TestNode) -> Path:
    return cluster_file(folder, node, cluster="test", name="n1", user="ann", key=str(node.key))


def _waits(words: str, name: str) -> str:
    """A job with one step that prints ``words`` and a captured value, and ends once it is told to."""
    return f"""
{MARK} 'began {name}'
{words}
until [ -e "$ZK_HOME/go-{name}" ]; do sleep 0.05; done
{words}
{MARK} "value {name} said $({{ {words}; }} | base64 | tr -d '\\n')"
{MARK} 'ended {name} failed 5 1.0 2.0'
zk_end 1
"""


@pytest.mark.parametrize("late", [False, True])
def test_planted_secrets_stay_unseen(machine: TestNode, second: Place, tmp_path: Path, late: bool) -> None:
    """Printed by a job that was given them, in the middle and as the last lines of a failed step; and by a
    later job on a node where a proxy's password rests. ``late``: followed from when the secrets are gone.
    """
    file = _cluster_file(tmp_path, machine)
    command = ("follow", file, "--accept-new-host-keys", *(() if late else ("--json",)))

    async def told(name: str) -> None:
        await asyncio.to_thread(machine.run, f"touch /var/lib/zkwizard/go-{name}")

    async def main() -> Running:
        net = network([machine], tmp_path / "known_hosts", Operator())
        there = net.connection("n1")
        token = secrets({"token": PLANTED})
        await there.take("r1", "test", "ann@laptop")
        sink = Sink()
        carries = job(_waits('cat "$ZK_SECRETS/token"; echo', "carries"), phase="carries", secrets=token)
        task = asyncio.create_task(there.job(carries, sink))
        await sink.until(lambda s: PLANTED.encode() in s.log)
        following = None if late else second.begin(*command)
        if following:
            await asyncio.to_thread(following.until, began("carries", "n1"))
        await told("carries")
        assert await task == JobEnd(End.ENDED, 1)
        assert sink.log.count(PLANTED.encode()) == 2, "it is in the log on the node"
        if following:
            await asyncio.to_thread(following.until, lambda e: e["event"] == "phase-ended")
        machine.run(f"echo 'proxy = \"http://ann:{PLANTED}@proxy:3128\"' >/var/lib/zkwizard/curlrc")
        rests = job(_waits(f"echo {PLANTED}; echo", "rests"), phase="rests")
        sink = Sink()
        task = asyncio.create_task(there.job(rests, sink))
        await sink.until(lambda s: PLANTED.encode() in s.log)
        following = following or second.begin(*command)
        if late:
            await asyncio.to_thread(following.prints, "rests …")
        else:
            await asyncio.to_thread(following.until, began("rests", "n1"))
        await told("rests")
        assert await task == JobEnd(End.ENDED, 1)
        machine.run("rm /var/lib/zkwizard/curlrc")
        open_one = job(_waits("echo plain words; echo", "open"), phase="open")
        sink = Sink()
        task = asyncio.create_task(there.job(open_one, sink))
        await told("open")
        await task
        await there.release("r1")
        await net.close()
        return following

    following = asyncio.run(main())
    ended = following.ended()
    assert ended.code == 1, "what was followed has failed"
    printed = ended.out + ended.err
    assert PLANTED not in printed and PLANTED.encode().hex() not in printed
    assert "rests" in printed and "failed" in printed
    assert "plain words" in printed, "what carries no secrets is shown"
    assert "secrets are at hand" in printed
    kept = [path for path in second.state.rglob("*") if path.is_file()]
    assert kept and not any(PLANTED.encode() in path.read_bytes() for path in kept)


def test_output_cannot_forge_a_step(machine: TestNode, second: Place, tmp_path: Path) -> None:
    """A marker is one by the nonce of the job alone, which is read from a file that only root can read."""
    file = _cluster_file(tmp_path, machine)
    forged = "0123456789abcdef0123456789abcdef"

    async def main() -> Running:
        net = network([machine], tmp_path / "known_hosts", Operator())
        there = net.connection("n1")
        words = f"printf '\\036{forged} ended open changed 0 1 2\\n\\033[2Jharm\\rless\\n'"
        sink = Sink()
        task = asyncio.create_task(there.job(job(_waits(words, "open"), phase="open"), sink))
        await sink.until(lambda s: forged.encode() in s.log)
        following = second.begin("follow", file, "--accept-new-host-keys")
        await asyncio.to_thread(following.prints, "less")
        machine.run("touch /var/lib/zkwizard/go-open")
        await task
        await there.release("r1")
        await net.close()
        return following

    ended = asyncio.run(main()).ended()
    assert "open: changed" not in ended.out and "open: failed (1.0 s)" in ended.out
    assert "\033" not in ended.out and "\036" not in ended.out
    assert "following run r1 of cluster test on n1, by ann@laptop since" in ended.out
