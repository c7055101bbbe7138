"""Which phases a run has, and what waits for what."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.engine.world import NODES, cluster, phase
from zkwizard.engine.schedule import Needs, Task, graph, select
from zkwizard.model.errors import InputError


def test_selecting_phases() -> None:
    phases = [phase(name) for name in ("a", "b", "c")]
    assert [p.id for p in select(phases, first="b")] == ["b", "c"]
    assert [p.id for p in select(phases, last="b")] == ["a", "b"]
    assert [p.id for p in select(phases, only=["c", "a"])] == ["a", "c"]
    with pytest.raises(InputError, match="--from c comes after --until a"):
        select(phases, first="c", last="a")


def test_nodes_take_turns_where_a_phase_says_so() -> None:
    needs = graph(cluster(), [replace(phase("join"), one_at_a_time=True)], NODES)
    assert needs[Task("join", "node1")] == Needs(settled=(Task("join", "master"),))
    assert needs[Task("join", "node2")] == Needs(settled=(Task("join", "node1"),))
