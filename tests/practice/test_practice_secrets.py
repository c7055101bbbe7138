"""A whole run with secrets of every kind, killed three times.

It goes on and does every step once at a time, and the secrets are found only where they must be: in files of
mode 0600 on the node that needs them.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml

from tests.missing import or_skip
from tests.practice.commands import Place, attempts, enter, inside, processes, ready
from tests.running import Ended, Running, began
from tests.sshd import accounts
from tests.sshd.cluster import cluster_file
from tests.sshd.farm import farm
from zkwizard.demo import practice
from zkwizard.demo.server import preserve_ids
from zkwizard.phases.order import find

SSH_PASSWORD = "Pl4nted-ssh pass'word"
PASSPHRASE = 'Pl4nted-key "phrase"'
PROXY_PASSWORD = "Pl4nted@proxy:pass%w$rd"
PROXY_PORT = 3128
KILLED_IN = (("packages", "node1"), ("init", "master"), ("join", "node1"))
MAY_HOLD_THE_PROXY = {
    "/var/lib/zkwizard/curlrc",
    "/etc/apt/apt.conf.d/95zkwizard-proxy",
    "/etc/containerd/zkwizard-proxy.env",
}
_LISTEN = """\
import socket, sys
server = socket.create_server(("", int(sys.argv[1])))
print("listening", flush=True)
while True:
    server.accept()[0].close()
