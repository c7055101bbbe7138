"""Every command that looks inside, on practice nodes: as data, as a table, and when things are broken."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.practice.commands import Ended, Place, inside, until
from zkwizard.demo.practice import Practice

BROKEN = {
    "broken-crash": {"command": ["sh", "-c", "echo about to fail; exit 3"]},
    "broken-image": {"image": "registry.invalid/a/b:1"},
    "broken-lost": {},
}
"""Pods that end with an error, lack their image, and lack a node."""
HOSTILE = b"\x1b]0;owned\x07\x1b[2Jred \x9b31m alert \xff\n"


@pytest.fixture(scope="module")
def place(shared: Place) -> Place:
    """A cluster with three broken pods."""
    made = shared.run("demo")
    assert made.code == 0, made.err
    inside(shared.practice, "master", f"cat <<'E' | kubectl apply -f -\n{_broken_pods()}\nE")
    return shared


def _broken_pods() -> str:
    pods = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name},
            "spec": {
                "containers": [{"name": "c", "image": "busybox:1.35", **container}],
                **({"nodeSelector": {"no": "such"}} if name == "broken-lost" else {}),
            },
        }
        for name, container in BROKEN.items()
    ]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": pods})


def ask(place: Place, command: str, *arguments: object, code: int = 0) -> Ended:
    ended = place.run(command, place.file, *arguments)
    assert ended.code == code, (ended.out, ended.err)
    return ended


def data(place: Place, command: str, *arguments: object, code: int = 0) -> Any:
    return json.loads(ask(place, command, *arguments, "--json", code=code).out)


def test_nodes(place: Place) -> None:
    found = data(place, "nodes")
    assert (found["api"], found["unreachable"]) == (None, {})
    assert [
        (node["name"], node["kube"]["ready"], node["kube"]["internal_ip"]) for node in found["nodes"]
    ] == [
        ("master", True, "10.9.8.118"),
        ("node1", True, "10.9.8.65"),
        ("node2", True, "10.9.8.129"),
    ]
    assert {node["link"]["path"] for node in found["nodes"][1:]} == {"direct"}
    assert all(node["link"]["rtt_ms"] > 0 and node["link"]["loss"] == 0 for node in found["nodes"][1:])
    text = ask(place, "nodes").out.splitlines()
    assert text[0].split() == ["NODE", "READY", "ROLE", "ADDRESS", "VERSION", "CONTAINERD", "OVERLAY", "RTT"]
    assert text[2].split()[:4] == ["node1", "yes", "worker", "10.9.8.65"]


def test_pods_with_problems_come_first(place: Place) -> None:
    until(lambda: inside(place.practice, "master", "kubectl get pods").count("BackOff") == 1)
    found = data(place, "pods")["pods"]
    assert [(pod["name"], pod["status"]) for pod in found if not pod["well"]] == [
        ("broken-crash", "CrashLoopBackOff"),
        ("broken-image", "ErrImagePull"),
        ("broken-lost", "Pending"),
    ]
    assert not any(pod["well"] for pod in found[:3]) and all(pod["well"] for pod in found[3:])
    text = ask(place, "pods").out
    assert text.splitlines()[1].startswith("broken-crash ")
    assert "lookup registry.invalid on" in text and "didn't match Pod's node affinity/selector" in text
    assert text.splitlines()[-1].endswith("pods, 3 with a problem")
    assert {pod["namespace"] for pod in data(place, "pods", "-n", "default")["pods"]} == {"default"}


def test_logs(place: Place) -> None:
    assert "Started" in ask(place, "logs", "etcd-master").out
    assert ask(place, "logs", "default/broken-crash", "--previous").out == "about to fail\n"
    (line,) = ask(place, "logs", "broken-crash", "--json").events
    assert (line["text"], line["at"][:2]) == ("about to fail", "20")
    refused = ask(place, "logs", "broken-image", code=1)
    assert "is waiting to start: image can't be pulled" in refused.err
    nobody = ask(place, "logs", "nobody", code=1)
    assert "there is no pod called nobody" in nobody.err and "zkwizard pods" in nobody.err
    assert "container nope is not valid" in ask(place, "logs", "etcd-master", "-c", "nope", code=1).err


def test_describe(place: Place) -> None:
    text = ask(place, "describe", "pod", "broken-crash").out
    assert "Exit Code:    3" in text and "BackOff" in text and "Events:" in text
    assert "Taints:             node-role.kubernetes.io/control-plane:NoSchedule" in (
        ask(place, "describe", "node", "master").out
    )
    found = data(place, "describe", "pod", "broken-crash")
    assert found["object"]["metadata"]["name"] == "broken-crash"
    assert {event["reason"] for event in found["events"]} >= {"BackOff", "Scheduled"}
    assert data(place, "describe", "node", "node1")["object"]["kind"] == "Node"
    assert "not found" in ask(place, "describe", "node", "node7", code=1).err


def test_events(place: Place) -> None:
    found = data(place, "events", "--warnings")["events"]
    assert {event["type"] for event in found} == {"Warning"}
    assert {event["reason"] for event in found} >= {"BackOff", "Failed", "FailedScheduling"}
    assert "RegisteredNode" in ask(place, "events").out
    assert len(data(place, "events", "-n", "default")["events"]) > len(found)


def test_journal(place: Place) -> None:
    assert "Started kubelet" in ask(place, "journal", "node1").out
    entries = ask(place, "journal", "node1", "--unit", "containerd", "--unit", "kubelet", "--json").events
    assert {entry["program"] for entry in entries} >= {"systemd", "kubelet"}
    assert all(entry["at"] > 1_700_000_000 and entry["text"] for entry in entries)
    assert len(ask(place, "journal", "node1", "--lines", "1").out.splitlines()) == 1


def test_containers(place: Place) -> None:
    found = data(place, "containers", "master")["containers"]
    running = {one["name"] for one in found if one["state"] == "running"}
    assert running >= {"etcd", "kube-apiserver", "kube-proxy", "kube-flannel"}
    assert {one["name"] for one in found if one["state"] == "exited"} >= {"install-cni"}
    assert "kube-system/etcd-master" in ask(place, "containers", "master").out
    etcd = next(one["id"] for one in found if one["name"] == "etcd")
    assert ask(place, "containers", "master", "--logs", "etcd").out == (
        ask(place, "containers", "master", "--logs", etcd).out
    )
    assert "no container called nope" in ask(place, "containers", "master", "--logs", "nope", code=1).err


def test_peers(place: Place) -> None:
    found = data(place, "peers")
    assert [link["target"] for link in found["links"]["node1"]] == ["master", "node2"]
    assert all(
        link["path"] == "direct" and link["rtt_ms"] > 0 for each in found["links"].values() for link in each
    )
    assert len(ask(place, "peers", "--node", "node1").out.splitlines()) == 3


def test_certs(place: Place) -> None:
    found = data(place, "certs")["certificates"]
    names = {one["name"] for one in found["master"]}
    assert names >= {"apiserver", "etcd-server", "etcd-peer", "front-proxy-client", "admin.conf", "ca"}
    assert [one["name"] for one in found["node1"]] == ["kubelet client", "ca"]
    own = found["node1"][0]
    assert (own["subject"], own["issuer"]) == ("system:node:node1", "kubernetes")
    assert 360 < (own["expires"] - time.time()) / 86400 < 366
    assert "364d" in ask(place, "certs", "--node", "node1").out


def test_etcd(place: Place) -> None:
    found = data(place, "etcd")
    assert found["healthy"] is True
    (member,) = found["members"]
    assert (member["name"], member["leader"], member["client_urls"]) == (
        "master",
        True,
        ["https://10.9.8.118:2379"],
    )
    assert ask(place, "etcd").out.splitlines()[1].split()[:3] == ["master", "healthy", "leader"]


def test_join_command_makes_a_token_that_lives_as_long_as_asked(place: Place) -> None:
    made = data(place, "join-command", "--ttl", "30m")
    token = made["command"].split("--token ")[1].split()[0]
    assert made["endpoint"] == "api.practice.practice.example:6443"
    listed = inside(place.practice, "master", "kubeadm token list --kubeconfig /etc/kubernetes/admin.conf")
    (row,) = [line for line in listed.splitlines() if token in line]
    assert row.split()[1] in ("29m", "30m")
    printed = ask(place, "join-command")
    assert printed.out.startswith("kubeadm join ") and printed.out.count("\n") == 1
    assert "/etc/hosts: 10.9.8.118 api.practice.practice.example" in printed.err


def test_audit(place: Place) -> None:
    assert all(finding["severity"] == "ok" for finding in data(place, "audit")["findings"])
    prepend = "{ echo 203.0.113.4 node2; cat /root/hosts; } >/etc/hosts"
    inside(place.practice, "node1", f"cp /etc/hosts /root/ && {prepend}")
    try:
        text = ask(place, "audit", code=1).out
        assert "STOP  node1: The addresses of the cluster's names." in text
        assert "node2 is 203.0.113.4" in text
    finally:
        inside(place.practice, "node1", "cat /root/hosts >/etc/hosts")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["journal", "node9"], "NODE: found node9; allowed: master, node1, node2"),
        (["containers", "$(id)"], "allowed: master, node1, node2"),
        (["logs", "a;b"], "POD: found 'a;b'; allowed"),
        (["logs", "a/b", "-n", "c"], "name one namespace"),
        (["logs", "etcd-master", "-c", "$(id)"], "--container: found '$(id)'"),
        (["journal", "node1", "--unit", "a b"], "--unit: found 'a b'"),
        (["describe", "node", "master", "-n", "x"], "a node is in none"),
        (["peers", "--node", "node9"], "allowed: master, node1, node2"),
    ],
)
def test_bad_arguments_never_reach_a_node(place: Place, arguments: list[str], words: str) -> None:
    command, *rest = arguments
    ended = ask(place, command, *rest, code=2)
    assert ended.out == "" and words in ended.err and len(ended.err.splitlines()) == 1


def commands(practice: Practice, node: str) -> str:
    """The command lines of a node's processes."""
    return inside(practice, node, "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '")


