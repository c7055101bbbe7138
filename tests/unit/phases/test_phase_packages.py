"""Packages, images and kubeconfig files on a node."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from tests.unit.phases.clusters import KNOWN, context
from tests.unit.phases.scratch_node import ScratchNode
from zkwizard.model.context import Context
from zkwizard.model.step import CONFLICT, Step
from zkwizard.phases import images, init, packages


def step(phase_steps: list[Step], name: str) -> list[Step]:
    return [found for found in phase_steps if found.id == name]


def wanted(made: Context) -> str:
    (found,) = step(packages.steps(made), "kubernetes-packages")
    return found.apply


def test_all_nodes_get_the_version_that_the_first_one_got() -> None:
    assert "'kubelet=1.36.*'" in wanted(context("master"))
    assert "kubelet=1.36.4-1.1" in wanted(context("node1"))


def test_crictl_may_be_of_the_minor_before() -> None:
    assert " cri-tools\n" in wanted(context("node1"))


def test_an_exact_version_is_known_from_the_start() -> None:
    assert "'kubeadm=1.36.2-*'" in wanted(context("node1", known=False, kubernetes={"version": "1.36.2"}))


def test_the_kubelet_waits_for_zerotier_only_where_zkwizard_made_the_overlay() -> None:
    (ours,) = step(packages.steps(context()), "kubelet-waits")
    assert "Wants=zerotier-one.service\nAfter=zerotier-one.service containerd.service\n" in ours.content
    there = {"driver": "existing", "network": ""}
    (other,) = step(packages.steps(context(overlay=there)), "kubelet-waits")
    assert "zerotier" not in other.content and "\nAfter=containerd.service\n" in other.content


@pytest.mark.parametrize("mine", ["10.9.8.65/24", "10.9.8.65 peer 10.9.8.1/32"])
def test_the_kubelet_waits_for_any_kind_of_address(mine: str) -> None:
    (found,) = step(packages.steps(context("node1")), "kubelet-waits")
    line = next(row for row in found.content.splitlines() if row.startswith("ExecStartPre="))
    _, limit, _, *asked = shlex.split(line.partition("=")[2])
    assert (limit, asked[0]) == ("120", "-c")
    other = "ip addr add 10.9.8.6/24 dev lo; ip addr add 10.9.8.99 peer 10.9.8.65/32 dev lo"
    script = f"ip link set lo up; {other}; sleep() {{ exit 9; }}\n"
    waiting = subprocess.run(["unshare", "-Urn", "sh", "-c", script + asked[1]], check=False)
    assert waiting.returncode == 9
    there = f"{script}ip addr add {mine} dev lo\n{asked[1]}"
    assert subprocess.run(["unshare", "-Urn", "sh", "-c", there], check=False).returncode == 0


@pytest.mark.parametrize(
    ("version", "joined", "how"), [("v1.36.2", True, 0), ("v1.35.9", True, CONFLICT), ("v1.35.9", False, 0)]
)
def test_a_running_cluster_keeps_its_version(
    scratch: ScratchNode, version: str, joined: bool, how: int
) -> None:
    scratch.standin("kubeadm", f"echo {version}")
    (scratch.etc / "kubernetes").mkdir()
    if joined:
        (scratch.etc / "kubernetes/kubelet.conf").touch()
    assert scratch.run(step(packages.steps(context()), "version-kept")).codes == {"version-kept": how}


CRICTL = """\
case "$1" in
images) echo 'IMAGE TAG ID SIZE'; [ ! -e $NODE/pulled ] || cat $NODE/pulled ;;
pull) [ ! -e $NODE/broken ] || case $2 in *kube-proxy*) exit 1 ;; esac
  echo "$2" | sed 's/:\\([^:]*\\)$/ \\1 x y/' >>$NODE/pulled ;;
esac
"""
LISTED = "for i in kube-apiserver:v1.36.4 kube-proxy:v1.36.4 pause:3.10.2; do echo registry.k8s.io/$i; done"


def test_only_what_is_missing_is_pulled_and_one_failure_does_not_hold_up_the_others(
    scratch: ScratchNode,
) -> None:
    from dataclasses import replace

    scratch.standin("kubeadm", LISTED)
    scratch.standin("crictl", CRICTL)
    found = [replace(s, retries=0) for s in step(images.steps(context("node1")), "images")]
    (scratch.folder / "broken").touch()
    assert scratch.run(found).hows == {"images": "failed"}
    assert len((scratch.folder / "pulled").read_text().splitlines()) == 3
    (scratch.folder / "broken").unlink()
    assert scratch.run(found).hows == {"images": "changed"}
    assert scratch.run(found).hows == {"images": "unchanged"}
    assert "kube-apiserver" not in (scratch.folder / "pulled").read_text()


def test_containerd_takes_the_sandbox_image_that_kubeadm_names(scratch: ScratchNode) -> None:
    scratch.standin("kubeadm", LISTED)
    scratch.standin("crictl", CRICTL)
    path = scratch.etc / "containerd/config.toml"
    path.parent.mkdir()
    path.write_text("version = 3\nsandbox = 'registry.k8s.io/pause:3.10'\nrest = true\n")
    found = step(images.steps(context("node1")), "sandbox-image")
    assert scratch.run(found).hows == {"sandbox-image": "changed"}
    assert path.read_text() == "version = 3\nsandbox = 'registry.k8s.io/pause:3.10.2'\nrest = true\n"
    assert scratch.run(found).hows == {"sandbox-image": "unchanged"}
    assert [call for call in scratch.calls if "restart" in call] == ["systemctl restart containerd.service"]


def test_a_kubeconfig_of_another_cluster_stays(scratch: ScratchNode) -> None:
    home = scratch.folder / "home-of-root"
    found = [init._kubeconfig("root", str(home))]
    (scratch.etc / "kubernetes").mkdir()
    (scratch.etc / "kubernetes/admin.conf").write_text("ours\n")
    assert scratch.run(found).hows == {"kubeconfig-root": "changed"}
    assert (home / ".kube/config").stat().st_mode & 0o777 == 0o600
    assert scratch.run(found).hows == {"kubeconfig-root": "unchanged"}
    (scratch.etc / "kubernetes/admin.conf").write_text("ours, built anew\n")
    assert scratch.run(found).hows == {"kubeconfig-root": "changed"}
    Path(home / ".kube/config").write_text("theirs\n")
    kept = scratch.run(found)
    assert kept.hows == {"kubeconfig-root": "unchanged"} and "is not ours and stays" in kept.output
    assert (home / ".kube/config").read_text() == "theirs\n"


def test_a_login_other_than_root_gets_its_own_kubeconfig() -> None:
    nodes = context().cluster.model_dump(mode="json", exclude_unset=True)["nodes"]
    nodes[0]["ssh"]["user"] = "ann"
    made = context(nodes=nodes)
    ids = [found.id for found in init.steps(Context(made.cluster, made.node, {}, KNOWN))]
    assert ids == ["init", "api-answers", "kubeconfig-root", "kubeconfig-login", "ca-hash"]
