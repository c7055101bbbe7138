"""Hostile texts in every field of the cluster file: refused, or byte for byte in a practice node's files.

The programs are the phases' own, rendered and run by the real connection as jobs; of each phase those steps
run that write files. The texts try to make a file, /tmp/pwned, should anything ever be executed.
"""

from __future__ import annotations

import asyncio
import base64
import copy
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.practice.commands import RUNS, inside
from zkwizard.demo import practice
from zkwizard.engine.follow import Follower
from zkwizard.engine.vault import Vault
from zkwizard.model.cluster import Cluster
from zkwizard.model.context import Context
from zkwizard.model.events import Event, StepEnded
from zkwizard.model.placeholders import split_secrets
from zkwizard.model.ports import End, Job
from zkwizard.model.program import Program
from zkwizard.model.secret import Redactor, Secret
from zkwizard.model.step import Outcome, Step
from zkwizard.model.text import T, Text
from zkwizard.phases import config, names, packages, proxy, runtime
from zkwizard.phases.documents.join import join_text
from zkwizard.phases.labels import labels
from zkwizard.remote.network import SshNetwork
from zkwizard.steps import vocabulary
from zkwizard.steps.render import render
from zkwizard.store.clusterfile import parse

CANARY = Path("/tmp/pwned")
ELSEWHERE = ("cloud-init", "hosts-template")
"""Steps that do nothing on this machine."""
_NONCE = "0123456789abcdef0123456789abcdef"
_KNOWN = {("master", "kubernetes-version"): "1.36.4", ("master", "kubernetes-package"): "1.36.4-1.1"}
_CA_HASH = f"sha256:{'0' * 64}"
BASE: dict[str, Any] = {
    "name": "zk",
    "domain": "zk.internal",
    "overlay": {"network": "0123456789abcdef", "cidr": "10.9.8.0/24"},
    "proxy": {"url": "http://ann@10.9.8.9:3128", "no_proxy": ["a.example"]},
    "mirrors": {
        "packages": {
            kind: {
                "url": "https://m.example",
                "suite": "/",
                "components": ["main"],
                "key": "https://m.example/key",
            }
            for kind in ("kubernetes", "runtime", "zerotier")
        },
        "images": {"repository": "m.example/k", "registries": {"ghcr.io": "https://m.example"}},
    },
    "kubernetes": {
        "version": "1.36",
        "ignore_preflight": ["Mem"],
        "kubelet": {"clusterDomainX": "y"},
        "kube_proxy": {"x": ["y"]},
        "api_server": {"extraArgs": [{"name": "audit-log-path", "value": "y"}], "certSANs": ["y"]},
        "etcd": {"extraArgs": [{"name": "quota-backend-bytes", "value": "y"}], "imageTag": "y"},
    },
    "nodes": [
        {
            "name": "master",
            "role": "control-plane",
            "provider": "aws",
            "region": "r",
            "spec": "s",
            "ssh": {"host": "192.0.2.1", "user": "root"},
            "overlay_ip": "10.9.8.118",
            "proxy": True,
            "labels": {"a": "b"},
            "taints": [{"key": "a", "value": "b", "effect": "NoExecute"}],
        },
        {"name": "node1", "ssh": {"host": "192.0.2.2", "jump": "b.example"}, "overlay_ip": "10.9.8.65"},
    ],
}
Where = tuple[str | int, ...]
FREE: tuple[Where, ...] = (
    ("kubernetes", "kubelet", "clusterDomainX"),
    ("kubernetes", "kube_proxy", "x", 0),
    ("kubernetes", "api_server", "extraArgs", 0, "value"),
    ("kubernetes", "etcd", "extraArgs", 0, "value"),
)
"""Fields whose text goes into kubeadm.yaml as it is."""
FIELDS: tuple[Where, ...] = (
    *FREE,
    ("name",),
    ("domain",),
    ("overlay", "network"),
    ("proxy", "url"),
    ("proxy", "no_proxy", 0),
    *(
        ("mirrors", "packages", kind, *key)
        for kind in ("kubernetes", "runtime", "zerotier")
        for key in (("url",), ("suite",), ("components", 0), ("key",))
    ),
    ("mirrors", "images", "repository"),
    ("mirrors", "images", "registries", "ghcr.io"),
    ("kubernetes", "version"),
    ("kubernetes", "ignore_preflight", 0),
    ("kubernetes", "api_server", "extraArgs", 0, "name"),
    ("kubernetes", "api_server", "certSANs", 0),
    ("kubernetes", "etcd", "imageTag"),
    ("nodes", 0, "name"),
    ("nodes", 0, "provider"),
    ("nodes", 0, "region"),
    ("nodes", 0, "spec"),
    ("nodes", 0, "ssh", "user"),
    ("nodes", 0, "labels", "a"),
    ("nodes", 0, "taints", 0, "key"),
    ("nodes", 0, "taints", 0, "value"),
    ("nodes", 1, "name"),
    ("nodes", 1, "ssh", "host"),
    ("nodes", 1, "ssh", "jump"),
)
ATTACKS = (
    f"$(touch {CANARY})",
    f"`touch {CANARY}`",
    f"'; touch {CANARY}; '",
    f'"; touch {CANARY} #',
    f"x\ntouch {CANARY}\n",
    f"\nEOF\ntouch {CANARY}\n",
    f"\n# END zkwizard hosts\ntouch {CANARY}\n",
    f"-rf --help; touch {CANARY}",
    f"$(touch${{IFS}}{CANARY})",
    "上海「雲」\u3000é😀",
    "%s%n\\n\\0 %H $HOME ~ * ? [a]",
    "{{ .Name }} &amp; !!python/object: #x",
    "y" * 1000,
    "'" * 40,
    "a$(x)b",
    "-",
    "' \" ` $ \\ \t|;&<>(){}",
    "no",
    "1.36",
    "\n\n",
    " blank at both ends ",
)
"""Also accepted ones: a proxy user may hold $(), a suite + and ~, and so on."""
FITTING = (
    "http://a$(touch)'b%27!*@10.9.8.9:1",
    "http://$(reboot)@10.9.8.9:1",
    "http://a%22%60@h:1",
    "*.a.example",
    "10.0.0.0/8",
    "x+~_",
    "a/b",
    "http://m.example/%27%24~=,+@:%60",
    "https://m.example:5000/a%22",
    "A.b_c-d",
    "b",
    "",
)
"""What some fields accept, with as much of the above as they allow."""
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


