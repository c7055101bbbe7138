"""The list of phases."""

from __future__ import annotations

import pytest

from tests.unit.phases.clusters import context
from zkwizard.model.errors import InputError
from zkwizard.model.phase import On, Phase
from zkwizard.model.step import Step
from zkwizard.phases.kubeadm import SPLIT
from zkwizard.phases.order import PHASES, find
from zkwizard.steps.render import render

IDS = [phase.id for phase in PHASES]


def test_the_order() -> None:
    assert [
        *("probe", "overlay-join", "overlay-authorise", "overlay-up", "links", "names", "system", "proxy"),
        *("runtime", "packages", "config", "images", "preflight", "certs", "kubeconfig", "etcd"),
        *("control-plane", "kubelet-start", "init", "network", "join-token", "join", "verify"),
    ] == IDS


def test_nothing_waits_for_a_later_phase() -> None:
    for phase in PHASES:
        for name in phase.after:
            assert IDS.index(name) < IDS.index(phase.id)


@pytest.mark.parametrize("minor", SPLIT)
def test_kubeadms_own_phases_come_in_its_order(minor: str) -> None:
    assert [name for name in IDS if name in SPLIT[minor]] == list(SPLIT[minor])


def test_a_slip_is_answered_with_the_nearest_name() -> None:
    assert find("join-token").id == "join-token"
    with pytest.raises(InputError, match="did you mean kubelet-start"):
        find("kubelet_start")
    with pytest.raises(InputError, match="there are probe, overlay-join"):
        find("zzz")


EXPECTED = {
    ("master", "packages"): [],
    ("node1", "packages"): ["kubernetes-package: read by packages on master"],
    ("master", "config"): ["kubernetes-version: read by packages"],
    ("master", "images"): [],
    ("node1", "images"): ["kubernetes-version: read by packages"],
    ("master", "network"): ["flannel-mtu: measured by links"],
    ("master", "join-token"): ["kubernetes-version: read by packages"],
    ("node1", "join"): ["ca-hash: made by init on master"],
    ("master", "verify"): [],
    ("node1", "verify"): ["pod-networks: read by verify on master"],
}


@pytest.mark.parametrize("node", ["master", "node1"])
@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("phase", PHASES[IDS.index("packages") :], ids=lambda phase: phase.id)
def test_holes_of_a_forecast(node: str, known: bool, phase: Phase) -> None:
    made = context(node, known=known)
    if node not in phase.nodes(made.cluster):
        return
    steps = [step for step in phase.steps(made) if isinstance(step, Step)]
    program = render(phase.id, str(phase.title), node, steps)
    assert list(program.holes) == (
        [] if known else EXPECTED.get((node, phase.id), (program.holes and ["?"]) or [])
    )
    assert ("join-token" in program.secrets) is (phase.id in ("join-token", "join"))
    assert len(program.text.encode()) < 20_000 or phase.id == "verify"
    if phase.on is On.FIRST_CONTROL_PLANE:
        assert "kubeadm --" not in program.text