def test_what_is_followed_comes_at_once_and_ends_with_ctrl_c(place: Place) -> None:
    pod = place.practice.state_dir / "shared" / "podlog-kube-system-etcd-master"
    following = place.begin("logs", place.file, "etcd-master", "--follow")
    until(lambda: "Started" in "".join(following.lines))
    assert "logs etcd-master --tail=200 --follow" in commands(place.practice, "master")
    pod.write_bytes(HOSTILE)
    until(lambda: "alert" in "".join(following.lines))
    assert not set("".join(following.lines)) & set("\x1b\x07\x9b")
    following.interrupt()
    ended = following.ended(20)
    assert (ended.code, ended.err) == (130, "zkwizard: interrupted\n")
    until(lambda: "--follow" not in commands(place.practice, "master"))


def test_a_followed_journal_ends_with_its_reader(place: Place) -> None:
    following = place.begin("journal", place.file, "node2", "--follow", "--json", "--lines", "1")
    until(lambda: following.lines)
    following.process.send_signal(signal.SIGKILL)
    following.ended(20)
    until(lambda: "journalctl" not in commands(place.practice, "node2"))


@contextmanager
def cut_off(practice: Practice, node: str) -> Iterator[None]:
    """No line to a node."""
    practice.control.cut(node)
    try:
        yield
    finally:
        practice.control.mend(node)


