"""Which services a plan restarts on which node, should their configuration change."""

from __future__ import annotations

import re

from zkwizard.model.plan import Plan

_RESTART = re.compile(r"systemctl restart ([A-Za-z0-9@._'-]+)")


def restarts(plan: Plan) -> dict[str, dict[str, list[str]]]:
    """Unit → node → ids of the phases that may restart it there."""
    found: dict[str, dict[str, list[str]]] = {}
    for planned in plan.phases:
        for step in planned.program.steps if planned.program else ():
            for unit in _RESTART.findall(step.apply):
                name = unit.strip("'").removesuffix(".service")
                phases = found.setdefault(name, {}).setdefault(planned.node, [])
                if planned.phase.id not in phases:
                    phases.append(planned.phase.id)
    return found
