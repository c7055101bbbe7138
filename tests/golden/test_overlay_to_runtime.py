"""Programs of the phases that make the overlay and prepare the nodes."""

from __future__ import annotations

import pytest

from tests.golden.golden import SCENARIOS, check
from zkwizard.model.phase import Phase
from zkwizard.phases import links, names, overlay_join, overlay_up, proxy, runtime, system

PHASES = [module.PHASE for module in (overlay_join, overlay_up, links, names, system, proxy, runtime)]


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("phase", PHASES, ids=lambda phase: phase.id)
def test_program(scenario: str, phase: Phase) -> None:
    check(scenario, phase)
