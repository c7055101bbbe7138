"""A run with screens against the same run without: a practice cluster, run again while all is so already.

Both get a pseudo-terminal of 120×40 that is read at once, and take turns. The seconds are those of the run's
own journal, from the first phase that begins to the end; the processor time is that of the zkwizard process
meanwhile. The aim is 1.3 times the seconds, median against median; the range says how noisy the machine is.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.terminal import Terminal

ROUNDS = 5
AIM = 1.3
_LIMIT = 300
_CTRL_Q = "\x11"


@dataclass(frozen=True)
class Took:
    """Seconds of one run."""

    wall: float
    cpu: float


class _Place:
    """A state folder with a practice cluster."""

    def __init__(self, folder: Path) -> None:
        self.environment = {
            **os.environ,
            "ZKWIZARD_STATE": str(folder),
            "HOME": str(folder),
            "LANG": "C.UTF-8",
        }
        self.file = folder / "practice" / "cluster.yaml"
        self._runs = folder / "practice" / "clusters" / "practice" / "runs"

    def command(self, *words: str) -> list[str]:
        """A command line."""
        return [sys.executable, "-m", "zkwizard", *words]

    def call(self, *words: str) -> None:
        """Run a command to its end."""
        subprocess.run(self.command(*words), env=self.environment, check=True, capture_output=True)

    def terminal(self, *words: str) -> Terminal:
        """Run a command on a terminal."""
        return Terminal(self.command(*words), self.environment, Path.cwd())

    def runs(self) -> set[Path]:
        """The folders of all runs."""
        return set(self._runs.iterdir())

    def watched(self, terminal: Terminal, before: set[Path], begin: Callable[[], None]) -> Took:
        """Begin a run, and follow it in its journal."""
        begin()
        _wait(lambda: self.runs() - before)
        journal = (self.runs() - before).pop() / "journal.jsonl"
        _wait(lambda: _tells(journal, "phase-started"))
        cpu = _cpu(terminal.process.pid)
        _wait(lambda: _tells(journal, "run-ended"))
        spent = _cpu(terminal.process.pid) - cpu
        at = {event["event"]: event["at"] for event in reversed(_events(journal))}
        return Took(at["run-ended"] - at["phase-started"], spent)


def report() -> bool:
    """Measure in turns, print, and say whether the aim is met."""
    with tempfile.TemporaryDirectory(prefix="zkwizard-bench-") as folder:
        place = _Place(Path(folder))
        place.call("demo", "--json")
        try:
            found: dict[str, list[Took]] = {"headless": [], "screens": []}
            for _ in range(ROUNDS):
                found["headless"].append(_headless(place))
                found["screens"].append(_with_screens(place))
        finally:
            place.call("demo", "--stop")
    wall = {name: statistics.median(took.wall for took in values) for name, values in found.items()}
    for name, values in found.items():
        cpu = statistics.median(took.cpu for took in values)
        times = wall[name] / wall["headless"]
        least, most = min(took.wall for took in values), max(took.wall for took in values)
        print(
            f"  {name:<8} {wall[name]:5.2f} s ({least:.2f} to {most:.2f}), {times:.2f} x; "
            f"{cpu:.2f} s of processor time"
        )
    return wall["screens"] <= AIM * wall["headless"]


def _headless(place: _Place) -> Took:
    before = place.runs()
    terminal = place.terminal("run", str(place.file), "--yes")
    try:
        return place.watched(terminal, before, lambda: None)
    finally:
        terminal.ended(_LIMIT)


def _with_screens(place: _Place) -> Took:
    """By keys: the practice cluster on Home, its review, run, all phases."""
    terminal = place.terminal()
    try:
        terminal.until("Practice cluster", _LIMIT)
        terminal.types("p")
        terminal.until("Step 1 of 6", _LIMIT)
        terminal.types("\x1b5")
        terminal.until("steps in", _LIMIT)
        terminal.types("r")
        terminal.until("Run it", _LIMIT)
        before = place.runs()
        terminal.types("y")
        terminal.until("Next phase", _LIMIT)
        took = place.watched(terminal, before, lambda: terminal.types("a"))
        terminal.until("made and verified", _LIMIT)
        terminal.types(_CTRL_Q)
        return took
    finally:
        terminal.ended(_LIMIT)


def _wait(condition: Callable[[], object]) -> None:
    limit = time.monotonic() + _LIMIT
    while not condition():
        assert time.monotonic() < limit, "it takes too long"
        time.sleep(0.05)


def _events(journal: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in journal.read_text().splitlines(keepends=True) if line.endswith("\n")]


def _tells(journal: Path, kind: str) -> bool:
    """Cheap, as it is asked again and again beside what is measured."""
    return journal.exists() and f'"{kind}"' in journal.read_text()


def _cpu(pid: int) -> float:
    """Seconds of processor time, in steps of the kernel's clock tick (10 ms)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
