"""How long one waits in an event loop: processor time between two of its turns, and until a key's answer.

A task of the loop wakes every 10 ms: the processor time that the process spent meanwhile is the lag that
others have on a free core; the wall time also holds what else this machine does. Each measurement gets a
process and a pseudo-terminal of its own, 120×40, that is read at once.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.terminal import Terminal

NODES, RATE, SECONDS, CAP = 10, 10_000, 6.0, 5_000
"""Nodes, lines per second in all, for how long, and how many are kept of each."""
MANY, EACH = 50, 100_000
"""Nodes, and the lines of each, of which memory is measured."""
_LINE = "2026-11-22T10:15:00Z node kubelet[812]: pod_workers.go:{:<9} SyncLoop (ADD) api, pods={:x}, ready\n"
_WAKES = 0.01
_TYPES = 0.05
_LIMIT = 900


@dataclass
class Figures:
    """Seconds, and bytes."""

    lags: list[float] = field(default_factory=list)
    """Processor time of the process between two turns, of all its threads."""
    own: list[float] = field(default_factory=list)
    """That of the loop's thread alone."""
    walls: list[float] = field(default_factory=list)
    keys: list[float] = field(default_factory=list)
    """Processor time of the process from a key until the screen was drawn after it."""
    key_walls: list[float] = field(default_factory=list)
    collected: list[float] = field(default_factory=list)
    """What every pass of the garbage collector over all objects took."""
    cpu: float = 0.0
    wall: float = 0.0
    lines: int = 0
    rss: int = 0
    most: int = 0
    """The most that was resident at any time."""


def batch(node: int, first: int, count: int) -> str:
    """Lines that are all different."""
    return "".join(_LINE.format(number, number * 7919 + node) for number in range(first, first + count))


class Lags:
    """Measures the loop in which it is begun, until it is ended."""

    def __init__(self, press: Callable[[], Awaitable[None]]) -> None:
        """``press`` gives one key, and comes back when the screen was drawn after it."""
        self.figures = Figures()
        self._press = press
        self._tasks: list[asyncio.Task[None]] = []
        self._began = (0.0, 0.0)
        self._collection = 0.0

    def begin(self) -> None:
        """From now on."""
        gc.callbacks.append(self._collects)
        self._tasks = [asyncio.create_task(self._wake()), asyncio.create_task(self._type())]
        self._began = time.perf_counter(), time.process_time()

    def end(self) -> None:
        """Until now."""
        gc.callbacks.remove(self._collects)
        self.figures.wall += time.perf_counter() - self._began[0]
        self.figures.cpu += time.process_time() - self._began[1]
        for task in self._tasks:
            task.cancel()

    async def _wake(self) -> None:
        while True:
            wall, cpu, own = time.perf_counter(), time.process_time(), time.thread_time()
            await asyncio.sleep(_WAKES)
            self.figures.lags.append(time.process_time() - cpu)
            self.figures.own.append(time.thread_time() - own)
            self.figures.walls.append(time.perf_counter() - wall - _WAKES)

    async def _type(self) -> None:
        while True:
            await asyncio.sleep(_TYPES)
            wall, cpu = time.perf_counter(), time.process_time()
            await self._press()
            self.figures.keys.append(time.process_time() - cpu)
            self.figures.key_walls.append(time.perf_counter() - wall)

    def _collects(self, phase: str, info: Mapping[str, int]) -> None:
        if info["generation"] == 2:
            if phase == "start":
                self._collection = time.thread_time()
            else:
                self.figures.collected.append(time.thread_time() - self._collection)


def weigh(figures: Figures) -> None:
    """How much memory there is now, and was at most."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    figures.rss = pages * os.sysconf("SC_PAGE_SIZE")
    figures.most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def write(path: str, figures: Figures) -> None:
    """For the process that asked."""
    Path(path).write_text(json.dumps(asdict(figures)))


def in_a_terminal(module: str, *words: str) -> Figures:
    """Run ``python -m MODULE WORDS FILE`` on a terminal, and read what it measured."""
    with tempfile.TemporaryDirectory(prefix="zkwizard-bench-") as folder:
        result = Path(folder) / "figures"
        argv = [sys.executable, "-m", module, *words, str(result)]
        environment = {**os.environ, "ZKWIZARD_STATE": folder, "HOME": folder, "LANG": "C.UTF-8"}
        terminal = Terminal(argv, environment, Path.cwd())
        status = terminal.ended(_LIMIT)
        assert status == 0 and result.exists(), terminal.text[-3000:]
        found: dict[str, Any] = json.loads(result.read_text())
        return Figures(**found)


def p99(values: list[float]) -> float:
    """The value that one in a hundred exceeds."""
    return statistics.quantiles(values, n=100, method="inclusive")[-1]


HEAD = "               lag p50   p99  (own thread, wall)   key p50   p99  (wall)    core  µs a line"


def line(name: str, got: Figures) -> str:
    """A row of the table: milliseconds of processor time; in brackets the loop's thread, and wall time."""
    ms = [round(value * 1e3) for value in (
        statistics.median(got.lags), p99(got.lags), p99(got.own), p99(got.walls),
        statistics.median(got.keys), p99(got.keys), p99(got.key_walls),
    )]  # fmt: skip
    return (
        f"  {name:<14} {ms[0]:4} {ms[1]:5}  ({ms[2]:8}, {ms[3]:5})     {ms[4]:4} {ms[5]:5} ({ms[6]:5})"
        f"   {got.cpu / got.wall:4.0%}      {got.cpu / got.lines * 1e6:5.0f}"
    )
