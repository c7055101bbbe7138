"""Hostile texts in every field of the cluster file: refused, or byte for byte in a practice node's files.

The programs are the phases' own, rendered and run by the real connection as jobs; of each phase those steps
run that write files. The texts try to make a file, /tmp/pwned, should anything ever be executed.
"""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.missing import or_skip
from tests.practice.commands import RUNS, inside
from tests.practice.hostile import (
    ATTACKS,
    BASE,
    CANARY,
    FIELDS,
    FITTING,
    FREE,
    Where,
    accepted,
    changed,
    file_steps,
)
from zkwizard.demo import practice
from zkwizard.engine.follow import Follower
from zkwizard.engine.vault import Vault
from zkwizard.model.cluster import Cluster
from zkwizard.model.events import Event, StepEnded
from zkwizard.model.placeholders import split_secrets
from zkwizard.model.ports import End, Job
from zkwizard.model.program import Program
from zkwizard.model.secret import Redactor, Secret
from zkwizard.model.step import Outcome, Step
from zkwizard.model.text import Text
from zkwizard.remote.network import SshNetwork
from zkwizard.steps.render import render
from zkwizard.store.clusterfile import parse

_NONCE = "0123456789abcdef0123456789abcdef"
TEXTS = st.one_of(
    st.sampled_from(ATTACKS),
    st.sampled_from(FITTING),
    st.lists(st.sampled_from(ATTACKS), min_size=2, max_size=3).map("".join),
    st.text(max_size=30),
)
OTHERS = st.dictionaries(st.sampled_from(FIELDS[len(FREE) :]), TEXTS, min_size=6, max_size=12)
DOCUMENTS = st.tuples(st.fixed_dictionaries(dict.fromkeys(FREE, TEXTS)), OTHERS).map(
    lambda two: {**two[0], **two[1]}
)


class Machine:
    """One practice node, and the real way to it."""

    def __init__(self, nodes: practice.Practice, folder: Path) -> None:
        self.nodes = nodes
        self._count = 0
        self._runner = asyncio.Runner()
        (folder / "known_hosts").write_text(nodes.known_hosts())
        cluster = parse(nodes.cluster_yaml(), folder / "cluster.yaml")[0]
        assert cluster
        self.redactor = Redactor()
        self.vault = Vault(self, self.redactor)
        self._network = SshNetwork(cluster, folder / "known_hosts", self, redactor=self.redactor)

    def secret(self, name: str, question: Text) -> Secret | None:
        """A hostile password for the proxy."""
        return Secret(name, f"p'\"%$(touch {CANARY})`x`\\ 雲")

    def accept_host_key(self, node: str, host: str, fingerprint: str) -> bool:
        """All are known."""
        return False

    def run(self, program: Program, cluster: Cluster) -> tuple[int | None, list[StepEnded]]:
        """Run it as a job; its status, and how its steps ended."""
        return self._runner.run(self._run(program, cluster))

    async def _run(self, program: Program, cluster: Cluster) -> tuple[int | None, list[StepEnded]]:
        self._count += 1
        events: list[Event] = []
        follower = Follower(program.phase, "master", _NONCE, self.redactor, events.append)
        job = Job(
            run=f"r{self._count}",
            phase=program.phase,
            program=program.text,
            nonce=_NONCE,
            cluster=cluster.name,
            operator="ann'$(x)@laptop",
            secrets={name: await self.vault.get(name) for name in program.secrets},
        )
        connection = self._network.connection("master")
        end = await connection.job(job, follower)
        await connection.release(job.run)
        follower.close()
        assert end.end is End.ENDED, inside(self.nodes, "master", f"tail -n 20 {RUNS}/{job.run}/*/log")
        return follower.status, [event for event in events if isinstance(event, StepEnded)]

    def file(self, path: str) -> bytes:
        """A file of the node."""
        return base64.b64decode(inside(self.nodes, "master", f"base64 <{path}"))

    def expected(self, step: Step) -> bytes:
        """The content of a step's file, secrets in their places."""
        pieces = split_secrets(step.content)
        for index in range(1, len(pieces), 2):
            pieces[index] = self._runner.run(self.vault.get(pieces[index])).reveal()
        return "".join(pieces).encode()

    def close(self) -> None:
        """End the connection and the node."""
        self._runner.run(self._network.close())
        self._runner.close()
        self.nodes.stop()


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A practice node for all examples."""
    folder = tmp_path_factory.mktemp("hostile")
    with or_skip():
        nodes = practice.start(folder / "nodes", practice.PracticeOptions(nodes=1))
    machine = Machine(nodes, folder)
    yield machine
    machine.close()


@settings(max_examples=20, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(texts=DOCUMENTS)
def test_texts_are_refused_or_arrive_byte_for_byte(machine: Machine, texts: dict[Where, str]) -> None:
    data = BASE
    for where, text in texts.items():
        if accepted(one := changed(data, where, text)):
            data = one
    cluster = accepted(data)
    assert cluster
    steps = file_steps(cluster)
    status, ended = machine.run(render("hostile", "T", "master", steps), cluster)
    assert status == 0, [event for event in ended if event.outcome is Outcome.FAILED]
    _arrived(machine, cluster, steps)
    _meant(machine, data)
    assert inside(machine.nodes, "master", f"ls {CANARY} 2>/dev/null || :") == "" and not CANARY.exists()


def _arrived(machine: Machine, cluster: Cluster, steps: list[Step]) -> None:
    """Every file holds what its step says, a block within its marks."""
    for step in steps:
        if put := re.search(r"zk_put (\S+) ", step.apply):
            path = put[1].strip("\"'").replace("$ZK_HOME", "/var/lib/zkwizard")
            assert machine.file(path) == machine.expected(step), path
        elif block := re.search(r"zk_block_put (\S+) (\S+)", step.apply):
            marked = f"# BEGIN zkwizard {block[2]}\n{step.content}# END zkwizard {block[2]}\n"
            assert machine.file(block[1]).count(marked.encode()) == 1
    node = cluster.nodes[0]
    if node.labels or node.taints:
        said = machine.file("/tmp/kubectl-arguments").decode().splitlines()
        assert {f"{key}={value}" for key, value in node.labels.items()} <= set(said)
        assert {f"{taint.key}={taint.value}:{taint.effect}" for taint in node.taints or ()} <= set(said)


def _meant(machine: Machine, data: dict[str, Any]) -> None:
    """What is passed on to kubeadm as it is reads back as the very same text."""
    documents = {
        each["kind"]: each
        for each in yaml.safe_load_all(machine.file("/etc/kubernetes/zkwizard/kubeadm.yaml"))
    }
    given = data["kubernetes"]
    assert documents["KubeletConfiguration"]["clusterDomainX"] == given["kubelet"]["clusterDomainX"]
    assert documents["KubeProxyConfiguration"]["x"] == given["kube_proxy"]["x"]
    cluster = documents["ClusterConfiguration"]
    assert given["api_server"]["extraArgs"][0] in cluster["apiServer"]["extraArgs"]
    assert given["api_server"]["certSANs"][0] in cluster["apiServer"]["certSANs"]
    assert given["etcd"]["extraArgs"][0] in cluster["etcd"]["local"]["extraArgs"]
    assert cluster["etcd"]["local"]["imageTag"] == given["etcd"]["imageTag"]
