"""Which programs a node is given together, and that each still counts in its turn only."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.engine.world import World, phase, step
from zkwizard.engine.pace import Pace
from zkwizard.engine.request import History
from zkwizard.model.context import Context
from zkwizard.model.phase import OPERATOR, On, Phase
from zkwizard.model.placeholders import hole, secret_ref
from zkwizard.model.step import Outcome, Step

FIRST, LAST = phase("first"), phase("last")


def given(world: World, node: str, *phases: Phase, **options: Any) -> list[list[str]]:
    """What the node is given together in a run."""
    world.run(*phases, **options)
    return world.network.nodes[node].ahead


def test_what_waits_for_nothing_else_is_given_at_once(world: World) -> None:
    assert given(world, "node1", FIRST, phase("second"), LAST) == [
        ["first", "second", "last"],
        ["second"],
        ["last"],
    ]
    assert set(world.ended().values()) == {Outcome.CHANGED}


@pytest.mark.parametrize(
    "second",
    [
        phase("second", step("touch x", captures=("it",), check="false")),
        phase("second", gate=True),
    ],
    ids=["tells-a-value", "gate"],
)
def test_nothing_is_given_after_a_phase_that_others_depend_on(world: World, second: Phase) -> None:
    """On a value, or on all nodes."""
    for together in given(world, "node1", FIRST, second, LAST):
        assert "second" not in together or together[-1] == "second"


@pytest.mark.parametrize(
    "last",
    [
        phase("last", step("true", content=f"x {secret_ref('proxy-password')}\n")),
        phase("last", each_time=True),
        phase("last", after=("elsewhere",)),
        phase("last", one_at_a_time=True),
        phase("last", leader_first=True),
    ],
    ids=["secret", "each-time", "waits-for-another-node", "takes-turns", "leader-first"],
)
def test_what_needs_more_is_given_in_its_turn(world: World, last: Phase) -> None:
    elsewhere = phase("elsewhere", step("sleep 1"), on=On.FIRST_CONTROL_PLANE)
    assert ["first", "last"] not in given(world, "node2", elsewhere, FIRST, last)
    assert world.ended()["last@node2"] is Outcome.CHANGED


def test_what_is_not_known_yet_is_not_given(world: World) -> None:
    unknown = phase("last", step(f"echo {hole('mtu', 'measured by links')}"))
    assert given(world, "node1", FIRST, unknown) == [["first"]]


def test_a_person_may_stop_between_any_two(world: World) -> None:
    pace = Pace()
    assert given(world, "node1", FIRST, LAST, pace=pace) == [["first"], ["last"]]


def test_a_run_that_goes_on_looks_first(world: World) -> None:
    assert given(world, "node1", FIRST, LAST, run="r1", history=History()) == [["first"], ["last"]]


def test_what_was_given_does_not_count_when_another_program_is_due(world: World) -> None:
    """Another node failed in between, and what was sent ahead still waited for it."""

    def steps(context: Context) -> list[Step]:
        names = " ".join(node.name for node in context.present)
        return [step(f"echo {names} >>$NODE/present")]

    failing = phase(
        "first", lambda context: [step("exit 3" if context.node.name == "node2" else "sleep 0.6")]
    )
    last = phase("last", steps)
    world.run(failing, last, nodes=["node1", "node2"])
    assert (world.network.nodes["node1"].folder / "present").read_text().splitlines()[-1] == "master node1"
    assert OPERATOR not in world.network.nodes
