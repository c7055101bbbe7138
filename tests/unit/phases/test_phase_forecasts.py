"""Every phase before anything is known: what it can't say yet, and that it is fit to be read."""

from __future__ import annotations

import subprocess
from types import ModuleType

import pytest

from tests.unit.phases.answers import VALUES, cluster, context, node_steps
from zkwizard.model.cluster import Cluster
from zkwizard.model.phase import On
from zkwizard.phases import links, names, overlay_join, overlay_up, probe, proxy, runtime, system
from zkwizard.steps.render import render

MODULES = [overlay_join, overlay_up, links, names, system, proxy, runtime]
CODENAME = "codename: read from the machine"
MEMBER = "zerotier-member: read by overlay-join"
HOLES = {"overlay-join": {CODENAME}, "links": {MEMBER}, "runtime": {CODENAME}}


def whole() -> Cluster:
    mirrors = {"images": {"registries": {"docker.io": "https://docker.m.daocloud.io"}}}
    return cluster(proxy={"url": "http://zk@proxy.example.cn:3128"}, mirrors=mirrors)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.PHASE.id)
def test_forecast(module: ModuleType) -> None:
    phase = module.PHASE
    program = render(phase.id, str(phase.title), "node1", node_steps(phase.steps(context(of=whole()))))
    assert set(program.holes) == HOLES.get(phase.id, set())
    assert len(program.text.encode()) < 24_000
    subprocess.run(["dash", "-n"], input=program.text.encode(), check=True)
    for step in program.steps:
        assert str(step.title) and str(step.why).endswith(".")


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.PHASE.id)
def test_nothing_but_the_codename_waits_for_facts(module: ModuleType) -> None:
    phase = module.PHASE
    steps = node_steps(phase.steps(context(of=whole(), values=VALUES)))
    assert set(render(phase.id, "", "node1", steps).holes) <= {CODENAME}


def test_the_probe_has_no_steps() -> None:
    assert probe.PHASE.on is On.ALL
    assert list(probe.PHASE.steps(context())) == []
