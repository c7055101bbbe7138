"""A run whose line is cut while a phase is at work, and goes on below it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from tests.lab import looks, network
from tests.lab.machine import Machine
from tests.lab.operator import Operator, cluster
from tests.running import Running, began

_CHATTY = """#!/bin/sh
[ "$1" = kubelet ] || exit 0
touch /run/slow
n=0
while [ "$n" -lt 2000 ]; do
  n=$((n + 1))
  echo "line $n of the hook"
  [ $((n % 100)) -ne 0 ] || sleep 1
done
while [ -e /run/slow ]; do sleep 0.1; done
"""


@dataclass
class Cut:
    """`began` and `mended` in seconds since the epoch, 0 before."""

    phase: str
    machine: Machine
    operator: Operator
    running: Running
    began: float = 0.0
    mended: float = 0.0

    def go_on(self, seconds: float) -> None:
        """Cut as soon as the phase is at work, and mend after so many seconds."""
        self.running.until(began(self.phase, self.machine.name), 300)
        if self.phase == "packages":
            looks.gets_slow(self.machine)
        network.cut(self.machine.address)
        self.began = time.time()
        if self.phase == "packages":
            looks.quick(self.machine)
        Event().wait(seconds)
        network.mend([self.machine.address])
        self.mended = time.time()


def begin(phase: str, machine: Machine, operator: Operator, key: Path) -> Cut:
    """Start a run up to `phase` on one machine; `Cut.go_on` cuts its line."""
    operator.writes(cluster([machine], key))
    if phase == "packages":
        machine.write("/etc/lab/postinst", _CHATTY, 0o755)
    words = ("run", "--yes", "--json", "--accept-new-host-keys", "--until", phase)
    return Cut(phase, machine, operator, operator.begin(*words))
