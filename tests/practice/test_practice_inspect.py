"""Every command that looks inside, on practice nodes: as data, as a table, and packed up for who helps."""

from __future__ import annotations

import json
import tarfile
import time
from pathlib import Path
from typing import Any

import pytest

from tests.practice.commands import Place, inside
from tests.practice.inspected import ask, data
from tests.waiting import equals, until

BROKEN: dict[str, dict[str, Any]] = {
    "broken-crash": {"command": ["sh", "-c", "echo about to fail; exit 3"]},
    "broken-image": {"image": "registry.invalid/a/b:1"},
    "broken-lost": {},
}
"""Pods that end with an error, lack their image, and lack a node."""


@pytest.fixture(scope="module")
def place(made: Place) -> Place:
    """A cluster with three broken pods."""
    inside(made.practice, "master", f"cat <<'E' | kubectl apply -f -\n{_broken_pods()}\nE")
    return made


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
    shown = "kubectl get pods | grep -c BackOff || :"
    until(lambda: inside(place.practice, "master", shown), "one pod is in BackOff", fits=equals("1\n"))
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


def _content(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(entry)
    assert file, f"{entry.name} is no file"
    return file.read()


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
        files = {entry.name: _content(archive, entry) for entry in archive}
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