def test_what_is_followed_goes_on_after_a_lost_line(place: Place) -> None:
    """Every line once, those too that came meanwhile; and that the line was lost is said."""
    pod = place.practice.state_dir / "shared" / "podlog-kube-system-kube-controller-manager-master"
    journal = ("journal", place.file, "node1", "--follow", "--unit", "cut", "--lines", "5")
    logs = place.begin("logs", place.file, "kube-controller-manager-master", "--follow")
    entries = place.begin(*journal)
    file = "/var/lib/practice/journal-cut.service"
    write = f"printf '%s.0 Nov 23 03:00:00 node1 me[1]: {{}}\\n' $(date +%s) >>{file}"
    inside(place.practice, "node1", write.format("before"))
    pod.write_text("before\n")
    until(lambda: "before" in "".join(logs.lines) and "before" in "".join(entries.lines))
    with cut_off(place.practice, "master"), cut_off(place.practice, "node1"):
        until(lambda: "line was lost" in logs.said and "line was lost" in entries.said, 60)
        inside(place.practice, "node1", write.format("meanwhile"))
        pod.write_text("before\nmeanwhile\n")
    until(lambda: "meanwhile" in "".join(logs.lines) and "meanwhile" in "".join(entries.lines), 60)
    pod.write_text("before\nmeanwhile\nafterwards\n")
    inside(place.practice, "node1", write.format("afterwards"))
    until(lambda: "afterwards" in "".join(logs.lines) and "afterwards" in "".join(entries.lines))
    for running, node in ((logs, "master"), (entries, "node1")):
        running.interrupt()
        ended = running.ended(20)
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
        until(lambda: inside(practice, "master", listens).strip() == "0")
        yield
    finally:
        inside(practice, "master", f"mv /root/etcd.yaml {folder}/")
        until(lambda: inside(practice, "master", listens).strip() != "0")


