"""The journal of a run: a JSON line per event, safe from a kill at every step's end.

Output goes to a log file per node and phase instead. A journal that was cut off in the middle of a line is
read up to there.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from zkwizard.model.events import (
    Event,
    Output,
    PhaseEnded,
    PhaseStarted,
    Proved,
    RunEnded,
    RunStarted,
    StepEnded,
    ValueCaptured,
)
from zkwizard.model.step import Outcome
from zkwizard.store.state import RunFolder, write_private

_SAFE_AT = (StepEnded, PhaseEnded, PhaseStarted, Proved, RunStarted, RunEnded, ValueCaptured)


class Journal:
    """Writes a run's events: a sink for the engine.

    A zkwizard that is killed loses nothing, as every event that counts is given to the system at once. That
    it is on the disk, too, is waited for (``settled``) before a program starts on a node: a machine that
    loses power must know what it began. One fsync serves all nodes, and the event loop does not wait for it.
    """

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        folder.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = _append(folder.journal)
        self._logs: dict[tuple[str, str], BinaryIO] = {}
        self._given = self._on_disk = 0
        """How many events that count were given to the system, and how many of them are on the disk."""
        self._syncing = threading.Lock()

    def __call__(self, event: Event) -> None:
        """Write one event; give it to the system where a killed run would otherwise forget what it did."""
        if isinstance(event, Output):
            self._log(event.node, event.phase).write(event.data)
            return
        if isinstance(event, PhaseStarted):
            self._fresh_log(event.node, event.phase)
        self._file.write(json.dumps(event.as_json(), ensure_ascii=False) + "\n")
        if isinstance(event, _SAFE_AT):
            self._file.flush()
            self._given += 1
        if isinstance(event, StepEnded) and (log := self._logs.get((event.node, event.phase))):
            log.flush()
        elif isinstance(event, PhaseEnded) and (log := self._logs.pop((event.node, event.phase), None)):
            log.close()

    def program(self, node: str, phase: str, text: str) -> None:
        """Keep the program that is about to run, for people."""
        write_private(self._folder.program(node, phase), text, sync=False)

    async def settled(self) -> None:
        """Wait until everything that counts is on the disk. Raises OSError."""
        if self._on_disk < self._given:
            await asyncio.to_thread(self._sync, self._given)

    def _sync(self, wanted: int) -> None:
        with self._syncing:
            if self._on_disk < wanted:
                given = self._given
                os.fsync(self._file.fileno())
                self._on_disk = given

    def close(self) -> None:
        """Close all files, with everything that counts on the disk."""
        self._sync(self._given)
        for log in self._logs.values():
            log.close()
        self._file.close()

    def _log(self, node: str, phase: str) -> BinaryIO:
        if (node, phase) not in self._logs:
            self._open_log(node, phase, os.O_APPEND)
        return self._logs[node, phase]

    def _fresh_log(self, node: str, phase: str) -> None:
        """Start the log anew: a phase that is attached to again is followed from its first byte."""
        if old := self._logs.pop((node, phase), None):
            old.close()
        self._open_log(node, phase, os.O_TRUNC)

    def _open_log(self, node: str, phase: str, how: int) -> None:
        path = self._folder.log(node, phase)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | how, 0o600)
        self._logs[node, phase] = os.fdopen(descriptor, "wb", buffering=1 << 16)


@dataclass
class Recorded:
    """What a journal says of a run."""

    run: str
    cluster: str = ""
    purpose: str = "run"
    """``run`` or ``reset``."""
    phases: tuple[str, ...] = ()
    fingerprint: str = ""
    """Hash of the cluster file that it was started with."""
    over: bool = False
    outcome: str = ""
    started: float = 0.0
    ended: float = 0.0
    done: dict[tuple[str, str], str] = field(default_factory=dict)
    """(phase, node) → hash of the program, of phases that ended well."""
    begun: dict[tuple[str, str], str] = field(default_factory=dict)
    """The same for phases that were started and have no end."""
    failed: dict[tuple[str, str], str] = field(default_factory=dict)
    """(phase, node) → reason."""


def read(folder: RunFolder) -> Recorded:
    """What is known of a run. Lines that are cut off or damaged are passed over."""
    record = Recorded(folder.id)
    for line in lines(folder.journal):
        at = (line.get("phase", ""), line.get("node", ""))
        match line.get("event"):
            case "run-started":
                record.cluster, record.fingerprint = line["cluster"], line.get("fingerprint", "")
                record.purpose, record.phases = line.get("purpose", "run"), tuple(line.get("phases", ()))
                record.over, record.started = False, record.started or line["at"]
            case "phase-started":
                record.begun[at] = line.get("sha256", "")
                record.failed.pop(at, None)
            case "phase-ended":
                left = line.get("left", False)
                program = record.begun.get(at, "") if left else record.begun.pop(at, record.done.get(at, ""))
                if line["outcome"] in (Outcome.CHANGED, Outcome.UNCHANGED):
                    record.done[at] = program
                else:
                    record.failed[at] = line.get("reason", "")
            case "phase-skipped":
                record.failed.pop(at, None)
            case "run-ended":
                record.over = not line.get("left")
                record.outcome, record.ended = line["outcome"], line["at"]
    return record


def failed_steps(folder: RunFolder) -> dict[str, tuple[str, ...]]:
    """Node → the last lines of its step that failed, of phases that have not succeeded since."""
    tails: dict[tuple[str, str], tuple[str, ...]] = {}
    for line in lines(folder.journal):
        at = (line.get("node", ""), line.get("phase", ""))
        if line.get("event") == "step-ended" and line.get("outcome") == Outcome.FAILED:
            tails[at] = tuple(map(str, line.get("tail", ())))
        elif line.get("event") == "phase-skipped" or (
            line.get("event") == "phase-ended" and line.get("outcome") != Outcome.FAILED
        ):
            tails.pop(at, None)
    return {node: tail for (node, _), tail in tails.items()}


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """The journal's events as plain data."""
    if not path.exists():
        return
    with path.open(encoding="utf-8", errors="replace") as file:
        for text in file:
            try:
                value = json.loads(text)
            except ValueError:
                continue
            if isinstance(value, dict):
                yield value


def _append(path: Path) -> TextIO:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    return os.fdopen(descriptor, "a", encoding="utf-8")
