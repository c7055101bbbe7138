"""A run without a probe asks nodes only for the facts on which programs depend: none of them uses another."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from dataclasses import fields, replace

import pytest

from tests.golden.golden import SCENARIOS, program
from zkwizard.facts import gather
from zkwizard.facts.fact import Fact
from zkwizard.model.facts import NodeFacts
from zkwizard.model.phase import Phase
from zkwizard.model.remains import Teardown
from zkwizard.phases.order import PHASES
from zkwizard.phases.teardown.order import phases

TOLD = {
    "os", "selinux", "firewalls", "services", "network_manager", "cloud_init", "packages", "kubelet_server",
    "zerotier", "user", "home", "complete",
}  # fmt: skip
EVERY = (*PHASES, *phases(Teardown(("master", "node1", "node2"), packages=True, leave_overlay=True)))
USED: set[str] = set()


class Watched(NodeFacts):
    """Notes which facts somebody looks at."""

    def __getattribute__(self, name: str) -> object:
        if name in NodeFacts.__dataclass_fields__:
            USED.add(name)
        return super().__getattribute__(name)


def _watched(facts: NodeFacts) -> Watched:
    return Watched(**{field.name: getattr(facts, field.name) for field in fields(NodeFacts)})


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("phase", EVERY, ids=lambda phase: phase.id)
def test_programs_use_no_other(scenario: str, phase: Phase) -> None:
    context = SCENARIOS[scenario]
    context = replace(context, facts={name: _watched(each) for name, each in context.facts.items()})
    USED.clear()
    program(phase, context)
    assert USED <= TOLD


def test_they_are_asked_for_and_no_others() -> None:
    everything, asked = _here(gather.FACTS), _here(gather.OF_PROGRAMS)
    nothing = gather.parse(b"", "abc", 0, 0)
    assert asked == replace(nothing, **{name: getattr(everything, name) for name in TOLD})


def _here(wanted: Sequence[Fact[object]]) -> NodeFacts:
    """Facts of this machine."""
    began = time.time()
    done = subprocess.run(
        ["sh"], input=gather.script("abc", wanted).encode(), capture_output=True, check=True, timeout=60
    )
    return gather.parse(done.stdout, "abc", began, time.time())
