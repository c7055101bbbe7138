"""A node's journal: shell text whose output is handed on as it comes, and entries of ``journalctl -o
json``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from zkwizard.model.errors import InputError
from zkwizard.model.text import T
from zkwizard.steps.shell import quote

_UNIT = re.compile(r"[A-Za-z0-9@_][A-Za-z0-9@:_.\\-]{0,254}")
_FIELDS = "MESSAGE,PRIORITY,SYSLOG_IDENTIFIER,_PID,_SYSTEMD_UNIT,UNIT,_HOSTNAME"


@dataclass(frozen=True)
class NodeJournal:
    """Which entries."""

    units: tuple[str, ...]
    since_seconds: int = 0
    """Only what is newer; 0 for everything."""
    lines: int = 0
    """How many of the last entries; 0 for all."""
    follow: bool = False
    as_data: bool = False
    """Whether each line is an entry as JSON."""
    after: str = ""
    """Only what comes after the entry with this cursor; then ``since_seconds`` and ``lines`` don't count."""


@dataclass(frozen=True)
class Entry:
    """One entry of the journal."""

    at: float
    """Seconds since the epoch, by the node's clock."""
    unit: str
    program: str
    pid: str
    priority: int
    """0 (emergency) to 7 (debug); 6 when it has none."""
    text: str
    host: str = ""
    cursor: str = ""


def unit_name(text: str) -> str:
    """``text``, if systemd would take it as a unit; raises InputError."""
    if not _UNIT.fullmatch(text):
        raise InputError(
            T(
                "--unit: found {found}; allowed: the name of a unit, such as kubelet or containerd",
                found=repr(text),
            )
        )
    return text


def script(wanted: NodeJournal) -> str:
    """The text; its exit status and standard error are journalctl's."""
    options = [f"-u {quote(unit)}" for unit in wanted.units]
    if wanted.after:
        options += ["-n all", f"--after-cursor={quote(wanted.after)}"]
    else:
        options.append(f"-n {wanted.lines or 'all'}")
        options += [f"--since=-{wanted.since_seconds}s"] if wanted.since_seconds else []
    options += ["-f"] if wanted.follow else []
    options += ["-o json --all", f"--output-fields={_FIELDS}"] if wanted.as_data else []
    return f"exec journalctl --no-pager {' '.join(options)}"


def entry(line: str) -> Entry | None:
    """One line of ``-o json``; None for what is no entry.

    A message that is no text is a list of bytes; one above 4 KB is there by ``--all`` alone (journalctl(1)).
    """
    try:
        data = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict) or "__REALTIME_TIMESTAMP" not in data:
        return None
    stamp, priority = str(data["__REALTIME_TIMESTAMP"]), str(data.get("PRIORITY", ""))
    return Entry(
        at=int(stamp) / 1e6 if stamp.isdigit() else 0.0,
        unit=_first(data.get("_SYSTEMD_UNIT") or data.get("UNIT")),
        program=_first(data.get("SYSLOG_IDENTIFIER")),
        pid=_first(data.get("_PID")),
        priority=int(priority) if priority.isdigit() else 6,
        text=_message(data.get("MESSAGE")),
        host=_first(data.get("_HOSTNAME")),
        cursor=_first(data.get("__CURSOR")),
    )


def _first(value: object) -> str:
    """A field that stands twice is a list."""
    if isinstance(value, list):
        value = value[0] if value else ""
    return value if isinstance(value, str) else ""


def _message(value: object) -> str:
    if isinstance(value, str):
        return value
    numbers: Sequence[object] = value if isinstance(value, list) else ()
    known = [number for number in numbers if isinstance(number, int) and 0 <= number < 256]
    return bytes(known).decode(errors="replace") if known else ""
