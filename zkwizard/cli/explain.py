"""``zkwizard explain``: what is broken, why, and the remedy, which ``--repair`` does where zkwizard can."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from zkwizard.cli.causes import told
from zkwizard.cli.prompt import confirmed
from zkwizard.cli.run import carry_out
from zkwizard.cli.session import Session
from zkwizard.diagnosis.explain import repairs
from zkwizard.engine.explanation import Explanation
from zkwizard.engine.explanation import explain as gather_and_explain
from zkwizard.engine.planning import plan
from zkwizard.model.cause import Cause
from zkwizard.model.errors import ExitCode, InputError
from zkwizard.model.phase import On
from zkwizard.model.terminal import harmless, harmless_json
from zkwizard.phases.order import PHASES
from zkwizard.store.journal import failed_steps

_SETTLES = 90.0
"""Seconds after a repair in which what it repaired may still show: a node takes some to be Ready again."""
_AGAIN = 2.0
"""Seconds between two looks."""


def explain(options: Namespace) -> int:
    """Exit code 0 when nothing is found, 1 for causes, 3 or 4 when all or some nodes can't be reached."""
    session = Session(options)
    nodes = session.chosen(options.node)
    found = _explain(session, nodes, options.file)
    _print(found, as_json=options.json)
    if not options.repair or not found.causes:
        return _exit_code(found)
    repaired = [cause for cause in found.causes if cause.repair]
    if not repaired:
        print("zkwizard: nothing of it can be repaired by zkwizard itself", file=sys.stderr)
        return _exit_code(found)
    code = _repair(session, repaired, options)
    if code != ExitCode.DONE:
        return code
    again = _look_again(session, nodes, options.file, found)
    _print(again, as_json=options.json)
    return _exit_code(again)


def _explain(session: Session, nodes: Sequence[str], file: str) -> Explanation:
    """The nodes asked for, and the first control plane, whose evidence is the cluster's view of them."""
    leader = session.cluster.first_control_plane.name
    looked = [node.name for node in session.cluster.nodes if node.name in nodes or node.name == leader]
    runs = session.state.runs()
    tails = failed_steps(runs[-1]) if runs else {}

    async def work() -> Explanation:
        network = session.network()
        try:
            return await gather_and_explain(
                session.cluster, network, looked, tails=tails, redact=session.redactor, file=file
            )
        finally:
            await network.close()

    return asyncio.run(work()).of(nodes)


def _repair(session: Session, causes: Sequence[Cause], options: Namespace) -> int:
    """The ordinary run of the phases that repair, one run for all causes that need the same ones."""
    order = [phase.id for phase in PHASES]
    leader = session.cluster.first_control_plane.name
    for ids, places in repairs(causes, order):
        phases = tuple(PHASES[order.index(name)] for name in ids)
        leads = any(phase.on is On.FIRST_CONTROL_PLANE for phase in phases)
        nodes = session.chosen([*places, *([leader] if leads else [])])
        question = f"Repair {', '.join(places)} by the phases {', '.join(ids)}?"
        if not options.yes and not confirmed(question):
            raise InputError("nothing was done; --yes goes on without asking")
        forecast = plan(session.cluster, phases, nodes=nodes)
        code = carry_out(session, phases, nodes, forecast, as_json=options.json)
        if code != ExitCode.DONE:
            return code
    return ExitCode.DONE


def _look_again(session: Session, nodes: Sequence[str], file: str, before: Explanation) -> Explanation:
    """What is found after a repair; what was repaired, and what follows from it, has some time to go."""
    places = {cause.node for cause in before.causes if cause.repair}
    by_hand = {(cause.id, cause.node) for cause in before.causes if not cause.repair}
    until = time.monotonic() + _SETTLES
    while True:
        found = _explain(session, nodes, file)
        waiting = [
            cause
            for cause in found.causes
            if cause.node in places and not cause.risk and (cause.id, cause.node) not in by_hand
        ]
        if not waiting or time.monotonic() > until:
            return found
        names = ", ".join(f"{cause.id}@{cause.node}" for cause in waiting)
        print(f"repaired; still to be seen: {names}", file=sys.stderr)
        time.sleep(_AGAIN)


def _exit_code(found: Explanation) -> int:
    if not found.nodes:
        return ExitCode.CONNECTION
    if found.causes:
        return ExitCode.PHASE_FAILED
    return ExitCode.SOME_NODES_FAILED if found.unreachable else ExitCode.DONE


def _print(found: Explanation, *, as_json: bool) -> None:
    if as_json:
        print(harmless_json(json.dumps(_json(found), ensure_ascii=False)), flush=True)
        return
    for number, cause in enumerate(found.causes, 1):
        print(harmless("\n".join(told(cause, number))))
    if not found.causes and found.nodes:
        print(f"nothing is found to be wrong on {', '.join(found.nodes)}")
    for node, why in found.unreachable.items():
        print(f"zkwizard: {node}: not looked at: {harmless(why)}", file=sys.stderr)


def _json(found: Explanation) -> dict[str, Any]:
    return {
        "causes": [cause.as_json() for cause in found.causes],
        "nodes": list(found.nodes),
        "unreachable": dict(found.unreachable),
    }
