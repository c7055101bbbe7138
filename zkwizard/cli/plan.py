"""``zkwizard plan``: what would be done, from the file alone."""

from __future__ import annotations

import json
from argparse import Namespace
from itertools import groupby
from pathlib import Path

from zkwizard.engine.planning import plan as make_plan
from zkwizard.engine.schedule import select
from zkwizard.model.errors import ExitCode, InputError
from zkwizard.model.phase import OPERATOR
from zkwizard.model.placeholders import printed
from zkwizard.model.plan import Plan, PlannedPhase
from zkwizard.model.text import T
from zkwizard.phases.order import PHASES, find
from zkwizard.store.clusterfile import load
from zkwizard.widgets.words import say


def plan(options: Namespace) -> int:
    """Print the plan as text, as the exact programs, or as JSON."""
    cluster = load(Path(options.file))
    known = [node.name for node in cluster.nodes]
    for name in options.node:
        if name not in known:
            raise InputError(T("--node: found {name}; allowed: {known}", name=name, known=", ".join(known)))
    phases = select(PHASES, only=[find(name).id for name in options.phase])
    made = make_plan(cluster, phases, nodes=options.node)
    print({"text": _text, "sh": _programs, "json": _json}[options.format](made))
    return ExitCode.DONE


def _text(made: Plan) -> str:
    lines = [
        say(
            T(
                "Cluster {cluster}: what would be done. This is a forecast from the file alone;\n"
                "what only the machines can tell stands in <>. Nothing has been touched.",
                cluster=made.cluster,
            )
        )
    ]
    for phase, group in groupby(made.phases, key=lambda planned: planned.phase):
        lines += ["", f"{phase.id}: {say(phase.title)}", f"  {say(phase.summary)}"]
        told: dict[str, list[str]] = {}
        for planned in group:
            place = say(T("here")) if planned.node == OPERATOR else planned.node
            told.setdefault(steps_text(planned), []).append(place)
        for steps, nodes in told.items():
            lines.append(f"  {', '.join(nodes)}")
            lines += [steps] if steps else []
    return "\n".join(lines)


def steps_text(planned: PlannedPhase) -> str:
    """The steps of one phase on one node; nodes for which they read the same are shown together."""
    lines = []
    for step in planned.program.steps if planned.program else planned.operator:
        lines += [f"    {step.id}: {printed(say(step.title))}", f"      {printed(say(step.why))}"]
    if planned.program and planned.program.holes:
        later = T("known later: {holes}", holes="; ".join(planned.program.holes))
        lines.append(f"    {say(later)}")
    return "\n".join(lines)


def _programs(made: Plan) -> str:
    return "\n".join(planned.program.text for planned in made.phases if planned.program)


def _json(made: Plan) -> str:
    phases = [planned.as_json() for planned in made.phases]
    content = {"cluster": made.cluster, "forecast": made.forecast, "phases": phases}
    return json.dumps(content, ensure_ascii=False, indent=1)
