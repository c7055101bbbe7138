"""journalctl: the lines that units of this node have left."""

from __future__ import annotations

import json
import os
import re
import time

from . import state, units


def main(argv: list[str]) -> int:
    names, lines, since, follow, shape, after = _options(argv[1:])
    lines = 10 if follow and lines is None and "all" not in argv else lines
    folder = state.at("/var/lib/practice")
    if not names:
        names = sorted(f.removeprefix("journal-") for f in os.listdir(folder) if f.startswith("journal-"))
    shown = 0
    while True:
        found = sorted(_entries(names), key=lambda e: e[0])
        entries = [(moment, text, number) for number, (moment, text) in enumerate(found)]
        entries = [e for e in entries if e[0] >= since and e[2] > after]
        new = entries[shown:] if shown else entries[-lines:] if lines is not None else entries
        if not entries and not follow:
            print("-- No entries --")
        for entry in new:
            print(_SHAPES.get(shape, _short)(*entry), flush=follow)
        shown = len(entries)
        if not follow:
            return 0
        time.sleep(0.3)


def _short(moment: float, text: str, number: int) -> str:
    return text


def _cat(moment: float, text: str, number: int) -> str:
    return text.split(" ", 5)[-1]


def _json(moment: float, text: str, number: int) -> str:
    """An entry with the fields that matter; all values are strings, as journalctl's are."""
    hit = re.match(r"\w{3} +\d+ [\d:]{8} (\S+) ([^\s\[:]+)(?:\[(\d+)\])?: (.*)", text, re.S)
    host, program, pid, message = hit.groups() if hit else ("", "", None, text)
    entry = {
        "__CURSOR": f"s=practice;i={number}", "__REALTIME_TIMESTAMP": str(int(moment * 1e6)), "_HOSTNAME": host, "SYSLOG_IDENTIFIER": program,
        "PRIORITY": "6", "MESSAGE": message, **({"_PID": pid} if pid else {}),
    }  # fmt: skip
    return json.dumps(entry)


_SHAPES = {"cat": _cat, "json": _json}


def _entries(names: list[str]) -> list[tuple[float, str]]:
    found = []
    for name in names:
        for line in state.load(f"/var/lib/practice/journal-{name}").splitlines():
            stamp, _, text = line.partition(" ")
            found.append((float(stamp), text))
    return found


def _options(words: list[str]) -> tuple[list[str], int | None, float, bool, str, int]:
    names: list[str] = []
    lines: int | None = None
    since, follow, shape, after = 0.0, False, "short", -1
    queue = list(words)
    while queue:
        word = queue.pop(0)
        key, equals, value = word.partition("=")
        if key in ("-u", "--unit", "-xeu", "-xu", "-eu", "-fu"):
            follow = follow or "f" in key[1:-1]
            names.append(units.full_name(value if equals else queue.pop(0)))
        elif key.startswith("-u") and len(key) > 2:
            names.append(units.full_name(key[2:]))
        elif key in ("-n", "--lines"):
            text = value if equals else queue.pop(0)
            lines = None if text == "all" else int(text)
        elif key.startswith("-n") and key[2:].isdigit():
            lines = int(key[2:])
        elif key in ("-S", "--since"):
            since = _moment(value if equals else queue.pop(0))
        elif key in ("-o", "--output"):
            shape = value if equals else queue.pop(0)
        elif key == "--after-cursor":
            after = int((value if equals else queue.pop(0)).rpartition("=")[2])
        elif key in ("-f", "--follow"):
            follow = True
    return names, lines, since, follow, shape, after


def _moment(text: str) -> float:
    if text.startswith("-"):
        digits = text[1:].removesuffix(" ago").rstrip("abcdefghijklmnopqrstuvwxyz ")
        factor = 60 if "m" in text else 3600 if "h" in text else 1
        return time.time() - float(digits) * factor
    if text.startswith("@"):
        return float(text[1:])
    try:
        return time.mktime(time.strptime(text[:19], "%Y-%m-%d %H:%M:%S"))
    except ValueError:
        return 0.0
