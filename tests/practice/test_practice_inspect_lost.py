"""Commands that look inside, when a line, the API server or a node is lost, or nobody reads any more."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import yaml

from tests.practice.commands import Place, inside
from tests.practice.inspected import ask, commands, data
from tests.running import Ended
from tests.waiting import equals, lacks, until
from zkwizard.demo.practice import Practice

HOSTILE = b"\x1b]0;owned\x07\x1b[2Jred \x9b31m alert \xff\n"


def test_what_is_followed_comes_at_once_and_ends_with_ctrl_c(made: Place) -> None:
    pod = made.practice.state_dir / "shared" / "podlog-kube-system-etcd-master"
    following = made.begin("logs", made.file, "etcd-master", "--follow")
    following.prints("Started")
    assert "logs etcd-master --tail=200 --follow" in commands(made.practice, "master")
    pod.write_bytes(HOSTILE)
    following.prints("alert")
    assert not set("".join(following.lines)) & set("\x1b\x07\x9b")
    following.interrupt()
    ended = following.ended(20)
    assert (ended.code, ended.err) == (130, "zkwizard: interrupted\n")
    until(lambda: commands(made.practice, "master"), "nothing is followed", fits=lacks("--follow"))


def test_a_followed_journal_ends_with_its_reader(made: Place) -> None:
    following = made.begin("journal", made.file, "node2", "--follow", "--json", "--lines", "1")
    following.until(lambda entry: True)
    following.process.send_signal(signal.SIGKILL)
    following.ended(20)
    until(lambda: commands(made.practice, "node2"), "nothing is followed", fits=lacks("journalctl"))


@contextmanager
def cut_off(practice: Practice, node: str) -> Iterator[None]:
    """No line to a node."""
    practice.control.cut(node)
    try:
        yield
    finally:
        practice.control.mend(node)


def test_what_is_followed_goes_on_after_a_lost_line(made: Place) -> None:
    """Every line once, those too that came meanwhile; and that the line was lost is said."""
    pod = made.practice.state_dir / "shared" / "podlog-kube-system-kube-controller-manager-master"
    journal = ("journal", made.file, "node1", "--follow", "--unit", "cut", "--lines", "5")
    logs = made.begin("logs", made.file, "kube-controller-manager-master", "--follow")
    entries = made.begin(*journal)
    file = "/var/lib/practice/journal-cut.service"
    write = f"printf '%s.0 Nov 23 03:00:00 node1 me[1]: {{}}\\n' $(date +%s) >>{file}"
    inside(made.practice, "node1", write.format("before"))
    pod.write_text("before\n")
    for following in (logs, entries):
        following.prints("before")
    with cut_off(made.practice, "master"), cut_off(made.practice, "node1"):
        for following in (logs, entries):
            following.says("line was lost")
        inside(made.practice, "node1", write.format("meanwhile"))
        pod.write_text("before\nmeanwhile\n")
    for following in (logs, entries):
        following.prints("meanwhile")
    pod.write_text("before\nmeanwhile\nafterwards\n")
    inside(made.practice, "node1", write.format("afterwards"))
    for following, node in ((logs, "master"), (entries, "node1")):
        following.prints("afterwards")
        following.interrupt()
        ended = following.ended(20)
        assert ended.code == 130
        assert [line.split()[-1] for line in ended.out.splitlines()][-3:] == [
            "before",
            "meanwhile",
            "afterwards",
        ]
        assert ended.out.count("before") == ended.out.count("meanwhile") == 1
        assert ended.err.splitlines() == [
            f"zkwizard: {node}: the line was lost; trying again",
            f"zkwizard: {node}: the line is back",
            "zkwizard: interrupted",
        ]


@contextmanager
def without_etcd(practice: Practice) -> Iterator[None]:
    """The control plane without its database, so without its API server."""
    folder, listens = "/etc/kubernetes/manifests", "ss -lnt | grep -c ':6443 ' || :"
    inside(practice, "master", f"mv {folder}/etcd.yaml /root/")
    try:
        until(lambda: inside(practice, "master", listens), "the API server is gone", fits=equals("0\n"))
        yield
    finally:
        inside(practice, "master", f"mv /root/etcd.yaml {folder}/")
        back = "the API server is back"
        until(lambda: inside(practice, "master", listens), back, fits=lambda count: count != "0\n")


def test_without_an_api_server_it_is_said_and_the_rest_still_works(made: Place) -> None:
    with without_etcd(made.practice):
        for command in (
            ["pods"],
            ["logs", "etcd-master"],
            ["events"],
            ["describe", "node", "node1"],
            ["join-command"],
        ):
            ended = ask(made, *command, code=1)
            assert "The API server does not answer." in ended.err
            assert f"zkwizard containers {made.file} master" in ended.err
            assert f"zkwizard journal {made.file} master --unit kubelet" in ended.err
        blind = data(made, "nodes", code=1)
        assert blind["api"]["kind"] == "api-server-down"
        assert [node["kube"] for node in blind["nodes"]] == [None] * 3
        assert all(node["link"]["rtt_ms"] > 0 for node in blind["nodes"][1:])
        found = data(made, "containers", "master")["containers"]
        assert {one["name"]: one["state"] for one in found}["kube-apiserver"] == "exited"
        assert "No container of etcd is running" in ask(made, "etcd", code=1).err
        assert data(made, "certs", "--node", "master")["certificates"]["master"]


@pytest.fixture
def half(made: Place, tmp_path: Path) -> Callable[..., Ended]:
    """Commands on a cluster file in which some nodes have an SSH port where nobody listens."""

    def ran(command: str, *arguments: object, lost: tuple[str, ...] = ("node1",)) -> Ended:
        document = yaml.safe_load(made.file.read_text())
        for port, node in enumerate(document["nodes"], 1):
            if node["name"] in lost:
                node["ssh"]["port"] = port
        file = tmp_path / "cluster.yaml"
        file.write_text(yaml.safe_dump(document))
        return made.run(command, file, "--accept-new-host-keys", *arguments)

    return ran


def test_a_node_that_can_not_be_reached_takes_nothing_from_the_others(half: Callable[..., Ended]) -> None:
    nodes = half("nodes", "--json")
    assert nodes.code == 4 and "node1: " in nodes.err
    found = json.loads(nodes.out)
    assert list(found["unreachable"]) == ["node1"]
    assert [(node["name"], node["kube"]["ready"], bool(node["unreachable"])) for node in found["nodes"]] == [
        ("master", True, False),
        ("node1", True, True),
        ("node2", True, False),
    ]
    text = half("nodes")
    assert text.code == 4 and "node1: can't be reached over SSH" in text.out
    certs = half("certs", "--json")
    assert certs.code == 4 and set(json.loads(certs.out)["certificates"]) == {"master", "node2"}
    peers = half("peers")
    assert peers.code == 4 and "node2   master" in peers.out
    assert half("audit").code == 4
    assert half("pods").code == 0


def test_without_the_control_plane_or_any_node_it_is_a_connection_failure(half: Callable[..., Ended]) -> None:
    for command in (["pods"], ["etcd"], ["logs", "etcd-master"], ["join-command"]):
        ended = half(*command, lost=("master",))
        assert (ended.code, ended.out) == (3, "") and "master: " in ended.err
    assert half("nodes", lost=("master",)).code == 4
    assert half("nodes", lost=("master", "node1", "node2")).code == 3
    assert half("journal", "node1", lost=("node1",)).code == 3


def test_a_reader_that_stops_reading_ends_it(made: Place) -> None:
    pod = made.practice.state_dir / "shared" / "podlog-kube-system-kube-scheduler-master"
    command = f"'{sys.executable}' -m zkwizard logs '{made.file}' kube-scheduler-master --follow | head -n 1"
    pipe = subprocess.Popen(
        command,
        shell=True,
        env=made.variables,
        cwd=made.home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert pipe.stdout and pipe.stderr and b"Started" in pipe.stdout.readline()
    for number in range(50):  # the first line that nobody reads any more ends it
        with pod.open("ab") as file:
            file.write(b"line %d\n" % number)
        with suppress(subprocess.TimeoutExpired):
            pipe.wait(0.3)
            break
    assert pipe.poll() == 0
    assert pipe.stderr.read() == b""
    until(lambda: commands(made.practice, "master"), "nothing is followed", fits=lacks("--follow"))