def test_without_an_api_server_it_is_said_and_the_rest_still_works(place: Place) -> None:
    with without_etcd(place.practice):
        for command in (
            ["pods"],
            ["logs", "etcd-master"],
            ["events"],
            ["describe", "node", "node1"],
            ["join-command"],
        ):
            ended = ask(place, *command, code=1)
            assert "The API server does not answer." in ended.err
            assert f"zkwizard containers {place.file} master" in ended.err
            assert f"zkwizard journal {place.file} master --unit kubelet" in ended.err
        blind = data(place, "nodes", code=1)
        assert blind["api"]["kind"] == "api-server-down"
        assert [node["kube"] for node in blind["nodes"]] == [None] * 3
        assert all(node["link"]["rtt_ms"] > 0 for node in blind["nodes"][1:])
        found = data(place, "containers", "master")["containers"]
        assert {one["name"]: one["state"] for one in found}["kube-apiserver"] == "exited"
        assert "No container of etcd is running" in ask(place, "etcd", code=1).err
        assert data(place, "certs", "--node", "master")["certificates"]["master"]


@pytest.fixture
def half(place: Place, tmp_path: Path) -> Callable[..., Ended]:
    """Commands on a cluster file in which some nodes have an SSH port where nobody listens."""

    def ran(command: str, *arguments: object, lost: tuple[str, ...] = ("node1",)) -> Ended:
        document = yaml.safe_load(place.file.read_text())
        for port, node in enumerate(document["nodes"], 1):
            if node["name"] in lost:
                node["ssh"]["port"] = port
        file = tmp_path / "cluster.yaml"
        file.write_text(yaml.safe_dump(document))
        return place.run(command, file, "--accept-new-host-keys", *arguments)

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


