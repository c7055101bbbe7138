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
from zkwizard.engine.inside.explanation import Explanation
from zkwizard.engine.inside.explanation import explain as gather_and_explain
from zkwizard.engine.inside.repair import AGAIN, SETTLES, repairs_of, still_seen
from zkwizard.engine.planning import plan
from zkwizard.model.cause import Cause
from zkwizard.model.errors import ExitCode, InputError
from zkwizard.model.terminal import harmless, harmless_json
from zkwizard.model.text import T
from zkwizard.store.journal import failed_steps
from zkwizard.widgets.words import say


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
        words = T("nothing of it can be repaired by zkwizard itself")
        print(f"zkwizard: {say(words)}", file=sys.stderr)
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
    for each in repairs_of(session.cluster, causes):
        ids = ", ".join(phase.id for phase in each.phases)
        question = T("Repair {places} by the phases {phases}?", places=", ".join(each.places), phases=ids)
        if not options.yes and not confirmed(say(question)):
            raise InputError(T("nothing was done; --yes goes on without asking"))
        forecast = plan(session.cluster, each.phases, nodes=each.nodes)
        code = carry_out(session, each.phases, each.nodes, forecast, as_json=options.json)
        if code != ExitCode.DONE:
            return code
    return ExitCode.DONE


def _look_again(session: Session, nodes: Sequence[str], file: str, before: Explanation) -> Explanation:
    """What is found after a repair; what was repaired, and what follows from it, has some time to go."""
    until = time.monotonic() + SETTLES
    while True:
        found = _explain(session, nodes, file)
        waiting = still_seen(found, before)
        if not waiting or time.monotonic() > until:
            return found
        names = ", ".join(f"{cause.id}@{cause.node}" for cause in waiting)
        print(say(T("repaired; still to be seen: {names}", names=names)), file=sys.stderr)
        time.sleep(AGAIN)


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
        print(say(T("nothing is found to be wrong on {nodes}", nodes=", ".join(found.nodes))))
    for node, why in found.unreachable.items():
        words = T("{node}: not looked at: {why}", node=node, why=why)
        print(f"zkwizard: {harmless(say(words))}", file=sys.stderr)


def _json(found: Explanation) -> dict[str, Any]:
    return {
        "causes": [cause.as_json() for cause in found.causes],
        "nodes": list(found.nodes),
        "unreachable": {node: str(why) for node, why in found.unreachable.items()},
    }
