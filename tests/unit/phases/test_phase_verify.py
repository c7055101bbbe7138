"""Verify: what every node asks, and whether the answers are understood."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.phases.clusters import cluster, context
from tests.unit.phases.scratch_node import ScratchNode
from zkwizard.model.step import Step
from zkwizard.phases import verify
from zkwizard.phases.labels import labels
from zkwizard.steps.runtime import functions_for

ROWS = """\
master   Ready                      control-plane   81s   v1.36.4   10.9.8.118   <none>   Debian
node1    Ready,SchedulingDisabled   <none>          53s   v1.36.4   10.9.8.65    <none>   Debian
"""
SERVER = """\
import socket
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
print("ready", flush=True)
while True:
    question, peer = server.recvfrom(2048)
    known = b"\\x0akubernetes\\x07default\\x03svc\\x07cluster\\x05local\\0\\0\\x01\\0\\x01" in question
    answer = b"\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\5\\0\\4" + bytes([10, 96, 0, 1]) if known else b""
    flags = b"\\x81\\x80" if known else b"\\x81\\x83"
    count = b"\\0\\1" if known else b"\\0\\0"
    server.sendto(question[:2] + flags + b"\\0\\1" + count + b"\\0\\0\\0\\0" + question[12:] + answer, peer)
"""


def only(node: str, *ids: str) -> list[Step]:
    found = [step for step in verify.steps(context(node)) if step.id in ids]
    quick = "zk_late=$(( $(date +%s) + 0 ))"
    return [replace(s, apply="\n".join(_hurried(line, quick) for line in s.apply.split("\n"))) for s in found]


def _hurried(line: str, quick: str) -> str:
    return quick if line.startswith("zk_late=") else line


def test_the_first_control_plane_asks_the_cluster_and_every_node_its_own_view() -> None:
    own = ["one-address", "pods-reachable", "service-address", "dns"]
    assert [step.id for step in verify.steps(context("node1"))] == own
    leading = [step.id for step in verify.steps(context("master"))]
    assert leading == ["nodes-ready", "system-pods", "flannel-addresses", "pod-networks", *own]


def test_nobody_waits_for_a_node_that_failed_earlier() -> None:
    whole = verify.steps(context("master"))
    rest = verify.steps(replace(context("master"), missing=frozenset({"node1"})))
    assert [step.id for step in rest] == [step.id for step in whole]
    asked = {step.id: step.check + step.apply for step in rest if step.id != "one-address"}
    assert [name for name, text in asked.items() if "node1" in text] == []
    assert "node1 Ready 10.9.8.65" in whole[0].check + whole[0].apply


def test_nodes_must_be_ready_with_their_overlay_addresses(scratch: ScratchNode) -> None:
    scratch.standin("kubectl", "cat $NODE/rows")
    (scratch.folder / "rows").write_text(ROWS)
    assert scratch.run(only("master", "nodes-ready")).hows == {"nodes-ready": "unchanged"}
    for wrong in (ROWS.replace("10.9.8.65", "203.0.113.65"), ROWS.replace("Ready,", "NotReady,")):
        (scratch.folder / "rows").write_text(wrong)
        assert scratch.run(only("master", "nodes-ready")).hows == {"nodes-ready": "failed"}


def test_every_other_pod_network_must_answer(scratch: ScratchNode) -> None:
    scratch.addresses = ("10.244.0.0/32",)
    assert scratch.run(only("node1", "pods-reachable")).hows == {"pods-reachable": "unchanged"}
    scratch.addresses = ("10.244.1.0/32",)
    assert scratch.run(only("node1", "pods-reachable")).hows == {"pods-reachable": "failed"}


def test_the_first_control_plane_reads_the_pod_networks_itself(scratch: ScratchNode) -> None:
    scratch.addresses = ("10.244.1.0/32",)
    scratch.standin(
        "kubectl", 'case "$*" in *"node master "*) echo 10.244.0.0/24 ;; *) echo 10.244.1.0/24 ;; esac'
    )
    found = scratch.run(only("master", "pod-networks", "pods-reachable"))
    assert found.values == {"pod-networks": "master 10.244.0.0/24\nnode1 10.244.1.0/24"}
    assert found.hows == {"pod-networks": "unchanged", "pods-reachable": "unchanged"}


def test_names_and_kubelet_agree(scratch: ScratchNode) -> None:
    scratch.addresses = ("10.9.8.65/24",)
    scratch.standin("systemctl", "")
    (scratch.etc / "nsswitch.conf").write_text("hosts: files\n")
    flags = scratch.var_lib / "kubelet/kubeadm-flags.env"
    flags.parent.mkdir()
    flags.write_text('KUBELET_KUBEADM_ARGS="--hostname-override=node1 --node-ip=10.9.8.65"\n')
    hosts = (
        "127.0.1.1 node1.m4d3bug.com\n"
        "10.9.8.118 master.m4d3bug.com master\n10.9.8.65 node1.m4d3bug.com node1\n"
        "10.9.8.118 api.blog.m4d3bug.com\n"
    )
    (scratch.etc / "hosts").write_text(hosts)
    assert scratch.run(only("node1", "one-address")).hows == {"one-address": "unchanged"}
    (scratch.etc / "hosts").write_text("192.0.2.7 master.m4d3bug.com\n" + hosts)
    assert scratch.run(only("node1", "one-address")).hows == {"one-address": "failed"}
    (scratch.etc / "hosts").write_text(hosts)
    flags.write_text('KUBELET_KUBEADM_ARGS="--node-ip=10.9.8.6"\n')
    assert scratch.run(only("node1", "one-address")).hows == {"one-address": "failed"}


def test_labels_and_taints_are_set_when_the_cluster_file_changed() -> None:
    nodes = cluster().model_dump(mode="json", exclude_unset=True)["nodes"]
    assert labels(cluster().nodes) == []
    nodes[1] |= {"labels": {"place": "la"}, "taints": [{"key": "small", "effect": "NoSchedule"}]}
    (step,) = labels(cluster(nodes=nodes).nodes)
    assert "label --overwrite node node1 place=la" in step.apply
    assert "taint --overwrite node node1 small=:NoSchedule" in step.apply
    assert "grep -qxF 'small  NoSchedule'" in step.check


@pytest.mark.usefixtures("namespaces")
@pytest.mark.parametrize("tool", ["perl", "python3"])
@pytest.mark.parametrize(
    ("name", "answer"), [("kubernetes.default.svc.cluster.local", "10.96.0.1\n"), ("no.such", "")]
)
def test_dns_is_asked_with_what_is_there(tool: str, name: str, answer: str, tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text(SERVER)
    path = {"perl": shutil.which("perl"), "python3": sys.executable}[tool]
    assert path, "perl is part of every Debian and Ubuntu"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / tool).symlink_to(path)
    text = (
        f"{functions_for('zk_dns')}\nip link set lo up\n"
        f"mkfifo {tmp_path}/ready\n{sys.executable} {tmp_path}/server.py >{tmp_path}/ready &\n"
        f"read -r zk_ready <{tmp_path}/ready\n(PATH={tmp_path}/bin; zk_dns 127.0.0.1 {name}); kill $!\n"
    )
    found = subprocess.run(
        ["unshare", "-Urn", "sh", "-c", text], capture_output=True, text=True, timeout=60, check=False
    )
    assert (found.stdout, found.stderr) == (answer, "")
