"""What ``demo`` can let go wrong: a step that fails, a line that is cut, a line that is slow."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.practice.commands import Place, attempts
from tests.running import Ended, Running

CUT_SECONDS = 25


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Place, Running]]:
    """Nodes of their own, and a run whose line to one of them is cut; it goes on while other tests run."""
    place = Place(tmp_path_factory.mktemp("cut") / "state")
    try:
        phases = ("--phase", "names", "--phase", "system")
        yield place, place.begin("demo", "--json", *phases, "--cut", f"node1@names:{CUT_SECONDS}")
    finally:
        place.stop()


@pytest.fixture(scope="module")
def nodes(shared: Place, cut: tuple[Place, Running]) -> Place:
    """Three fresh nodes."""
    assert shared.run("demo", "--phase", "probe").code == 0
    return shared


def _outcomes(ended: Ended) -> dict[tuple[str, str], str]:
    """(phase, node) → how it ended."""
    return {(event["phase"], event["node"]): event["outcome"] for event in ended.of("phase-ended")}


def test_a_worker_that_fails_does_not_hold_up_the_others(nodes: Place) -> None:
    phases = ("--phase", "names", "--phase", "system", "--json")
    ended = nodes.run("demo", *phases, "--fail", "hosts@node1")
    assert ended.code == 4, ended.err
    outcomes = _outcomes(ended)
    assert outcomes.pop(("names", "node1")) == "failed"
    assert set(outcomes) == {(phase, node) for phase in ("names", "system") for node in ("master", "node2")}
    assert set(outcomes.values()) == {"changed"}
    assert ended.events[-1]["failed"] == ["names@node1"]
    (failed,) = [event for event in ended.of("step-ended") if event["outcome"] == "failed"]
    assert "practice: this step was told to fail" in failed["tail"]
    assert "journal and logs: " in ended.err
    again = nodes.run("demo", *phases)
    assert again.code == 0, again.err
    assert _outcomes(again)["names", "node1"] == _outcomes(again)["system", "node1"] == "changed"


def test_a_failed_step_is_told_in_words(nodes: Place) -> None:
    ended = nodes.run("demo", "--phase", "runtime", "--fail", "containerd-config@node2")
    assert (ended.code, ended.out) == (4, "")
    assert "runtime            node2      FAILED: step containerd-config failed" in ended.err
    assert "| practice: this step was told to fail" in ended.err
    status = nodes.run("status", nodes.file)
    assert "failed: runtime on node2: step containerd-config failed" in status.out
    assert nodes.run("demo", "--phase", "runtime").code == 0


def test_the_leader_that_fails_fails_the_run(nodes: Place) -> None:
    ended = nodes.run("demo", "--phase", "packages", "--json", "--fail", "crictl-settings@master")
    assert ended.code == 1, ended.err
    assert _outcomes(ended) == {("packages", "master"): "failed"}


def test_a_slow_line_is_only_slow(nodes: Place) -> None:
    slow = nodes.run("demo", "--phase", "names", "--json", "--rtt", "200")
    assert slow.code == 0, slow.err
    assert {link["rtt_ms"] for link in nodes.practice.control.status()["links"].values()} == {200}
    assert slow.events[-1]["outcome"] == "unchanged"
    quick = nodes.run("demo", "--phase", "names", "--json")
    assert {link["rtt_ms"] for link in nodes.practice.control.status()["links"].values()} == {0}
    assert quick.events[-1]["outcome"] == "unchanged"
    assert slow.events[-1]["seconds"] > 7 * 0.2, "a connection alone takes seven round trips"


@pytest.mark.parametrize(
    "option",
    [("--fail", "hosts"), ("--cut", "node1"), ("--nodes", "0"), ("--fail", "x@node9"), ("--cut", "x@y")],
)
def test_faults_that_can_not_be_are_bad_input(nodes: Place, option: tuple[str, str]) -> None:
    ended = nodes.run("demo", "--phase", "names", *option)
    assert ended.code == 2, ended.err
    assert "Traceback" not in ended.err


def test_a_cut_line_stops_nothing(cut: tuple[Place, Running]) -> None:
    place, running = cut
    ended = running.ended()
    assert ended.code == 0, ended.err
    links = ended.of("link")
    assert {event["node"] for event in links} == {"node1"}
    states = [event["state"] for event in links]
    assert (states[0], states[-1]) == ("silent", "back") and "lost" in states
    over = {(event["phase"], event["node"]): event["at"] for event in ended.of("phase-ended")}
    assert over["system", "node2"] < links[-1]["at"] < over["names", "node1"], "the others waited"
    steps = attempts(place.practice, "node1", ended.events[0]["run"])
    named = [each for each in steps if each.phase == "names"]
    assert named[-1].ended - named[0].began < CUT_SECONDS / 2, "the node waited for the line"
    told = [(event["phase"], event["step"]) for event in ended.of("step-ended") if event["node"] == "node1"]
    assert told == [(each.phase, each.step) for each in steps], "a step was not told, or twice"
