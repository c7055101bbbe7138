"""How a saved cluster stands, from its file and the journal of its last run; no node is asked."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from zkwizard.model.cluster import Cluster
from zkwizard.model.step import Outcome
from zkwizard.model.text import T, Text
from zkwizard.store.clusterfile import ClusterFileError, load_text, study
from zkwizard.store.journal import Recorded, read
from zkwizard.store.state import ClusterState, is_practice, state_of


@dataclass(frozen=True)
class Saved:
    """One cluster as Home lists it."""

    path: Path
    name: str
    state: Text
    nodes: int = 0
    interrupted: str = ""
    """``run`` or ``reset`` when that was begun and has no end: it can be picked up."""
    practice: bool = False
    usable: bool = True
    """Whether the file can be opened."""


def overview(path: Path) -> Saved:
    """What is known of the cluster of a file, which may be gone or damaged."""
    practice = is_practice(path)
    try:
        studied = study(load_text(path), path)
    except ClusterFileError as error:
        return Saved(path, path.stem, error.faults[0].found, practice=practice, usable=False)
    if not studied.content and studied.faults:
        words = T("no cluster file: {found}", found=studied.faults[0].found)
        return Saved(path, path.stem, words, practice=practice, usable=False)
    name = studied.answers.get(str, "name") or path.stem
    nodes = len(studied.answers.each("nodes"))
    record = _last_run(path, name) if studied.answers.get(str, "name") else None
    if record:
        interrupted = "" if record.over else record.purpose
        return Saved(path, name, _told(record, studied.cluster), nodes, interrupted, practice)
    if studied.faults:
        return Saved(path, name, _unfinished(len(studied.faults)), nodes, practice=practice)
    return Saved(path, name, T("ready to run"), nodes, practice=practice)


def _unfinished(count: int) -> Text:
    return (
        T("not complete: 1 answer is missing or wrong")
        if count == 1
        else T("not complete: {count} answers are missing or wrong", count=count)
    )


def _last_run(path: Path, name: str) -> Recorded | None:
    """The last run that began to do anything."""
    for run in reversed(ClusterState(state_of(path), name).runs()):
        record = read(run)
        if record.started:
            return record
    return None


def _told(record: Recorded, cluster: Cluster | None) -> Text:
    words = {"when": time.strftime("%Y-%m-%d %H:%M", time.localtime(record.ended or record.started))}
    if not record.over:
        began = time.strftime("%Y-%m-%d %H:%M", time.localtime(record.started))
        last = next(reversed(record.begun or record.done or {("probe", ""): ""}))[0]
        if record.purpose == "reset":
            return T("reset of {when} interrupted, or at work, in {phase}", when=began, phase=last)
        return T("run of {when} interrupted, or at work, in {phase}", when=began, phase=last)
    if record.outcome == Outcome.FAILED and record.failed:
        phase, node = next(reversed(record.failed))
        return T("failed on {when} in {phase} on {node}", phase=phase, node=node, **words)
    if record.outcome in (Outcome.FAILED, Outcome.STOPPED):
        return T("stopped on {when}", **words)
    if record.purpose == "reset":
        return T("taken back on {when}", **words)
    complete = any(phase == "verify" for phase, _ in record.done)
    return T("made and verified on {when}", **words) if complete else T("partly made on {when}", **words)
