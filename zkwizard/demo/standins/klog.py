"""Lines as Kubernetes' logger writes them: W1122 18:26:11.736990     292 file.go:127] text."""

from __future__ import annotations

import os
import sys
import time


def line(level: str, where: str, text: str) -> str:
    """One line of `level` I, W or E."""
    now = time.time()
    stamp = time.strftime("%m%d %H:%M:%S", time.gmtime(now))
    return f"{level}{stamp}.{int(now % 1 * 1e6):06d} {os.getpid():>7} {where}] {text}"


def warn(where: str, text: str) -> None:
    """A warning on stderr."""
    sys.stdout.flush()
    print(line("W", where, text), file=sys.stderr, flush=True)
