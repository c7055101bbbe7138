"""Programs of the phases that make the cluster, from its packages to the proof that it works."""

from __future__ import annotations

import pytest

from tests.golden.golden import SCENARIOS, check
from zkwizard.model.phase import Phase
from zkwizard.phases.order import PHASES, find

MINE = PHASES[PHASES.index(find("packages")) :]


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("phase", MINE, ids=lambda phase: phase.id)
def test_program(scenario: str, phase: Phase) -> None:
    check(scenario, phase)
