"""Who follows somebody else's work reads what each step is for, whether that is a run or a reset."""

from __future__ import annotations

from pathlib import Path

import pytest

from zkwizard.cli.follow import FollowPrinter, follow_titles
from zkwizard.engine.planning import plan
from zkwizard.model.cluster import Cluster
from zkwizard.model.events import StepBegan
from zkwizard.model.remains import Teardown
from zkwizard.phases.order import PHASES
from zkwizard.phases.teardown.order import phases
from zkwizard.store.clusterfile import load

FILE = """\
name: home
overlay:
  network: "8fa62dfe16000001"
  cidr: 10.9.8.0/24
nodes:
  - {name: master, role: control-plane, ssh: {host: 203.0.113.18}, overlay_ip: 10.9.8.118}
  - {name: node1, ssh: {host: 198.51.100.65}, overlay_ip: 10.9.8.65}
  - {name: node2, ssh: {host: 198.51.100.66}, overlay_ip: 10.9.8.66}
"""


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    (tmp_path / "cluster.yaml").write_text(FILE)
    return load(tmp_path / "cluster.yaml")


@pytest.mark.parametrize(
    "teardown",
    [
        None,
        Teardown(("master", "node1", "node2")),
        Teardown(("master", "node1", "node2"), packages=True, leave_overlay=True),
        Teardown(("node2",), packages=True),
    ],
)
def test_every_step_that_somebody_may_be_at_has_its_title(
    cluster: Cluster, teardown: Teardown | None
) -> None:
    known = follow_titles(cluster)
    planned = plan(cluster, phases(teardown) if teardown else PHASES).phases
    steps = [
        (each.phase.id, each.node, step.id) for each in planned if each.program for step in each.program.steps
    ]
    assert len(steps) > 20
    assert [at for at in steps if not known.get(at)] == []


def test_it_is_shown_when_a_step_begins(cluster: Cluster, capsys: pytest.CaptureFixture[str]) -> None:
    printer = FollowPrinter(follow_titles(cluster))
    printer.show([StepBegan(at=0.0, phase="drain", node="master", step="drain-node1")])
    assert capsys.readouterr().out.endswith("drain-node1 …  Pods of node1 move to other nodes\n")
