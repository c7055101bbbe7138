"""Programs of a reset: of the whole cluster with everything, and of one worker where the cluster stays."""

from __future__ import annotations

import pytest

from tests.golden.golden import SCENARIOS, check
from zkwizard.model.phase import Phase
from zkwizard.model.remains import Teardown
from zkwizard.phases.teardown.order import phases

WHOLE = phases(Teardown(("master", "node1", "node2"), packages=True, leave_overlay=True))
ONE = [phase for phase in phases(Teardown(("node1",))) if phase.id in ("drain", "forget")]


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("phase", WHOLE, ids=lambda phase: phase.id)
def test_whole_cluster(scenario: str, phase: Phase) -> None:
    check(scenario, phase, "reset")


@pytest.mark.parametrize("phase", ONE, ids=lambda phase: phase.id)
def test_one_worker(phase: Phase) -> None:
    check("control-plane-debian", phase, "reset-of-node1")
