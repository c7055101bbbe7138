"""zkwizard killed with SIGKILL again and again on its way, and nodes rebooted below it."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.lab import looks
from tests.lab.conftest import Machines
from tests.lab.lab import Lab
from tests.lab.operator import Operator, cluster
from tests.running import began
from zkwizard.phases.order import find

PHASES = ("overlay-join", "runtime", "packages", "init", "join")


def test_killed_in_five_phases_it_goes_on(lab: Lab, machines: Machines, operator: Operator) -> None:
    made = machines("master", "node1")
    operator.writes(cluster(made, lab.key))
    for phase in PHASES:
        running = operator.begin("run", "--yes", "--json", "--accept-new-host-keys")
        running.until(began(phase, "node1" if phase == "join" else "master"), 240)
        running.kill()
    last = operator.makes()
    assert last.code == 0, last.err
    assert last.events[0]["resumed"] is True
    assert len(operator.runs) == 1
    assert looks.ready(made[0]) == looks.all_ready(made)
    for machine in made:
        steps = looks.attempts(machine, operator.runs[0].name)
        assert looks.overlapping(steps) == []
        changed = Counter((step.phase, step.step) for step in steps if step.how == "changed")
        twice = [(phase, step) for (phase, step), times in changed.items() if times > 1]
        assert [step for step in twice if not find(step[0]).each_time] == []
        planned = {
            (e["phase"], step)
            for e in last.of("phase-started")
            for step in e["steps"]
            if e["node"] == machine.name
        }
        assert planned <= {(step.phase, step.step) for step in steps}
        assert looks.jobs(machine) == []
    again = operator.makes()
    assert {event["outcome"] for event in again.of("step-ended")} == {"unchanged"}


@pytest.mark.parametrize("phase", ["packages", "join"])
def test_a_node_rebooted_in_the_middle_of(
    phase: str, lab: Lab, machines: Machines, operator: Operator
) -> None:
    """The run goes on by itself once the node is back, and the cluster comes up."""
    made = machines("master", "node1")
    operator.writes(cluster(made, lab.key))
    node1 = made[1]
    if phase == "packages":
        looks.slow(node1, "kubelet")
    running = operator.begin("run", "--yes", "--json", "--accept-new-host-keys")
    running.until(began(phase, "node1"), 240)
    if phase == "packages":
        looks.gets_slow(node1)
        node1.write("/etc/lab/postinst", "#!/bin/sh\n", 0o755)
    node1.reboot()
    running.until(lambda event: event["event"] == "link" and event["state"] == "back", 120)
    ended = running.ended(240)
    assert ended.code == 0, ended.err
    assert looks.ready(made[0]) == looks.all_ready(made)
    assert looks.dpkg_is_whole(node1)
    assert looks.jobs(node1) == []
