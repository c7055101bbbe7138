"""Evidence over the network port: one round trip per node, and what is said of nodes that don't answer."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.ports import Unasked, UnaskedNetwork
from tests.unit.diagnosis.excerpts import CLUSTER, healthy, read
from zkwizard.cli.causes import told
from zkwizard.diagnosis.evidence import STEP
from zkwizard.engine.inside.explanation import Explanation, after_failure, explain
from zkwizard.model.errors import ConnectionFailed
from zkwizard.model.events import Explained, PhaseEnded, StepEnded
from zkwizard.model.ports import Completed
from zkwizard.model.secret import Redactor, Secret
from zkwizard.model.step import Outcome
from zkwizard.store.journal import Journal, failed_steps
from zkwizard.store.state import ClusterState

NODES = tuple(node.name for node in CLUSTER.nodes)
_WHEN = 1795371384.5


class Excerpts(UnaskedNetwork):
    """A network whose nodes answer the script with excerpts."""

    def __init__(self, parts: Mapping[tuple[str, str], str], silent: tuple[str, ...] = ()) -> None:
        self.parts = parts
        self.silent = silent
        self.asked: list[str] = []

    def connection(self, node: str) -> Answering:
        return Answering(self, node)


class Answering(Unasked):
    """One of its nodes."""

    def __init__(self, network: Excerpts, node: str) -> None:
        super().__init__(node)
        self.network = network

    async def connect(self) -> None:
        if self.node in self.network.silent:
            raise ConnectionFailed(self.node, "nobody answers at port 22")

    async def script(self, text: str, *, limit: float = 60.0) -> Completed:
        self.network.asked.append(self.node)
        found = re.search(r"\\036([0-9a-f]{32}) %s", text)
        assert found
        own = {part: body for (node, part), body in self.network.parts.items() if node == self.node}
        own |= {"end": "", "evidence-end": ""}
        out = "".join(f"\n\x1e{found[1]} {part}\n{body}" for part, body in own.items() if part != STEP)
        return Completed(out.encode(), b"", 0, _WHEN, _WHEN)


def _explain(network: Excerpts, **options: Any) -> Explanation:
    return asyncio.run(explain(CLUSTER, network, NODES, **options))


def test_one_round_trip_per_node() -> None:
    network = Excerpts({**healthy(), **read("swap-on")})
    found = _explain(network, file="home.yaml")
    assert sorted(network.asked) == sorted(NODES)
    assert [(cause.id, cause.node) for cause in found.causes] == [("swap-on", "node1")]
    assert (found.nodes, found.unreachable) == (NODES, {})


def test_a_node_that_is_not_reached_is_said_and_the_others_are_explained() -> None:
    network = Excerpts({**healthy(), **read("overlay-silent")}, silent=("node2",))
    found = _explain(network)
    assert found.nodes == ("master", "node1")
    assert found.unreachable == {"node2": "nobody answers at port 22"}
    assert [(cause.id, cause.node) for cause in found.causes] == [("overlay-silent", "node2")]


def test_the_last_lines_of_a_failed_step_are_evidence() -> None:
    tail = read("token-expired")["node1", STEP].splitlines()
    found = _explain(Excerpts(healthy()), tails={"node1": tail})
    assert [(cause.id, cause.repair) for cause in found.causes] == [("token-expired", ("join-token", "join"))]
    assert [str(line) for line in found.causes[0].seen] == tail[:1]


def test_secrets_are_redacted_before_anything_is_read() -> None:
    parts = {**healthy(), ("node1", "proxy"): "containerd ann:hunter2@10.9.8.1:1081 7 curl: (7) refused"}
    (cause,) = _explain(Excerpts(parts), redact=Redactor([Secret("proxy", "hunter2")])).causes
    assert "hunter2" not in str(cause.as_json()) and "[secret]" in str(cause.seen[0])


def test_only_what_concerns_the_nodes_asked_for_is_kept() -> None:
    parts = {**healthy(), **read("ip-forward-off"), **read("zerotier-stopped")}
    found = _explain(Excerpts(parts))
    assert [cause.id for cause in found.causes] == ["zerotier-stopped", "ip-forward-off"]
    assert [cause.id for cause in found.of(["node1"]).causes] == ["ip-forward-off"]
    assert [cause.id for cause in found.of(["node2"]).causes] == ["zerotier-stopped"]


def test_after_a_failure_nobody_who_answers_is_no_cause_and_no_error() -> None:
    network = Excerpts(healthy(), silent=NODES)
    found = asyncio.run(after_failure(CLUSTER, network, NODES, {}, lambda data: data))
    assert found == ()


def test_an_event_says_everything_and_people_read_it_in_lines() -> None:
    (cause,) = _explain(Excerpts({**healthy(), **read("swap-on")}), file="home.yaml").causes
    data = Explained(at=0.0, cause=cause).as_json()
    assert data["event"] == "cause"
    assert data["cause"]["repair"] == ["system", "join"]
    assert data["cause"]["commands"][0] == {"node": "node1", "command": "swapoff -a"}
    lines = told(cause, 1)
    assert lines[0] == "1. cause at node1: Swap is on at node1."
    assert "   seen:     /proc/swaps: /dev/sda2 (partition, 2047 MB)" in lines
    assert "      node1#     swapoff -a" in lines
    assert lines[-1] == "   explains: kubelet-down@node1"


def test_the_journal_gives_the_last_lines_of_what_still_fails(tmp_path: Path) -> None:
    folder = ClusterState(tmp_path, "home").new_run()
    journal = Journal(folder)
    for phase, node in (("names", "node1"), ("join", "node2")):
        failed: dict[str, Any] = {"at": 1.0, "phase": phase, "node": node, "outcome": Outcome.FAILED}
        journal(StepEnded(**failed, step="thing", tail=(f"{phase} went wrong",)))
        journal(PhaseEnded(**failed))
    journal(PhaseEnded(at=2.0, phase="names", node="node1", outcome=Outcome.CHANGED))
    journal.close()
    assert failed_steps(folder) == {"node2": ("join went wrong",)}
