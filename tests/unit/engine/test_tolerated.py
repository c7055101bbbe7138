"""Phases whose failure stops nothing, as those of a reset: what follows has its turn, the end tells."""

from __future__ import annotations

from pathlib import Path

from test_run import World, phase, step

from zkwizard.model.events import PhaseEnded
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
