"""Whose the nodes are: taken together, held until the last one is done, given back; another's run is told."""

from __future__ import annotations

import pytest

from tests.unit.engine.world import NODES, World, phase, step
from zkwizard.engine.run import Engine
from zkwizard.model.events import Event, PhaseEnded, StepEnded
from zkwizard.model.phase import On, Work
from zkwizard.model.step import Outcome


def test_a_node_of_another_run_keeps_the_whole_run_from_starting(world: World) -> None:
    """Two runs at once on one cluster would undo each other's work, so no node is touched."""
    world.network.nodes["node1"].holder = "other"
    assert world.run(phase("names")).failed == ("names@master", "names@node1", "names@node2")
    for name in NODES:
        assert "node1: it belongs to the run of bob@desk" in world.reason(f"names@{name}")
        assert "zkwizard follow" in world.reason(f"names@{name}")
        assert world.network.nodes[name].started == []
        assert not world.network.nodes[name].record_file.exists(), "what was taken is given back"


def test_who_is_at_work_is_told_before_the_machines_are_judged(world: World) -> None:
    world.network.nodes["node2"].holder = "other"
    world.network.nodes["node2"].at_work = True
    world.run(phase("probe", work=Work.FACTS), phase("names"))
    assert set(world.ended()) == {"probe@master", "probe@node1", "probe@node2"}
    assert "bob@desk (cluster home, run other" in world.reason("probe@master")
    assert "in phase init" in world.reason("probe@master")
    assert world.unattended == 0
    assert not any(node.record_file.exists() for node in world.network.nodes.values())


def test_a_probe_alone_disturbs_nobody(world: World) -> None:
    world.network.nodes["node2"].holder = "other"
    world.network.nodes["node2"].at_work = True
    world.run(phase("probe", work=Work.FACTS))
    assert all("bob@desk" not in str(e.reason) for e in world.events if isinstance(e, PhaseEnded))


def test_a_run_that_waits_for_another_node_is_not_idle(world: World) -> None:
    """Its claim of node1 has nothing at work, but it is at work on master."""
    for name in ("master", "node1"):
        world.network.nodes[name].holder = "other"
    world.network.nodes["master"].at_work = True
    world.run(phase("names"), nodes=["node1"], take_over=True)
    assert "master: bob@desk" in world.reason("names@node1")
    world.network.nodes["master"].at_work = False
    assert world.run(phase("names"), nodes=["node1"], take_over=True).outcome is Outcome.CHANGED


def test_all_nodes_are_held_until_the_last_one_is_done(world: World) -> None:
    """Also one that has nothing to do in this run, and one whose own work is long over."""
    held: list[set[str]] = []

    def look(engine: Engine, event: Event) -> None:
        if isinstance(event, StepEnded):
            held.append({name for name, node in world.network.nodes.items() if node.record_file.exists()})

    world.run(
        phase("names", lambda c: [step("sleep 0.3" if c.node.name == "master" else ":")]),
        phase("init", on=On.FIRST_CONTROL_PLANE),
        during=look,
    )
    assert held == [set(NODES)] * 4
    assert not any(node.record_file.exists() for node in world.network.nodes.values())


@pytest.mark.parametrize("apply", [":", "exit 1"])
def test_nodes_are_given_back_however_it_ends(world: World, apply: str) -> None:
    world.run(phase("names", step(apply)), phase("system"))
    assert not any(node.record_file.exists() for node in world.network.nodes.values())


def test_a_node_that_an_earlier_run_from_here_holds_idle_is_taken(world: World) -> None:
    world.network.nodes["node1"].holder = "earlier"
    assert world.run(phase("names"), own_runs=frozenset({"earlier"})).outcome is Outcome.CHANGED
