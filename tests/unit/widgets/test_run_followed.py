"""Somebody else's run: what was over before one looked, and runs that are over without a last event."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from tests.unit.diagnosis.excerpts import CLUSTER
from zkwizard.engine.planning import plan
from zkwizard.engine.schedule import graph
from zkwizard.model.events import Event, FollowEnded, PhaseEnded, PhaseStarted, RunFollowed, RunStarted
from zkwizard.model.phase import OPERATOR
from zkwizard.model.step import Outcome
from zkwizard.model.text import T
from zkwizard.phases.order import PHASES
from zkwizard.widgets.ascii_signs import in_ascii
from zkwizard.widgets.run.cell import Standing
from zkwizard.widgets.run.progress import Progress
from zkwizard.widgets.run.signs import SIGNS, WORDS, state_words
from zkwizard.widgets.run.steering import Steering, status

NODES = tuple(node.name for node in CLUSTER.nodes)
FOLLOWED = RunFollowed(at=1.0, run="r", cluster="zk", operator="ann@desk", since=0.0, nodes=NODES)


def told(*events: Event) -> Progress:
    shown = Progress.of(plan(CLUSTER, PHASES).phases, NODES, graph(CLUSTER, PHASES, NODES))
    for event in events:
        shown.take(event)
    return shown


def standings(shown: Progress, node: str) -> dict[str, Standing | None]:
    return {phase: shown.standing((phase, node)) for phase in shown.phases if (phase, node) in shown.cells}


def test_what_must_be_over_as_a_later_phase_has_begun_was_over_before() -> None:
    shown = told(FOLLOWED, PhaseStarted(at=2.0, phase="packages", node="node1", steps=("a", "b")))
    own = standings(shown, "node1")
    before = [phase for phase, standing in own.items() if standing is Standing.BEFORE]
    assert before == ["probe", "overlay-join", "overlay-up", "links", "names", "system", "runtime"]
    assert own["packages"] is Standing.AT_WORK
    assert {standing for phase, standing in own.items() if phase not in (*before, "packages")} == {
        Standing.WAITING
    }


def test_so_was_what_it_needs_elsewhere_and_nothing_that_it_does_not() -> None:
    shown = told(FOLLOWED, PhaseStarted(at=2.0, phase="join", node="node1"))
    assert shown.standing(("overlay-authorise", OPERATOR)) is Standing.BEFORE
    assert shown.standing(("init", "master")) is Standing.BEFORE
    assert shown.standing(("images", "node2")) is Standing.WAITING
    assert shown.is_over("probe") and shown.fraction("probe") == 1.0
    assert shown.phase_standing("probe") is Standing.BEFORE
    assert shown.phase_standing("images") is Standing.WAITING


def test_what_was_seen_to_end_keeps_how_it_ended() -> None:
    ended = PhaseEnded(at=3.0, phase="names", node="node1", outcome=Outcome.CHANGED, changed=2)
    shown = told(
        FOLLOWED,
        PhaseStarted(at=2.0, phase="names", node="node1"),
        ended,
        PhaseStarted(at=4.0, phase="system", node="node1"),
    )
    assert shown.standing(("names", "node1")) is Standing.CHANGED
    assert shown.standing(("links", "node1")) is Standing.BEFORE
    shown.take(PhaseStarted(at=5.0, phase="links", node="node1"))
    assert shown.standing(("links", "node1")) is Standing.AT_WORK, "it was tried again"


def test_bars_count_it_as_over_and_at_the_end_nothing_else_is() -> None:
    shown = told(FOLLOWED)
    assert shown.overall == 0.0
    shown.take(PhaseStarted(at=2.0, phase="verify", node="master"))
    assert 0.9 < shown.overall < 1.0
    shown.take(FollowEnded(at=9.0, runs=("r",), seconds=8.0))
    assert shown.over and not shown.succeeded


def test_of_a_run_of_ones_own_nothing_is_guessed() -> None:
    shown = told(
        RunStarted(at=1.0, run="r", cluster="zk", phases=()),
        PhaseStarted(at=2.0, phase="packages", node="node1"),
    )
    assert Standing.BEFORE not in standings(shown, "node1").values()


def test_a_run_that_ends_without_a_word_is_over_all_the_same() -> None:
    shown = told(RunStarted(at=1.0, run="r", cluster="zk", phases=()))
    shown.closes(Standing.FAILED, T("it had to give up"), 61.0)
    assert status(shown, Steering(all=True)) == (Standing.FAILED, T("it had to give up"))
    assert shown.over and not shown.succeeded
    assert shown.elapsed(999.0) == 60.0


def test_every_state_has_a_sign_of_its_own_in_ascii_too_and_a_word() -> None:
    assert set(SIGNS) == set(WORDS) == set(Standing)
    for signs in (list(SIGNS.values()), [in_ascii(sign) for sign in SIGNS.values()]):
        assert len(set(signs)) == len(Standing)
        assert {cell_len(sign) for sign in signs} == {1}
    assert "".join(in_ascii(sign) for sign in SIGNS.values()).isascii()


@pytest.mark.parametrize("width", [4, 20])
def test_a_state_is_told_without_its_colour(width: int) -> None:
    shown = told(FOLLOWED, PhaseStarted(at=2.0, phase="names", node="node1"))
    cell = shown.cells["names", "node1"]
    words = [state_words(cell, standing, width) for standing in Standing]
    assert len({each.split()[0].rstrip("0123456789smh") for each in words}) == len(Standing)
