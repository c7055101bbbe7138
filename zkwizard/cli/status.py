"""``zkwizard status``: how the last run stands, from the journal."""

from __future__ import annotations

import json
import time
from argparse import Namespace

from zkwizard.cli.printers import OUTCOMES
from zkwizard.cli.session import Session
from zkwizard.model.errors import ExitCode
from zkwizard.model.phase import OPERATOR
from zkwizard.model.step import Outcome
from zkwizard.model.terminal import harmless, harmless_json
from zkwizard.model.text import T, Words
from zkwizard.store.journal import Recorded, read
from zkwizard.store.state import RunFolder
from zkwizard.widgets.words import say


def status(options: Namespace) -> int:
    """Print the last run: outcome, what is done on which node, what failed, and where the logs are."""
    session = Session(options)
    runs = session.state.runs()
    if not runs:
        words = T("cluster {cluster}: no run yet", cluster=session.cluster.name)
        print("{}" if options.json else say(words))
        return ExitCode.DONE
    record = read(runs[-1])
    places = [*(node.name for node in session.cluster.nodes), OPERATOR]
    print(_json(record, runs[-1]) if options.json else _text(record, runs[-1], places))
    return ExitCode.DONE


def _text(record: Recorded, folder: RunFolder, places: list[str]) -> str:
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.started))
    state: Words = T("interrupted, or at work; zkwizard {purpose} goes on with it", purpose=record.purpose)
    if record.over:
        state = OUTCOMES[Outcome(record.outcome)]
    head = T(
        "{purpose} {run} of {when}: {state}", purpose=record.purpose, run=record.run, when=when, state=state
    )
    lines = [say(head)]
    for phase in record.phases:
        marks = {place: mark for place in places if (mark := _mark(record, phase, place))}
        if marks:
            lines.append(f"  {phase:<18} " + "  ".join(f"{place} {mark}" for place, mark in marks.items()))
    for (phase_id, node), reason in record.failed.items():
        failed = T("failed: {phase} on {node}: {reason}", phase=phase_id, node=node, reason=reason)
        lines.append(f"  {say(failed)}")
        lines.append(f"          {folder.log(node, phase_id)}")
    lines.append(say(T("journal and logs: {path}", path=str(folder.path))))
    return harmless("\n".join(lines))


def _mark(record: Recorded, phase: str, node: str) -> str:
    at = (phase, node)
    if at in record.failed:
        return say(T("failed"))
    if at in record.begun:
        return say(T("begun"))
    return say(T("done")) if at in record.done else ""


def _json(record: Recorded, folder: RunFolder) -> str:
    content = {
        "run": record.run,
        "purpose": record.purpose,
        "over": record.over,
        "outcome": record.outcome,
        "started": record.started,
        "ended": record.ended,
        "done": [f"{phase}@{node}" for phase, node in record.done],
        "begun": [f"{phase}@{node}" for phase, node in record.begun],
        "failed": {f"{phase}@{node}": reason for (phase, node), reason in record.failed.items()},
        "folder": str(folder.path),
    }
    return harmless_json(json.dumps(content, ensure_ascii=False, indent=1))
