"""Phases whose failure stops nothing, as those of a reset: what follows has its turn, the end tells."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.unit.engine.world import NODES, World, cluster, phase, step
from zkwizard.engine.jobs import Jobs
from zkwizard.engine.request import Request
from zkwizard.engine.run import at_once
from zkwizard.engine.vault import Vault
from zkwizard.model.errors import JobRefused
from zkwizard.model.events import Event, Notice, PhaseEnded
from zkwizard.model.remains import Teardown
from zkwizard.model.step import Outcome


def _ends(world: World) -> list[tuple[str, str, Outcome]]:
    return [(e.phase, e.node, e.outcome) for e in world.events if isinstance(e, PhaseEnded)]


def test_what_follows_a_tolerated_failure_is_done_and_the_run_has_failed(tmp_path: Path) -> None:
    world = World(tmp_path)
    ended = world.run(
        phase("one", step("exit 1"), tolerated=True), phase("two", tolerated=True), nodes=["node1"]
    )
    assert _ends(world) == [("one", "node1", Outcome.FAILED), ("two", "node1", Outcome.CHANGED)]
    assert (ended.outcome, ended.failed) == (Outcome.FAILED, ("one@node1",))


def test_a_node_out_of_reach_is_tried_once(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.network.nodes["node1"].unreachable = True
    phases = [phase(name, tolerated=True) for name in ("one", "two", "three")]
    ended = world.run(*phases, nodes=["master", "node1"])
    assert [end for end in _ends(world) if end[1] == "node1"] == [("one", "node1", Outcome.FAILED)]
    assert len([end for end in _ends(world) if end[1] == "master"]) == 3
    assert ended.failed == ("one@node1",)


def test_the_control_plane_waits_for_the_others_also_for_one_that_fails(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.network.nodes["node2"].unreachable = True
    world.run(phase("stop", tolerated=True, leader_last=True), phase("end", tolerated=True))
    order = [(name, node) for name, node, _ in _ends(world)]
    assert order.index(("stop", "master")) > order.index(("end", "node1"))
    assert order.index(("stop", "master")) > order.index(("stop", "node2"))
    assert order[-1] == ("end", "master")


def _jobs(world: World, events: list[Event]) -> Jobs:
    request = Request(
        run="new",
        cluster=cluster(),
        phases=(),
        nodes=NODES,
        operator="ann@laptop",
        key=b"key",
        fingerprint="f",
        teardown=Teardown(tuple(NODES)),
        own_runs=frozenset(["mine", "new"]),
    )
    return Jobs(request, world.network, Vault(world.prompter, world.redactor), events.append, at_once)


def test_a_reset_ends_what_an_earlier_run_from_here_has_at_work(tmp_path: Path) -> None:
    """A join may keep trying for hours after zkwizard was closed."""
    world, events = World(tmp_path), list[Event]()
    nodes = world.network.nodes
    nodes["node1"].holder, nodes["node1"].at_work = "mine", True
    nodes["node2"].unreachable = True

    async def main() -> None:
        jobs = _jobs(world, events)
        await jobs.end_own()
        await jobs.take()

    asyncio.run(main())
    assert nodes["node1"].at_work is False
    assert [(e.node, str(e.text)) for e in events if isinstance(e, Notice)] == [
        ("node1", "phase init of run mine is ended")
    ]


def test_a_reset_ends_nobody_elses_work(tmp_path: Path) -> None:
    world, events = World(tmp_path), list[Event]()
    nodes = world.network.nodes
    nodes["node1"].holder, nodes["node1"].at_work = "bobs", True

    async def main() -> None:
        jobs = _jobs(world, events)
        await jobs.end_own()
        await jobs.take()

    with pytest.raises(JobRefused, match="bob@desk"):
        asyncio.run(main())
    assert nodes["node1"].at_work is True
