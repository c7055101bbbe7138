"""What containers have written: a few lines of their own, and what the file podlog-NAMESPACE-POD of the shared folder
holds, which may grow while it is followed.
"""

from __future__ import annotations

import sys
import time

from . import state
from .kubeadm_config import seconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_CRASHED = (
    "E1122 20:00:00.000000       1 main.go:287] Failed to find any valid interface to use: failed to find IPv4 "
    "interface: no interface matches the given regex"
)


def lines(pod: dict[str, Any], container: str) -> list[tuple[float, bytes]]:
    """(moment, line) of everything so far; bytes, as nobody promises text."""
    return [*_first(pod, container), *_more(pod)]


def _first(pod: dict[str, Any], container: str) -> list[tuple[float, bytes]]:
    if "flannel" in pod["name"] and pod["reason"] == "CrashLoopBackOff":
        return [(pod["started"], _CRASHED.encode())]
    if pod["code"]:
        own = next(c for c in pod["containers"] if c["name"] == container)
        command = [*(own.get("command") or []), *(own.get("args") or [])][-1]
        words = command.partition(";")[0].strip()
        return [(pod["started"], words.removeprefix("echo ").encode())] if words.startswith("echo ") else []
    text = f'I1122 20:00:00.000000       1 {container}.go:1] "Started" node="{pod["node_name"]}"'
    return [(pod["started"], text.encode())]


def _more(pod: dict[str, Any]) -> list[tuple[float, bytes]]:
    """The lines of the file; a line has the time at which somebody first saw it."""
    name = f"podlog-{pod['namespace']}-{pod['name']}"
    try:
        with open(state.path(name), "rb") as file:
            found = file.read().split(b"\n")[:-1]
    except FileNotFoundError:
        return []
    with state.change(f"{name}.times") as times:
        moments = times.setdefault("seen", [])
        del moments[len(found) :]
        moments += [round(state.now(), 6)] * (len(found) - len(moments))
        return list(zip(moments, found, strict=True))


def show(pod: dict[str, Any], container: str, options: dict[str, str]) -> int:
    """Print them as asked for: tail, since, timestamps, follow."""
    since = state.now() - seconds(options["since"], 0) if options.get("since") else 0.0
    if options.get("since-time"):
        from datetime import datetime

        since = datetime.fromisoformat(options["since-time"]).timestamp()
    wanted = [entry for entry in lines(pod, container) if entry[0] >= since]
    tail = int(options.get("tail") or -1)
    seen = len(lines(pod, container))
    for moment, line in wanted[-tail:] if tail >= 0 else wanted:
        _print(moment, line, options)
    sys.stdout.flush()
    while "follow" in options:
        time.sleep(0.1)
        fresh = lines(pod, container)[seen:]
        for moment, line in fresh:
            _print(moment, line, options)
        seen += len(fresh)
        sys.stdout.flush()
    return 0


def _print(moment: float, line: bytes, options: dict[str, str]) -> None:
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment)) + f".{int(moment % 1 * 1e9):09d}Z "
    sys.stdout.buffer.write((stamp.encode() if "timestamps" in options else b"") + line + b"\n")
