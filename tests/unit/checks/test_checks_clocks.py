"""Checks of the nodes' clocks: which is wrong, and when nobody can tell."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.checks.healthy import fresh, judged
from zkwizard.model.facts import NodeFacts


def clocks(**offsets: float) -> dict[str, NodeFacts]:
    return {name: replace(fresh()[name], clock_offset=offset) for name, offset in offsets.items()}


def test_of_two_clocks_that_of_this_machine_tells_the_wrong_one() -> None:
    assert judged(clocks(master=0.1, node1=600.0)) == [("node1", "stop", "clock-skew")]
    assert judged(clocks(master=-600.0, node1=0.2)) == [("master", "stop", "clock-skew")]
    assert judged(clocks(master=600.0, node1=600.3)) == []


def test_a_single_clock_that_is_not_ours_stops_nothing() -> None:
    assert judged(clocks(master=600.0)) == [("master", "warn", "clock-skew")]
    assert judged(clocks(master=0.3)) == []


def test_clock_of_the_operator_accuses_nobody() -> None:
    facts = {name: replace(known, clock_offset=3600.0) for name, known in fresh().items()}
    assert judged(facts) == []
