"""A phase of kubeadm is done once: what counts as done, and what stops it."""

from __future__ import annotations

import pytest

from tests.unit.phases.clusters import context
from tests.unit.phases.scratch_node import ScratchNode
from zkwizard.model.step import CONFLICT
from zkwizard.phases import certs, config, etcd, init, preflight

KUBEADM = """\
case "$*" in
"version -o short") cat $NODE/version ;;
"config validate"*) ;;
"init phase preflight"*) [ ! -e /etc/kubernetes/pki/ca.crt ] || { echo 'Port 6443 is in use'; exit 1; } ;;
"init phase certs all"*)
  mkdir -p /etc/kubernetes/pki/etcd
  for f in $OUTPUTS; do : >$f; [ ! -e $NODE/break ] || exit 1; done ;;
"init phase etcd local"*) mkdir -p /etc/kubernetes/manifests; : >/etc/kubernetes/manifests/etcd.yaml ;;
"init --config"*) [ ! -e $NODE/break ] || { echo 'could not bootstrap the admin user'; exit 1; } ;;
*) echo "unknown: $*"; exit 2 ;;
esac
"""
MADE = context()


@pytest.fixture
def node(scratch: ScratchNode) -> ScratchNode:
    (scratch.folder / "version").write_text("v1.36.4\n")
    scratch.standin("kubeadm", f"OUTPUTS='{' '.join(certs.OUTPUTS)}'\n{KUBEADM}")
    assert scratch.run(config.steps(MADE)).changed == {
        "kubeadm-folder",
        "patches-folder",
        "kubelet-patch",
        "kubeadm-yaml",
    }
    return scratch


def asked(node: ScratchNode, what: str) -> int:
    return sum(call.startswith(f"kubeadm {what}") for call in node.calls)


def test_the_configuration_is_for_root_alone_and_written_once(node: ScratchNode) -> None:
    folder = node.etc / "kubernetes/zkwizard"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "kubeadm.yaml").stat().st_mode & 0o777 == 0o600
    assert node.run(config.steps(MADE)).changed == set()


def test_a_second_run_changes_nothing(node: ScratchNode) -> None:
    assert node.run(certs.steps(MADE)).hows == {"certs": "changed"}
    assert node.run(certs.steps(MADE)).hows == {"certs": "unchanged"}
    assert asked(node, "init phase certs") == 1


def test_another_configuration_stops_and_is_shown(node: ScratchNode) -> None:
    node.run(certs.steps(MADE))
    node.run(config.steps(context(kubernetes={"pod_subnet": "10.42.0.0/16"})))
    found = node.run(certs.steps(MADE))
    assert found.codes == {"certs": CONFLICT}
    assert "-  podSubnet: 10.244.0.0/16\n+  podSubnet: 10.42.0.0/16" in found.output
    assert asked(node, "init phase certs") == 1


def test_another_version_stops_and_is_named(node: ScratchNode) -> None:
    node.run(certs.steps(MADE))
    (node.folder / "version").write_text("v1.37.1\n")
    found = node.run(certs.steps(MADE))
    assert found.codes == {"certs": CONFLICT}
    assert "certs was done with kubeadm v1.36.4; installed: v1.37.1" in found.output


def test_what_somebody_else_made_stops(node: ScratchNode) -> None:
    manifests = node.etc / "kubernetes/manifests"
    manifests.mkdir(parents=True)
    (manifests / "etcd.yaml").write_text("theirs\n")
    found = node.run(etcd.steps(MADE))
    assert found.codes == {"etcd": CONFLICT}
    assert "no record of making them" in found.output and asked(node, "init phase etcd") == 0


def test_what_was_interrupted_is_done_again(node: ScratchNode) -> None:
    (node.folder / "break").touch()
    assert node.run(certs.steps(MADE)).hows == {"certs": "failed"}
    (node.folder / "break").unlink()
    assert node.run(certs.steps(MADE)).hows == {"certs": "changed"}
    assert node.run(certs.steps(MADE)).hows == {"certs": "unchanged"}


def test_an_interrupted_one_does_not_go_on_with_another_configuration(node: ScratchNode) -> None:
    (node.folder / "break").touch()
    node.run(certs.steps(MADE))
    (node.folder / "break").unlink()
    node.run(config.steps(context(kubernetes={"pod_subnet": "10.42.0.0/16"})))
    assert node.run(certs.steps(MADE)).codes == {"certs": CONFLICT}


