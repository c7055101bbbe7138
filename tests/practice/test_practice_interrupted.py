"""Runs that are stopped, forgotten, or met by a second operator."""

from __future__ import annotations

import time

import pytest

from tests.practice.commands import RUNS, Place, inside
from tests.running import began, step
from tests.waiting import until

_OF_THE_JOB = f"""\
for pid in {RUNS}/*/packages/pid; do
  read -r _ _ _ job <"$pid"
  grep -lzxF "ZK_JOB=$job" /proc/[0-9]*/environ || :
done 2>/dev/null"""
"""Processes of the jobs of phase packages, by what they carry in their environment."""


@pytest.fixture(scope="module")
def nodes(shared: Place) -> Place:
    """Two fresh nodes."""
    assert shared.run("demo", "--nodes", "2", "--phase", "probe").code == 0
    return shared


def test_nodes_made_anew_know_nothing_of_a_killed_run(place: Place) -> None:
    running = place.begin("demo", "--nodes", "1", "--phase", "names", "--phase", "system", "--json")
    running.until(began("system", "master"))
    running.kill()
    place.stop()
    ended = place.run("demo", "--nodes", "1", "--phase", "names", "--phase", "system", "--json")
    assert ended.code == 0, ended.err
    assert "10.9.8.118" in inside(place.practice, "master", "cat /etc/hosts"), "the phase was left out"


def test_ctrl_c_waits_for_the_step_at_work(nodes: Place) -> None:
    nodes.hold("node1", 600)
    running = nodes.begin("demo", "--phase", "runtime", "--json")
    running.until(step("containerd-package", "node1"))
    running.interrupt()
    stop = f"ls {RUNS}/*/runtime/stop 2>/dev/null || :"
    until(lambda: inside(nodes.practice, "node1", stop), "node1 is told to stop")
    assert running.process.poll() is None, "it did not wait"
    nodes.hold("node1", 0)
    ended = running.ended()
    assert ended.code == 130, ended.err
    assert "Ctrl-C again stops now" in ended.err
    assert ended.events[-1]["outcome"] == "stopped"
    begun = [event["step"] for event in ended.of("step-began") if event["node"] == "node1"]
    assert begun[-1] == "containerd-package"
    assert "node1" in {event["node"] for event in ended.of("step-ended") if event["outcome"] == "changed"}
    again = nodes.run("demo", "--phase", "runtime", "--json")
    assert again.code == 0, again.err
    outcomes = {
        event["step"]: event["outcome"] for event in again.of("step-ended") if event["node"] == "node1"
    }
    assert outcomes["containerd-package"] == "unchanged" and outcomes["containerd-config"] == "changed"


def test_ctrl_c_twice_stops_now(nodes: Place) -> None:
    assert nodes.run("demo", "--phase", "runtime").code == 0
    nodes.hold("master", 600)
    running = nodes.begin("demo", "--phase", "packages", "--json")
    running.until(began("packages", "master"))
    until(lambda: inside(nodes.practice, "master", _OF_THE_JOB), "the job is at work")
    running.interrupt()
    running.says("again stops now")
    running.interrupt()
    pressed = time.monotonic()
    ended = running.ended(20)
    assert time.monotonic() - pressed < 8
    assert ended.code == 130, ended.err
    assert "stopping now" in ended.err
    assert inside(nodes.practice, "master", _OF_THE_JOB) == ""
    nodes.hold("master", 0)
    again = nodes.run("demo", "--phase", "packages", "--json")
    assert again.code == 0, again.err


def test_a_second_operator_is_told_who_is_at_work(place: Place, second: Place) -> None:
    assert place.run("demo", "--nodes", "2", "--phase", "probe").code == 0
    place.hold("node1", 600)
    first = place.begin("demo", "--phase", "runtime", "--phase", "packages", "--json")
    run = first.until(lambda event: event["event"] == "run-started")["run"]
    first.until(step("containerd-package", "node1"))
    command = ("run", place.file, "--yes", "--json", "--accept-new-host-keys", "--phase", "names")
    for options in ((), ("--take-over",)):
        refused = second.run(*command, "--node", "node1", *options)
        assert refused.code == 1, refused.err
        (reason,) = [event["reason"] for event in refused.of("phase-ended")]
        assert (
            "is at work there, in phase runtime" in reason and run in reason and "cluster practice" in reason
        )
    first.kill()
    place.hold("node1", 0)
    place.ends(run, "runtime", "node1")
    refused = second.run(*command, "--node", "node1")
    assert refused.code == 1
    assert "which is not at work" in refused.of("phase-ended")[0]["reason"]
    taken = second.run(*command, "--node", "node1", "--take-over")
    assert taken.code == 0, taken.err
    back = place.run("demo", "--phase", "runtime", "--phase", "packages", "--json")
    assert back.code == 0, back.err
    assert (back.events[0]["run"], back.events[0]["resumed"]) == (run, True)


def test_two_commands_on_one_state_folder_do_not_run_at_once(place: Place) -> None:
    assert place.run("demo", "--nodes", "1", "--phase", "probe").code == 0
    place.hold("master", 600)
    first = place.begin("demo", "--phase", "runtime", "--json")
    first.until(step("containerd-package", "master"))
    refused = place.run("demo", "--phase", "names")
    assert refused.code == 1
    assert f"another zkwizard is running this cluster here (process {first.process.pid})" in refused.err
    place.hold("master", 0)
    assert first.ended().code == 0
