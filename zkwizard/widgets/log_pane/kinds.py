"""What a line is, and the sign that says so without any colour."""

from __future__ import annotations

import re
from enum import IntEnum

from zkwizard.widgets.ascii_signs import in_ascii

_READ = 2048
"""Bytes of a line that are judged: what it is stands at its beginning."""


class Kind(IntEnum):
    """What a line of the log is. Those from WARNING to ERROR are judged from output; the rest are markers."""

    OUTPUT = 0
    NOTE = 1
    """Something that belongs to no step: a line lost and back, say."""
    BEGAN = 2
    DONE = 3
    SAME = 4
    """A step that had nothing to do."""
    STOPPED = 5
    WARNING = 6
    ERROR = 7
    FAILED = 8


OUTPUT = (Kind.OUTPUT, Kind.WARNING, Kind.ERROR)
"""Lines that came from a node; the others are markers and stand in no log file."""
ERRORS = (Kind.ERROR, Kind.FAILED)
"""Where "next error" stops."""

SIGNS = {
    Kind.OUTPUT: " ",
    Kind.NOTE: "·",
    Kind.BEGAN: "▸",
    Kind.DONE: "✓",
    Kind.SAME: "=",
    Kind.STOPPED: "■",
    Kind.WARNING: "!",
    Kind.ERROR: "✗",
    Kind.FAILED: "✗",
}
ASCII_SIGNS = {kind: in_ascii(sign) for kind, sign in SIGNS.items()}

_WORDS = (b"error", b"warn", b"fail", b"fatal", b"panic", b"denied", b"refused", b"timed out", b"unable to")
_STARTS = (b"\nE", b"\nW", b"\nF")
_BENIGN = re.compile(
    rb"\b(?:no|0|zero|without)\s+(?:errors?|warnings?|fail(?:ed|ures?)?)\b"
    rb"|\b(?:errors?|warnings?|fail(?:ed|ures?)?)\"?\s*[=:]\s*(?:0\b|none\b|null\b|nil\b|<nil>|false\b|\"\"|'')"
)
_LEVEL = re.compile(rb"\b(?:level|severity|lvl)\"?\s*[=:]\s*\"?(debug|info|notice|warn|err|fatal|panic|crit)")
"""logfmt as containerd writes it, and JSON as etcd writes it."""
_START = re.compile(rb"([iwef])(?:\d{4} \d\d:|: )|\W{0,3}(warn|error|fatal|panic)")
"""klog's header (I1122 10:15:00…), apt's ``E: ``, and a first word that says it."""
_ERROR = re.compile(
    rb"(?<![\w.-])(?:errors?|fatal|panic|fail(?:ed|ure|ures)?|denied|refused|timed out|unable to)(?![\w-])"
)
_WARNING = re.compile(rb"(?<![\w.-])warn(?:ings?)?(?![\w-])")
_OF_WORD = {b"w": Kind.WARNING, b"e": Kind.ERROR, b"f": Kind.ERROR, b"p": Kind.ERROR, b"c": Kind.ERROR}


def suspicious(data: bytes) -> bool:
    """Whether some line of ``data`` may be a warning or an error: so cheap that no line is judged in vain."""
    low = data.lower()
    return data[:1] in (b"E", b"W", b"F") or any(w in low for w in _WORDS) or any(s in data for s in _STARTS)


def judge(raw: bytes) -> Kind:
    """OUTPUT, WARNING or ERROR: the level that the line itself names, or else the words in it."""
    low = raw[:_READ].lower()
    if (named := _LEVEL.search(low)) and (word := named[1]):
        return _OF_WORD.get(word[:1], Kind.OUTPUT)
    if (start := _START.match(low)) and not _BENIGN.match(low):
        return _OF_WORD.get((start[1] or start[2])[:1], Kind.OUTPUT)
    low = _BENIGN.sub(b"", low)
    if _ERROR.search(low):
        return Kind.ERROR
    return Kind.WARNING if _WARNING.search(low) else Kind.OUTPUT
