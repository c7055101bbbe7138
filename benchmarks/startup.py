"""What ``zkwizard --help`` costs, against an interpreter that does nothing. The aim is four times."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

ROUNDS = 15


def report() -> bool:
    """Measure in turns, print, and say whether the aim is met."""
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "zkwizard --help": [sys.executable, "-m", "zkwizard", "--help"],
        "zkwizard --version": [sys.executable, "-m", "zkwizard", "--version"],
    }
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(ROUNDS):
        for name, command in commands.items():
            seconds[name].append(_processor_seconds(command))
    base = statistics.median(seconds["python -c pass"])
    for name, values in seconds.items():
        middle = statistics.median(values)
        print(f"  {name:<20} {middle * 1000:5.1f} ms of processor time, {middle / base:.1f} x")
    return statistics.median(seconds["zkwizard --help"]) <= 4 * base


def _processor_seconds(command: list[str]) -> float:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    return usage.ru_utime + usage.ru_stime
