"""A cluster is taken back: everything is as before the run but for a short list, and it can be made again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from tests.demo.practice_rig import connect
from tests.practice.commands import Place, inside, ready
from tests.practice.snapshot import files, machine
from tests.running import Ended
from tests.waiting import equals, until
from zkwizard.demo.practice import Practice

_LONG = 600
pytestmark = pytest.mark.timeout(2 * _LONG)

NODES = ("master", "node1", "node2")
OF_PACKAGES = (
    "/usr/local/bin/",
    "/usr/local/sbin/",
    "/usr/local/lib/systemd/system",
    "/etc/default/kubelet",
    "/etc/containerd",
    "/etc/systemd/system/multi-user.target.wants/",
    "/opt/cni",
    "/etc/cni",
    "/var/lib/containerd",
    "/run/containerd",
)
"""What stays with the packages."""
OF_ZEROTIER = (
    "/var/lib/zerotier-one",
    "/etc/apt/sources.list.d/zerotier.list",
    "/etc/apt/keyrings/zerotier.gpg",
    "/var/lib/zkwizard",
)
"""What stays with the membership, and the receipts of what stays."""
OF_TOOLS = (
    "/run/netns",
    "/run/mount",
    "/run/xtables.lock",
    "/usr/local/lib/systemd/system/kubelet.service.d",
)
"""What ip, mount, iptables and the stand-in of dpkg leave, whoever calls them."""
FOLDERS = ("/etc", "/var/lib", "/run", "/opt", "/root", "/etc/apt", "/usr/local", "/usr/local/lib/systemd")
"""Their modes and owners are compared by what is in them."""


@dataclass
class Taken:
    """The nodes before the run, and everything that was done until the cluster was taken back."""

    place: Place
    files: dict[str, dict[str, str]] = field(default_factory=dict)
    machine: dict[str, set[str]] = field(default_factory=dict)
    done: dict[str, Ended] = field(default_factory=dict)
    touched: dict[str, tuple[str, str]] = field(default_factory=dict)
    ready: dict[str, str] = field(default_factory=dict)
    runs: int = 0
    echoed: bytes = b""

    @property
    def practice(self) -> Practice:
        return self.place.practice

    @property
    def reset(self) -> Ended:
        return self.done["reset"]


@pytest.fixture(scope="module")
def taken(shared: Place) -> Taken:
    """Looked at, made, almost taken back in three ways, and taken back while a connection stays open."""
    assert shared.run("demo", "--phase", "probe").code == 0
    taken = Taken(shared)
    for node in NODES:
        taken.files[node], taken.machine[node] = files(shared.practice, node), machine(shared.practice, node)
    made = _run(shared, "demo")
    assert made.code == 0, made.err
    before, runs = _steady(shared.practice), len(shared.runs())
    for name, words in (
        ("wrong", ["--yes", "practise"]),
        ("nobody", []),
        ("dry", ["--dry-run"]),
        ("dry-json", ["--dry-run", "--json"]),
    ):
        taken.done[name] = shared.run("reset", shared.file, *words)
    taken.touched = _difference(before, _steady(shared.practice), ())
    taken.ready, taken.runs = ready(shared.practice), len(shared.runs()) - runs
    with _open_before(shared.practice, "node1") as answer:
        taken.done["reset"] = _run(shared, "reset", shared.file, "--yes", "practice", "--json")
    taken.echoed = answer[0]
    return taken


def _run(place: Place, *words: object) -> Ended:
    """A whole way takes long on a machine that others use too."""
    return place.begin(*words).ended(_LONG)


@contextmanager
def _open_before(practice: Practice, node: str) -> Iterator[list[bytes]]:
    """A connection that is open while something happens; gives what it echoes afterwards."""
    loop = asyncio.new_event_loop()
    answer: list[bytes] = []
    connection = loop.run_until_complete(connect(practice, node))
    cat = loop.run_until_complete(connection.create_process("cat", encoding=None))
    try:
        yield answer
        cat.stdin.write(b"still here\n")
        answer.append(loop.run_until_complete(asyncio.wait_for(cat.stdout.readline(), 20)))
    finally:
        connection.close()
        loop.close()


@pytest.mark.parametrize("name", ["wrong", "nobody"])
def test_without_its_name_nothing_is_done(taken: Taken, name: str) -> None:
    refused = taken.done[name]
    assert (refused.code, refused.out) == (2, "")
    assert "nothing was done" in refused.err.splitlines()[-1]
    assert taken.done["wrong"].err.count("\n") == 1, "with a wrong name the nodes are not even looked at"


def test_a_dry_run_shows_it_all_and_touches_nothing(taken: Taken) -> None:
    shown, text = taken.done["dry-json"], taken.done["dry"]
    assert shown.code == text.code == 0, shown.err + text.err
    document = json.loads(shown.out)
    assert {phase["phase"] for phase in document["phases"]} >= {"stop", "filters", "put-back", "proof"}
    assert all("#!/bin/sh" in phase["program"] for phase in document["phases"] if phase["steps"])
    assert "Nothing was changed." in text.out and "goes      links: cni0" in text.out
    assert taken.touched == {}
    assert taken.runs == 0
    assert taken.ready == dict.fromkeys(NODES, "Ready")


def test_it_is_done_with_proof(taken: Taken) -> None:
    assert taken.reset.code == 0, taken.reset.err
    proofs = {event["node"]: event["proof"] for event in taken.reset.of("proof")}
    assert set(proofs) == set(NODES)
    for proof in proofs.values():
        assert [remain for remain in proof["remains"] if remain["fate"] == "goes"] == []
        assert len(proof["looked_for"]) == 17
        assert proof["complete"] is True and proof["reboot"] == []
        kept = {(remain["kind"], remain["name"]) for remain in proof["remains"]}
        assert ("package", "kubelet") in kept and ("overlay", "8fa62dfe16000001") in kept
        assert all(remain["why"] for remain in proof["remains"])


def test_what_goes_was_shown_before(taken: Taken) -> None:
    looks = {event["node"]: event["proof"] for event in taken.reset.of("look")}
    wanted = {"process", "port", "container", "mount", "link", "route", "chain", "unit", "file", "receipt"}
    for node in NODES:
        kinds = {remain["kind"] for remain in looks[node]["remains"] if remain["fate"] == "goes"}
        assert kinds >= wanted
    everywhere = [remain["name"] for look in looks.values() for remain in look["remains"]]
    assert any(name.startswith("cni-") for name in everywhere)
    assert any(name.startswith("iptables-nft nat KUBE-") for name in everywhere)
    assert any(name.startswith("ip6tables-nft filter KUBE-") for name in everywhere)


def test_workers_go_first_and_the_control_plane_last(taken: Taken) -> None:
    ends = [(event["phase"], event["node"]) for event in taken.reset.of("phase-ended")]
    first_of_master = min(index for index, (_, node) in enumerate(ends) if node == "master")
    for worker in ("node1", "node2"):
        assert ends.index(("proof", worker)) < first_of_master


def test_a_connection_opened_before_is_alive(taken: Taken) -> None:
    assert taken.echoed == b"still here\n"


@pytest.mark.parametrize("node", NODES)
def test_files_are_as_before_the_run(taken: Taken, node: str) -> None:
    after = files(taken.practice, node)
    assert _difference(taken.files[node], after, OF_PACKAGES + OF_ZEROTIER) == {}


@pytest.mark.parametrize("node", NODES)
def test_the_rest_of_the_machine_is_as_before(taken: Taken, node: str) -> None:
    """Links, addresses, routes, filter rules, mounts, units, settings, names, swap."""
    changed = taken.machine[node] ^ machine(taken.practice, node)
    overlay = ("ztogyc37qx", "zt-park", "10.9.8.", "zerotier-one.service enabled active")
    packages = ("containerd.service enabled active", "kubelet.service disabled inactive")
    assert {line for line in changed if not any(word in line for word in overlay + packages)} == set()


def test_a_second_reset_finds_nothing(taken: Taken) -> None:
    runs = taken.place.runs()
    second = taken.place.run("reset", taken.place.file, "--yes", "practice")
    assert second.code == 0, second.err
    assert "nothing to take back on master, node1, node2" in second.err
    assert taken.place.runs() == runs


def test_nothing_known_of_the_cluster_is_kept_here(taken: Taken) -> None:
    folder = taken.place.runs()[0].parents[1]
    assert json.loads((folder / "values.json").read_text()) == {}


def test_it_can_be_made_again_without_a_reboot(taken: Taken) -> None:
    made = _run(taken.place, "demo", "--json")
    assert made.code == 0, made.err
    assert made.events[-1]["changed"] > 60
    assert ready(taken.practice) == dict.fromkeys(NODES, "Ready")


def _api_server(place: Place, *, runs: bool) -> None:
    """Take its manifest away, or put it back, and wait until that has come true."""
    there, aside = "/etc/kubernetes/manifests/kube-apiserver.yaml", "/root/kube-apiserver.yaml"
    inside(place.practice, "master", f"mv {aside} {there}" if runs else f"mv {there} {aside}")
    answers = "kubectl get --raw /livez >/dev/null 2>&1 && echo yes || echo no"
    wanted = "yes\n" if runs else "no\n"
    until(lambda: inside(place.practice, "master", answers), "the API server is so", fits=equals(wanted))


def _of_node1(place: Place) -> Ended:
    return _run(place, "reset", place.file, "--node", "node1", "--yes", "practice")


def test_a_cluster_that_could_not_be_told_forgets_the_node_later(taken: Taken) -> None:
    """The machine is clean all the same; how it stands in the cluster is said, and what to do."""
    place = taken.place
    _api_server(place, runs=False)
    silent = [_of_node1(place), _of_node1(place)]
    _api_server(place, runs=True)
    assert [ended.code for ended in silent] == [4, 4], silent
    assert all("The API server does not answer. So no pod is moved" in ended.err for ended in silent)
    assert "the cluster still lists node1" in silent[0].err.splitlines()[-1]
    assert "run the same command, or on master: kubectl delete node node1" in silent[0].err.splitlines()[-1]
    assert "nothing to take back on node1" in silent[1].err
    assert set(ready(taken.practice)) == {"master", "node1", "node2"}
    told, over = _of_node1(place), _of_node1(place)
    assert (told.code, over.code) == (0, 0), told.err + over.err
    assert "The cluster stays, and forgets node1." in told.err
    assert ready(taken.practice) == {"master": "Ready", "node2": "Ready"}
    assert over.err.splitlines()[-1] == "nothing to take back on node1"


def test_packages_and_overlay_go_when_asked_for_and_a_dead_api_stops_nothing(taken: Taken) -> None:
    _api_server(taken.place, runs=False)
    words = ("--yes", "practice", "--packages", "--leave-overlay")
    ended = _run(taken.place, "reset", taken.place.file, *words)
    assert ended.code == 0, ended.err + ended.out
    assert "The API server does not answer. That stops nothing" in ended.err
    inside(taken.practice, "master", "rm /root/kube-apiserver.yaml")
    for node in NODES:
        after = files(taken.practice, node)
        assert _difference(taken.files[node], after, ("/var/lib/zerotier-one",)) == {}
        changed = taken.machine[node] ^ machine(taken.practice, node)
        assert {line for line in changed if "zt-park" not in line} == set()
        assert inside(taken.practice, node, "ls -d /var/lib/zkwizard 2>/dev/null || :") == ""


def _steady(practice: Practice) -> dict[str, str]:
    """Files of all nodes, without what the running cluster itself writes."""
    return {
        f"{node}:{path}": what
        for node in NODES
        for path, what in files(practice, node).items()
        if not path.startswith(("/var/log", "/run/"))
    }


def _difference(
    before: dict[str, str], after: dict[str, str], stays: tuple[str, ...]
) -> dict[str, tuple[str, str]]:
    return {
        path: (before.get(path, ""), after.get(path, ""))
        for path in sorted({*before, *after})
        if before.get(path) != after.get(path)
        and not path.startswith((*stays, *OF_TOOLS))
        and path not in FOLDERS
    }