PROXY_PASSWORD = "Pl4nted-proxy-pass"
SSH_PASSWORD = "Pl4nted-ssh-pass"
PLANT = f"""\
umask 077
printf 'HTTP_PROXY="http://ann:{PROXY_PASSWORD}@10.9.8.2:3128"\\n' >/etc/containerd/zkwizard-proxy.env
{{ echo 'proxyconnect http://ann:{PROXY_PASSWORD}@10.9.8.2:3128: refused'
  echo 'somebody typed {PROXY_PASSWORD} and {SSH_PASSWORD}'
  echo 'kubeadm join x:6443 --token d3zoej.dgjtrn33cgkcrfhf'
  cat /etc/kubernetes/pki/ca.key
  cat /var/lib/zerotier-one/identity.secret; echo
  cat /var/lib/zerotier-one/authtoken.secret; echo
}} | while read -r line; do
  printf '%s Nov 22 20:00:00 master kubelet[1]: %s\\n' "$(date +%s).0" "$line"
done >>/var/lib/practice/journal-kubelet.service
"""


SECRETS = """\
sed -n 5p /etc/kubernetes/pki/ca.key
sed -n 's/.*client-key-data: //p' /etc/kubernetes/admin.conf
cut -d: -f4 /var/lib/zerotier-one/identity.secret; cat /var/lib/zerotier-one/authtoken.secret
"""
WANTED = """\
about.txt cluster.yaml plan.json nodes/master/facts.json nodes/master/versions.txt
nodes/master/certificates.txt
nodes/master/journal/kubelet.txt nodes/master/container-logs.txt nodes/master/config-kubernetes.txt
nodes/master/config-containerd.txt nodes/master/cluster/events.txt nodes/master/cluster/etcd.txt
"""


def test_bundle_holds_what_is_needed_and_no_secret(place: Place, tmp_path: Path) -> None:
    inside(place.practice, "master", PLANT)
    secrets = inside(place.practice, "master", SECRETS).split()
    assert len(secrets) == 4
    place.variables["ZKWIZARD_SSH_PASSWORD"] = SSH_PASSWORD
    target = tmp_path / "trouble.tar.gz"
    refused = ask(place, "bundle", "--node", "node2", "-o", target, code=2)
    assert "nothing was written; --yes" in refused.err and not target.exists()
    assert "  nodes/node2/facts.json\n" in refused.err
    written = ask(place, "bundle", "--node", "master", "-o", target, "--yes", "--json")
    del place.variables["ZKWIZARD_SSH_PASSWORD"]
    assert target.stat().st_mode & 0o777 == 0o600
    with tarfile.open(target) as archive:
        files = {entry.name: (archive.extractfile(entry) or sys.stdin).read() for entry in archive}
    names = {name.removeprefix("trouble/") for name in files}
    assert names >= set(WANTED.split())
    assert any(name.endswith("/journal.jsonl") for name in names)
    assert [entry["path"] for entry in json.loads(written.out)["contents"]] == sorted(names)
    assert all(f"  {name}\n" in written.err for name in names)
    whole = b"".join(files.values())
    for secret in (PROXY_PASSWORD, SSH_PASSWORD, "dgjtrn33cgkcrfhf", "PRIVATE KEY-----", *secrets):
        assert secret.encode() not in whole, secret
    assert b"Started kubelet" in files["trouble/nodes/master/journal/kubelet.txt"]
    assert b"somebody typed [secret] and [secret]" in files["trouble/nodes/master/journal/kubelet.txt"]
    assert b"etcd" in files["trouble/nodes/master/cluster/pods.txt"]
    again = ask(place, "bundle", "-o", target, "--yes", code=2)
    assert "is there already" in again.err


def test_a_reader_that_stops_reading_ends_it(place: Place) -> None:
    pod = place.practice.state_dir / "shared" / "podlog-kube-system-kube-scheduler-master"
    command = f"'{sys.executable}' -m zkwizard logs '{place.file}' kube-scheduler-master --follow | head -n 1"
    pipe = subprocess.Popen(
        command,
        shell=True,
        env=place.variables,
        cwd=place.home,
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
    until(lambda: "--follow" not in commands(place.practice, "master"))