"""


@dataclass
class Arguments:
    """Collects the command lines of all processes until told to stop."""

    seen: set[bytes] = field(default_factory=set)
    _over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def collected(self) -> Iterator[None]:
        """While this is open."""
        thread = threading.Thread(target=self._collect)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def _collect(self) -> None:
        while not self._over.wait(0.03):
            self.seen.update(processes())


@dataclass(frozen=True)
class Planted:
    """The run that was killed again and again, and its end."""

    place: Place
    practice: practice.Practice
    file: Path
    killed: tuple[Ended, ...]
    ended: Ended
    arguments: set[bytes]

    @property
    def run(self) -> Path:
        """The folder of the one run."""
        (run,) = (self.place.state / "clusters" / "practice" / "runs").iterdir()
        return run

    @property
    def tokens(self) -> list[str]:
        """The bootstrap tokens of the run, from the API server's own store. A run that goes on while a node
        has not joined yet makes another one, as nobody kept the first.
        """
        document = json.loads((self.practice.state_dir / "shared" / "cluster.json").read_text())
        tokens = [f"{name}.{own['secret']}" for name, own in document["tokens"].items() if _ours(own)]
        assert len(tokens) in (1, 2)
        return tokens


def _ours(token: dict[str, str]) -> bool:
    """Whether a token of the cluster is the one that zkwizard made for the joins."""
    return "zkwizard" in token["description"]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planted]:
    """The control plane by a key with a passphrase, the worker by a password and behind a proxy."""
    folder = tmp_path_factory.mktemp("planted")
    options = practice.PracticeOptions(nodes=2, authorise_after=1.0, password=SSH_PASSWORD)
    with or_skip():
        nodes = practice.start(folder / "nodes", options)
    place = Place(
        folder / "state",
        ZKWIZARD_SSH_PASSWORD=SSH_PASSWORD,
        ZKWIZARD_SSH_PASSPHRASE=PASSPHRASE,
        ZKWIZARD_PROXY_PASSWORD=PROXY_PASSWORD,
    )
    file = _cluster_file(folder, nodes)
    arguments = Arguments()
    try:
        with _proxy(nodes), arguments.collected():
            command = ("run", file, "--yes", "--json", "--accept-new-host-keys")
            killed = tuple(_killed(place.begin(*command), *where) for where in KILLED_IN)
            ended = place.run(*command)
        yield Planted(place, nodes, file, killed, ended, arguments.seen)
    finally:
        nodes.stop()


def _killed(running: Running, phase: str, node: str) -> Ended:
    """SIGKILL as soon as the phase is at work there."""
    running.until(began(phase, node))
    return running.kill()


def _cluster_file(folder: Path, nodes: practice.Practice) -> Path:
    key = folder / "locked-key"
    shutil.copy(nodes.client_key, key)
    subprocess.run(
        ["ssh-keygen", "-q", "-p", "-P", "", "-N", PASSPHRASE, "-f", key], check=True, capture_output=True
    )
    document = yaml.safe_load(nodes.cluster_yaml())
    document["proxy"] = {"url": f"http://ann@{nodes.nodes[0].underlay_ip}:{PROXY_PORT}"}
    document["nodes"][0]["ssh"]["key"] = str(key)
    del document["nodes"][1]["ssh"]["key"]
    document["nodes"][1]["proxy"] = True
    file = folder / "cluster.yaml"
    file.write_text(yaml.safe_dump(document))
    return file


@contextmanager
def _proxy(nodes: practice.Practice) -> Iterator[None]:
    """Something that can be connected to, in the control plane's network."""
    net = ["nsenter", "-t", str(nodes.nodes[0].pid), "-n"]
    net += ["-U", "--preserve-credentials"] if preserve_ids() else []
    command = [*net, "--", sys.executable, "-c", _LISTEN, str(PROXY_PORT)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout and process.stdout.readline() == b"listening\n"
        try:
            yield
        finally:
            process.kill()


def forms(secret: str) -> list[bytes]:
    """A secret as it is, percent-encoded, and so for systemd."""
    encoded = quote(secret, safe="")
    return list(dict.fromkeys(form.encode() for form in (secret, encoded, encoded.replace("%", "%%"))))


def files_with(folder: Path, secret: str) -> set[Path]:
    """Files below a folder that hold a secret in any form."""
    found = set()
    for path in folder.rglob("*"):
        if path.is_file() and any(form in path.read_bytes() for form in forms(secret)):
            found.add(path)
    return found


def on_node(nodes: practice.Practice, node: str, secret: str) -> set[str]:
    """The same for what a node keeps."""
    patterns = [word for form in forms(secret) for word in ("-e", form.decode())]
    places = ["/var/lib/zkwizard", "/etc", "/var/log", "/root", "/tmp", "/run", "/home"]
    search = ["sh", "-c", 'grep -rlaF -D skip "$@" 2>/dev/null || :', "sh", *patterns, *places]
    return set(enter(nodes, node, search).stdout.decode().split())


def test_a_killed_run_goes_on_to_its_end(planted: Planted) -> None:
    assert planted.ended.code == 0, planted.ended.err + planted.ended.out[-2000:]
    assert [killed.code for killed in planted.killed] == [-9, -9, -9]
    starts = [ended.events[0] for ended in (*planted.killed, planted.ended)]
    assert [start["resumed"] for start in starts] == [False, True, True, True]
    assert {start["run"] for start in starts} == {planted.run.name}
    assert ready(planted.practice) == {"master": "Ready", "node1": "Ready"}


@pytest.mark.parametrize("node", ["master", "node1"])
def test_no_step_ran_twice_at_once_and_none_was_left_out(planted: Planted, node: str) -> None:
    done = attempts(planted.practice, node, planted.run.name)
    assert [(one, two) for one, two in pairwise(done) if two.began < one.ended] == []
    assert {(each.phase, each.step) for each in done} >= _planned(planted.run, node)
    assert {each.how for each in done} == {"changed", "unchanged"}
    changed = [
        (each.phase, each.step) for each in done if each.how == "changed" and not find(each.phase).each_time
    ]
    assert len(changed) == len(set(changed)), "a step was done again"


def _planned(run: Path, node: str) -> set[tuple[str, str]]:
    """(phase, step) of everything that the journal says was to be done on a node."""
    events = [json.loads(line) for line in (run / "journal.jsonl").read_text().splitlines()]
    started = [event for event in events if event["event"] == "phase-started" and event["node"] == node]
    assert {event["phase"] for event in started} >= {"names", "packages", "verify"}
    return {(event["phase"], name) for event in started for name in event["steps"]}


def test_the_run_used_all_secrets(planted: Planted) -> None:
    lines = (planted.run / "journal.jsonl").read_text().splitlines()
    ends = [event for event in map(json.loads, lines) if event["event"] == "phase-ended"]
    assert {("proxy", "node1"), ("join", "node1")} <= {(event["phase"], event["node"]) for event in ends}
    for path in MAY_HOLD_THE_PROXY:
        text = inside(planted.practice, "node1", f"cat {path}")
        assert f"http://ann:{quote(PROXY_PASSWORD, safe='')}@" in text, path
    assert planted.tokens


@pytest.mark.parametrize("kind", ["ssh password", "key passphrase", "proxy password", "bootstrap token"])
def test_a_secret_is_nowhere_here(planted: Planted, kind: str) -> None:
    printed = "".join(ended.out + ended.err for ended in (*planted.killed, planted.ended)).encode()
    assert len(planted.arguments) > 100
    for secret in _secrets(planted, kind):
        assert files_with(planted.place.state, secret) == set()
        assert files_with(planted.place.home, secret) == set()
        assert not any(form in printed for form in forms(secret))
        assert [line for line in planted.arguments if any(form in line for form in forms(secret))] == []


@pytest.mark.parametrize("kind", ["ssh password", "key passphrase", "proxy password", "bootstrap token"])
def test_a_secret_is_on_nodes_only_where_it_is_needed(planted: Planted, kind: str) -> None:
    allowed = MAY_HOLD_THE_PROXY if kind == "proxy password" else set()
    for secret in _secrets(planted, kind):
        assert on_node(planted.practice, "master", secret) == set()
        assert on_node(planted.practice, "node1", secret) == allowed


def test_what_holds_the_proxy_password_is_for_root_alone(planted: Planted) -> None:
    modes = inside(planted.practice, "node1", f"stat -c '%a %u' {' '.join(sorted(MAY_HOLD_THE_PROXY))}")
    assert modes == "600 0\n" * len(MAY_HOLD_THE_PROXY)


def test_folders_of_state_are_for_their_owner_alone(planted: Planted) -> None:
    for path in planted.place.state.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0 or path.parent.stat().st_mode & 0o077 == 0, path
    assert planted.place.state.stat().st_mode & 0o777 == 0o700


def test_the_variable_for_the_passphrase_is_the_one_of_the_readme(planted: Planted) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    (name,) = set(re.findall(r"ZKWIZARD_\w+_PASSPHRASE", readme))
    place = Place(planted.place.state.with_name("readme"), **{name: PASSPHRASE})
    probed = place.run("probe", planted.file, "--node", "master", "--accept-new-host-keys")
    assert probed.code == 0, probed.err


def _secrets(planted: Planted, kind: str) -> list[str]:
    return {
        "ssh password": [SSH_PASSWORD],
        "key passphrase": [PASSPHRASE],
        "proxy password": [PROXY_PASSWORD],
        "bootstrap token": planted.tokens,
    }[kind]


def test_a_sudo_password_is_nowhere(tmp_path: Path) -> None:
    """A real sshd and a real sudo: the job of a phase runs through it, as far as that machine lets it."""
    password = accounts.PASSWORD
    place = Place(tmp_path / "state", ZKWIZARD_SSH_PASSWORD=password, ZKWIZARD_SUDO_PASSWORD=password)
    arguments = Arguments()
    with or_skip(), farm(1) as (node,):
        file = cluster_file(tmp_path, node, cluster="sudo", name="master", user="bob")
        with arguments.collected():
            ended = place.run("run", file, "--yes", "--json", "--accept-new-host-keys", "--phase", "config")
        steps = {event["step"]: event["outcome"] for event in ended.of("step-ended")}
        assert steps["kubeadm-yaml"] == "changed", ended.err
        assert steps["kubeadm-yaml-valid"] == "failed", "there is no kubeadm"
        assert ended.code == 1
        found = node.run(
            f"grep -rlF '{password}' /var/lib/zkwizard /etc/kubernetes /var/log /root /home /run || :"
        )
        assert found == ""
    assert password not in ended.out + ended.err
    assert files_with(place.state, password) == set()
    assert [line for line in arguments.seen if password.encode() in line] == []