def test_what_a_reset_took_away_is_made_again_with_all_that_follows(node: ScratchNode) -> None:
    for phase in (certs, etcd):
        node.run(phase.steps(MADE))
    node.run(init.steps(MADE)[:1])
    for path in certs.OUTPUTS:
        (node.etc / path.removeprefix("/etc/")).unlink()
    (node.etc / "kubernetes/manifests/etcd.yaml").unlink()
    assert node.run(certs.steps(MADE)).hows == {"certs": "changed"}
    assert node.run(etcd.steps(MADE)).hows == {"etcd": "changed"}
    assert node.run(init.steps(MADE)[:1]).hows == {"init": "changed"}


def test_init_has_no_file_of_its_own_and_is_remembered(node: ScratchNode) -> None:
    first = init.steps(MADE)[:1]
    assert node.run(first).hows == {"init": "changed"}
    assert node.run(first).hows == {"init": "unchanged"}
    node.run(config.steps(context(domain="example.org")))
    assert node.run(first).codes == {"init": CONFLICT}
    assert "--skip-token-print" in " ".join(node.calls)


def test_an_init_that_failed_is_repeated_even_with_a_corrected_configuration(node: ScratchNode) -> None:
    from dataclasses import replace

    first = [replace(init.steps(MADE)[0], retries=0)]
    (node.folder / "break").touch()
    assert node.run(first).hows == {"init": "failed"}
    (node.folder / "break").unlink()
    node.run(config.steps(context(domain="example.org")))
    assert node.run(first).hows == {"init": "changed"}


def test_preflight_is_not_asked_again_once_the_control_plane_has_begun(node: ScratchNode) -> None:
    assert node.run(preflight.steps(MADE)).hows == {"preflight": "changed"}
    assert node.run(preflight.steps(MADE)).hows == {"preflight": "unchanged"}
    node.run(config.steps(context(kubernetes={"ignore_preflight": ["NumCPU"]})))
    assert node.run(preflight.steps(MADE)).hows == {"preflight": "changed"}
    node.run(certs.steps(MADE))
    assert node.run(preflight.steps(MADE)).hows == {"preflight": "unchanged"}


def built(node: ScratchNode) -> None:
    """All the way to a cluster that runs."""
    for phase in (certs, etcd):
        node.run(phase.steps(MADE))
    node.run(init.steps(MADE)[:1])
    (node.etc / "kubernetes/kubelet.conf").touch()


@pytest.mark.parametrize(
    ("version", "changes"),
    [
        ("v1.36.5", {}),
        ("v1.36.4", {"ignore_preflight": ["NumCPU"]}),
        ("v1.36.4", {"pod_subnet": "10.42.0.0/16"}),
    ],
)
def test_a_cluster_that_is_built_is_not_stopped_by_what_changed(
    node: ScratchNode, version: str, changes: dict[str, object]
) -> None:
    built(node)
    (node.folder / "version").write_text(f"{version}\n")
    node.run(config.steps(context(kubernetes=changes)))
    found = node.run([*certs.steps(MADE), *etcd.steps(MADE), *init.steps(MADE)[:1]])
    assert found.hows == dict.fromkeys(("certs", "etcd", "init"), "unchanged")
    assert found.output.count("The cluster is built and stays as it is") == 3
    assert ("ignorePreflightErrors" in found.output) is ("ignore_preflight" in changes)
    assert "reset" not in found.output
    assert [asked(node, what) for what in ("init phase certs", "init phase etcd", "init --config")] == [
        1,
        1,
        1,
    ]


def test_after_a_reset_by_hand_a_difference_stops_again(node: ScratchNode) -> None:
    built(node)
    (node.etc / "kubernetes/kubelet.conf").unlink()
    (node.folder / "version").write_text("v1.37.1\n")
    assert node.run(certs.steps(MADE)).codes == {"certs": CONFLICT}


def test_what_is_missing_from_a_cluster_that_changed_is_named(node: ScratchNode) -> None:
    built(node)
    (node.folder / "version").write_text("v1.36.5\n")
    (node.etc / "kubernetes/pki/ca.key").unlink()
    found = node.run(certs.steps(MADE))
    assert found.hows == {"certs": "unchanged"} and "missing: /etc/kubernetes/pki/ca.key" in found.output


def test_undo_forgets_and_leaves_the_rest_to_kubeadms_reset(node: ScratchNode) -> None:
    node.run(certs.steps(MADE))
    node.undo(certs.steps(MADE))
    assert not (node.folder / "home/done/certs").exists()
    assert (node.etc / "kubernetes/pki/ca.crt").exists()
