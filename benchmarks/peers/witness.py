"""``python -m benchmarks.peers.witness RESULT COMMAND…``: run a command and write what it cost, as JSON.

A process of its own, so that nothing but the command's processes is counted: also those that detach, such as
ssh's shared connections. They become children of this process, and are ended when the command is over, so
that the next pass logs in anew with every tool.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

_SET_CHILD_SUBREAPER = 36
_EVERY = 0.2
"""Seconds between two looks at the memory."""


def main(result: str, command: list[str]) -> int:
    """Run it; its exit status."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    memory = _Memory()
    began = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    memory.start()
    status = process.wait()
    wall = time.perf_counter() - began
    memory.over.set()
    memory.join()
    _end_rest()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cost = {"wall": wall, "processor": used.ru_utime + used.ru_stime, "memory": memory.peak / 1024}
    Path(result).write_text(json.dumps(cost))
    return status


class _Memory(threading.Thread):
    """The peak in kB: of one process what was resident, of several with what they share counted once."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(_EVERY):
            processes = list(_below(os.getpid()))
            name, field = ("status", "VmHWM") if len(processes) == 1 else ("smaps_rollup", "Pss")
            self.peak = max(self.peak, sum(_kilobytes(pid, name, field) for pid in processes))


def _below(pid: int) -> Iterator[int]:
    for child in _children(pid):
        yield child
        yield from _below(child)


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += map(int, path.read_text().split())
    return found


def _kilobytes(pid: int, name: str, field: str) -> int:
    with contextlib.suppress(OSError):
        match = re.search(rf"^{field}:\s+(\d+)", Path(f"/proc/{pid}/{name}").read_text(), re.MULTILINE)
        return int(match[1]) if match else 0
    return 0


def _end_rest() -> None:
    """End what the command left running, and wait for it, which adds its processor time."""
    while True:
        for child in _children(os.getpid()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGTERM)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
