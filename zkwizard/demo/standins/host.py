"""What manages this machine: a real systemd with a real dpkg, or the stand-ins of both."""

from __future__ import annotations

import os
import time

from . import state

_BEAT = 0.5
_MISSED = 3.0


def is_real() -> bool:
    """Whether systemd runs here, as it does on everything but practice nodes."""
    return os.path.exists("/run/systemd/private")


def ask(*words: str) -> str:
    """The first line that a real tool prints, whatever its status."""
    import subprocess

    shown = subprocess.run(words, capture_output=True, text=True).stdout.splitlines()
    return shown[0].strip() if shown else ""


def beat(unit: str) -> None:
    """Tell the other machines that the daemon of `unit` lives here, for as long as this process does: they
    can't ask this machine's systemd, and a process that was killed can't say so.
    """
    if not is_real():
        return
    import threading

    file = _mark(state.node(), unit)

    def go_on() -> None:
        while True:
            with open(file, "w"):
                pass
            time.sleep(_BEAT)

    threading.Thread(target=go_on, daemon=True).start()


def last_beat(machine: str, unit: str) -> float | None:
    """When the daemon of `unit` on `machine` last told that it lives; None if it never did."""
    try:
        return os.stat(_mark(machine, unit)).st_mtime
    except FileNotFoundError:
        return None


def lives(machine: str, unit: str) -> bool:
    """Whether the daemon of `unit` on `machine` has told so in time."""
    return state.now() - (last_beat(machine, unit) or 0) < _MISSED


def _mark(machine: str, unit: str) -> str:
    return state.path(f"alive-{machine}-{unit}")
