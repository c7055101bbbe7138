"""journalctl: the lines that units of this node have left."""

from __future__ import annotations

import os
import time

from . import state, units


def main(argv: list[str]) -> int:
    names, lines, since, follow, cat = _options(argv[1:])
    folder = state.at("/var/lib/practice")
    if not names:
        names = sorted(f.removeprefix("journal-") for f in os.listdir(folder) if f.startswith("journal-"))
    shown = 0
    while True:
        entries = sorted(_entries(names), key=lambda e: e[0])
        entries = [e for e in entries if e[0] >= since]
        new = entries[shown:] if shown else entries[-lines:] if lines is not None else entries
        if not entries and not follow:
            print("-- No entries --")
        for _, text in new:
            print(text.split(" ", 5)[-1] if cat else text, flush=follow)
        shown = len(entries)
        if not follow:
            return 0
        time.sleep(0.3)


def _entries(names: list[str]) -> list[tuple[float, str]]:
    found = []
    for name in names:
        for line in state.load(f"/var/lib/practice/journal-{name}").splitlines():
            stamp, _, text = line.partition(" ")
            found.append((float(stamp), text))
    return found


def _options(words: list[str]) -> tuple[list[str], int | None, float, bool, bool]:
    names: list[str] = []
    lines: int | None = None
    since, follow, cat = 0.0, False, False
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
            cat = (value if equals else queue.pop(0)) == "cat"
        elif key in ("-f", "--follow"):
            follow = True
    return names, lines, since, follow, cat


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
