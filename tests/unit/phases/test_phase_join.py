"""Joining: once, again after an interruption, never into another cluster; and no token stays behind."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.phases.clusters import KNOWN, context
from tests.unit.phases.scratch_node import ScratchNode, tree
from zkwizard.model.context import Context
from zkwizard.model.step import CONFLICT, Step
from zkwizard.phases import join, join_token

TOKEN = "a1b2c3.0123456789abcdef"
SECRETS = {"join-token": TOKEN}
KUBEADM = """\
case "$1 $2" in
"join --config")
  cp "$3" $NODE/seen
  [ ! -e $NODE/unfit ] || { echo 'error execution phase preflight: preflight checks failed' >&2; exit 1; }
  [ ! -e /etc/kubernetes/pki/ca.crt ] || { echo 'FileAvailable--etc-kubernetes-pki-ca.crt'; exit 1; }
  mkdir -p /etc/kubernetes/pki
  cp $NODE/ca.crt /etc/kubernetes/pki/ca.crt
  [ ! -e $NODE/break ] || exit 1
  echo 'server: https://api.blog.m4d3bug.com:6443' >/etc/kubernetes/kubelet.conf ;;
"reset -f") rm -rf /etc/kubernetes/pki ;;
"token create") cp "$4" $NODE/seen; [ ! -e $NODE/exists ] || { echo 'already exists' >&2; exit 1; } ;;
*) exit 2 ;;
esac
"""


def authority(path: Path) -> str:
    """A new certificate authority, and its hash as the documentation of kubeadm join computes it."""
    made = f"openssl req -x509 -newkey rsa:2048 -nodes -keyout {path}.key -subj /CN=kubernetes -out {path}"
    subprocess.run(made.split(), check=True, capture_output=True)
    told = "openssl x509 -pubkey -in $0 | openssl rsa -pubin -outform der 2>/dev/null | openssl dgst -sha256"
    digest = subprocess.run(["sh", "-c", told, str(path)], check=True, capture_output=True, text=True)
    return "sha256:" + digest.stdout.split()[-1]


@pytest.fixture
def node(scratch: ScratchNode) -> ScratchNode:
    scratch.standin("kubeadm", KUBEADM)
    return scratch


def steps(node: ScratchNode, ca_hash: str) -> list[Step]:
    made = context("node1")
    known = Context(made.cluster, made.node, {}, {**KNOWN, ("master", "ca-hash"): ca_hash})
    return [replace(step, retries=0) for step in join.steps(known) if step.id == "join"]


def test_a_node_joins_once(node: ScratchNode) -> None:
    found = steps(node, authority(node.folder / "ca.crt"))
    assert node.run(found, SECRETS).hows == {"join": "changed"}
    assert f'token: "{TOKEN}"' in (node.folder / "seen").read_text()
    assert node.run(found, SECRETS).hows == {"join": "unchanged"}


def test_the_token_is_nowhere_afterwards(node: ScratchNode) -> None:
    found = steps(node, authority(node.folder / "ca.crt"))
    output = node.run(found, SECRETS).output
    (node.folder / "seen").unlink()
    assert TOKEN not in output
    assert not any(TOKEN.encode() in content for content in tree(node.folder).values())


def test_an_interrupted_join_is_cleared_and_begun_again(node: ScratchNode) -> None:
    found = steps(node, authority(node.folder / "ca.crt"))
    (node.folder / "break").touch()
    assert node.run(found, SECRETS).hows == {"join": "failed"}
    (node.folder / "break").unlink()
    again = node.run(found, SECRETS)
    assert again.hows == {"join": "changed"} and "an interrupted attempt left" in again.output


def test_a_fault_that_lasts_is_not_tried_all_night(node: ScratchNode) -> None:
    (node.folder / "unfit").touch()
    found = node.run(steps(node, authority(node.folder / "ca.crt")), SECRETS)
    assert found.codes == {"join": CONFLICT} and "preflight checks failed" in found.output


def test_a_name_that_the_cluster_still_knows_comes_with_the_way_out(node: ScratchNode) -> None:
    told = 'a Node with name "node1" and status "Ready" already exists in the cluster.'
    node.standin("kubeadm", f"echo '{told}' >&2; exit 1")
    found = node.run(steps(node, authority(node.folder / "ca.crt")), SECRETS)
    assert found.codes == {"join": CONFLICT}
    assert "On master: kubectl delete node node1. Then run again." in found.output


def test_what_another_join_left_is_not_cleared(node: ScratchNode) -> None:
    found = steps(node, authority(node.folder / "ca.crt"))
    (node.etc / "kubernetes/pki").mkdir(parents=True)
    (node.etc / "kubernetes/pki/ca.crt").write_text("theirs\n")
    assert node.run(found, SECRETS).hows == {"join": "failed"}
    assert (node.etc / "kubernetes/pki/ca.crt").read_text() == "theirs\n"


def test_a_node_of_another_cluster_is_left_alone(node: ScratchNode) -> None:
    node.run(steps(node, authority(node.folder / "ca.crt")), SECRETS)
    found = node.run(steps(node, "sha256:" + "0" * 64), SECRETS)
    assert found.codes == {"join": CONFLICT} and "belongs to another cluster" in found.output


def test_a_kubelet_that_finished_by_itself_has_joined(node: ScratchNode) -> None:
    ca_hash = authority(node.folder / "ca.crt")
    (node.folder / "break").touch()
    node.run(steps(node, ca_hash), SECRETS)
    (node.etc / "kubernetes/kubelet.conf").write_text("server: https://api.blog.m4d3bug.com:6443\n")
    assert node.run(steps(node, ca_hash), SECRETS).hows == {"join": "unchanged"}


def test_a_token_is_made_only_while_a_node_is_missing_or_down(node: ScratchNode) -> None:
    node.standin("kubectl", "cat $NODE/nodes")
    (node.folder / "nodes").write_text("master   Ready      control-plane\nnode1    NotReady   <none>\n")
    found = [replace(step, retries=0) for step in join_token.steps(context())]
    assert node.run(found, SECRETS).hows == {"join-token": "changed"}
    assert f'- token: "{TOKEN}"' in (node.folder / "seen").read_text()
    (node.folder / "exists").touch()
    assert node.run(found, SECRETS).hows == {"join-token": "changed"}
    (node.folder / "nodes").write_text("master Ready x\nnode1 Ready,SchedulingDisabled x\n")
    assert node.run(found, SECRETS).hows == {"join-token": "unchanged"}
    assert all(TOKEN not in call for call in node.calls)