def changed(data: dict[str, Any], where: Where, text: str) -> dict[str, Any]:
    """The answers with one text replaced."""
    made = copy.deepcopy(data)
    inner: Any = made
    for key in where[:-1]:
        inner = inner[key]
    inner[where[-1]] = text
    return made


def accepted(data: dict[str, Any]) -> Cluster | None:
    """What ``check`` makes of the answers, written as YAML with every strange character escaped."""
    document = yaml.safe_dump(data, default_style='"', allow_unicode=False)
    document = re.sub(r'!!(bool|int) "(\w+)"', r"\2", document)
    return parse(document, Path("/nonexistent/cluster.yaml"))[0]


def file_steps(cluster: Cluster) -> list[Step]:
    """The steps that write files, of all phases that do, each with nothing but its writing and its check."""
    context = Context(cluster, cluster.nodes[0], {}, {**_KNOWN, **_known(cluster)})
    found = [
        replace(step, id=f"{phase.PHASE.id}-{step.id}", apply=writing, verify="")
        for phase in (names, proxy, runtime, packages, config)
        for step in phase.steps(context)
        if isinstance(step, Step)
        and step.content
        and step.id not in ELSEWHERE
        and (writing := _writing(step))
    ]
    document = join_text(cluster, cluster.nodes[1], _CA_HASH)
    found.append(
        vocabulary.file("join", T("join"), T("join"), path="/etc/join.yaml", content=document, mode="600")
    )
    return [*found, *map(_recorded, labels(cluster.nodes))]


def _known(cluster: Cluster) -> dict[tuple[str, str], str]:
    leader = cluster.first_control_plane.name
    return {(leader, name): value for (_, name), value in _KNOWN.items()}


def _writing(step: Step) -> str:
    return "\n".join(line for line in step.apply.splitlines() if re.search(r"zk_(block_)?put ", line))


def _recorded(step: Step) -> Step:
    """kubectl's arguments in a file instead of a cluster, an argument per line."""
    record = 'zk_kubectl() { printf "%s\\n" "$@" >>/tmp/kubectl-arguments; }\nrm -f /tmp/kubectl-arguments\n'
    return replace(step, check="false", apply=record + step.apply, verify=":")


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
    try:
        nodes = practice.start(folder / "nodes", practice.PracticeOptions(nodes=1))
    except practice.PracticeError as error:
        pytest.skip(str(error))
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


@pytest.mark.parametrize("where", FREE, ids=str)
@pytest.mark.parametrize("text", [attack for attack in ATTACKS if len(attack) < 1000], ids=repr)
def test_free_texts_are_accepted_whatever_they_try(where: Where, text: str) -> None:
    assert accepted(changed(BASE, where, text)) is not None


@pytest.mark.parametrize("where", [where for where in FIELDS if where not in FREE], ids=str)
def test_what_a_shell_would_act_on_is_refused_or_for_people(where: Where) -> None:
    for text in ATTACKS[:9]:
        cluster = accepted(changed(BASE, where, text))
        if cluster is None:
            continue
        programs = "".join(step.apply + step.check + step.content for step in file_steps(cluster))
        assert str(CANARY) not in programs or where[-1] in ("certSANs", "imageTag", 0, "name"), where
