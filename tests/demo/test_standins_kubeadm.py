"""The stand-in kubeadm against what kubeadm 1.36.2 printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.demo.practice_rig import Rig, Transcript, named, settled

VERSIONS = {"kubeadm": "1.36.2-1.1"}


@pytest.fixture
def rig(tmp_path: Path, certificates: Path) -> Rig:
    made = Rig(tmp_path, VERSIONS)
    (made.shared / "pki").symlink_to(certificates)
    return made


def _assert_same(rig: Rig, path: Path) -> None:
    real = Transcript.read(path)
    command = real.command.partition("; cat ")[0]
    seen = settled(rig.run(command))
    wanted = settled(real.outcome)
    if command != real.command:
        manifest = (rig.root / "etc/kubernetes/manifests/etcd.yaml").read_text()
        assert "--listen-client-urls=https://0.0.0.0:2379\n" in manifest
        assert "--listen-client-urls=https://127.0.0.1" not in manifest
        return
    assert seen == wanted


@pytest.mark.parametrize("path", named("kubeadm", "config-*.txt"), ids=lambda p: p.stem)
def test_config_commands(rig: Rig, path: Path) -> None:
    _assert_same(rig, path)


@pytest.mark.parametrize(
    "path",
    [*named("kubeadm", "version-*.txt"), *named("kubeadm", "*mixed-flags.txt"), *named("kubeadm", "join-no-*.txt"),
     *named("kubeadm", "phase-err-*.txt"), *named("kubeadm", "phase-*-before-certs.txt"),
     *named("kubeadm", "phase-*-no-cluster.txt"), *named("kubeadm", "phase-etcd-local*.txt"),
     *named("kubeadm", "token-*.txt")],
    ids=lambda p: p.stem,
)  # fmt: skip
def test_single_commands(rig: Rig, path: Path) -> None:
    _assert_same(rig, path)


def test_phases_in_order_and_again(rig: Rig) -> None:
    for name in ("certs-all", "certs-all-rerun", "kubeconfig-all", "kubeconfig-all-rerun", "control-plane-all",
                 "control-plane-all-rerun", "etcd-local"):  # fmt: skip
        _assert_same(rig, named("kubeadm", f"phase-{name}.txt")[0])
    kubernetes = rig.root / "etc/kubernetes"
    assert {f"{p.stat().st_mode & 0o777:o}" for p in kubernetes.glob("*.conf")} == {"600"}
    assert f"{(kubernetes / 'pki/ca.crt').stat().st_mode & 0o777:o}" == "644"
    assert f"{(kubernetes / 'manifests/etcd.yaml').stat().st_mode & 0o777:o}" == "600"


def test_proxies_of_the_caller_end_up_in_static_pods(rig: Rig) -> None:
    rig.run(
        "HTTPS_PROXY=http://10.9.8.1:3128 kubeadm init phase control-plane all --config good-v1beta4.yaml"
    )
    assert "http://10.9.8.1:3128" in (rig.root / "etc/kubernetes/manifests/kube-apiserver.yaml").read_text()
