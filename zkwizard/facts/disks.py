"""Disk space where it matters, and how long a small synchronous write takes there."""

from __future__ import annotations

import re

from zkwizard.facts.fact import Fact, number
from zkwizard.model.facts import Disk

_COPIED = re.compile(r"copied, ([0-9.]+(?:e-?\d+)?) s")

SPACE_SCRIPT = """\
set --
for p in / /var/lib /var/lib/etcd /var/lib/containerd; do
  d=$p
  while [ ! -d "$d" ]; do d=${d%/*}; d=${d:-/}; done
  set -- "$@" "$d"
done
timeout 5 df -Pk "$@" | {
  read -r head
  for p in / /var/lib /var/lib/etcd /var/lib/containerd; do
    read -r fs total used free rest && echo "$p $total $free"
  done
}
"""
WRITES = 20
"""Writes of the fsync test: few, as a slow disk needs 50 ms for each."""
FSYNC_SCRIPT = f"""\
[ -w /var/lib ] || exit 0
f=/var/lib/.zkwizard-fsync.$$
trap 'rm -f "$f"' 0
trap 'exit 1' 1 2 15
timeout 5 dd if=/dev/zero of="$f" oflag=dsync bs=2300 count={WRITES} 2>&1 || echo failed
"""
TOO_SLOW = 5000.0 / WRITES
"""Milliseconds per write when the test did not end in its five seconds."""


def parse_space(text: str) -> tuple[Disk, ...]:
    """``path total free`` lines in KiB, as ``df -Pk`` has them for the nearest directory that exists."""
    found = []
    for line in text.split("\n"):
        parts = line.split()
        if len(parts) == 3 and parts[0].startswith("/") and parts[1].isdigit():
            found.append(Disk(parts[0], number(parts[2]) // 1024, number(parts[1]) // 1024))
    return tuple(found)


def parse_fsync(text: str) -> float:
    """Milliseconds per write, from dd's last line; 0 when it could not be tried.

    A dd that is ended by its time limit says nothing at all; one that can't write says why.
    """
    if match := _COPIED.search(text):
        try:
            return round(float(match[1]) * 1000 / WRITES, 3)
        except ValueError:
            return 0.0
    return TOO_SLOW if text.strip() == "failed" else 0.0


SPACE = Fact("disks", SPACE_SCRIPT, parse_space)
FSYNC = Fact("fsync", FSYNC_SCRIPT, parse_fsync)
