"""The sign and the word of every state, that stand beside its colour, and how times are written."""

from __future__ import annotations

from zkwizard.model.text import T, Text
from zkwizard.widgets.run.progress import Standing

SIGNS = {
    Standing.WAITING: "·",
    Standing.AT_WORK: "▸",
    Standing.UNCHANGED: "=",
    Standing.CHANGED: "✓",
    Standing.FAILED: "✗",
    Standing.SKIPPED: "»",
    Standing.STOPPED: "■",
    Standing.BLOCKED: "○",
}
WORDS: dict[Standing, Text] = {
    Standing.WAITING: T("waiting"),
    Standing.AT_WORK: T("at work"),
    Standing.UNCHANGED: T("unchanged"),
    Standing.CHANGED: T("changed"),
    Standing.FAILED: T("failed"),
    Standing.SKIPPED: T("skipped"),
    Standing.STOPPED: T("stopped"),
    Standing.BLOCKED: T("blocked"),
}


def clock(seconds: float) -> str:
    """``0:07``, ``12:34``, ``1:02:03``."""
    whole = int(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def short(seconds: float) -> str:
    """``7s``, ``12m``, ``3h``: for a narrow cell."""
    whole = int(seconds)
    if whole < 100:
        return f"{whole}s"
    return f"{whole // 60}m" if whole < 6000 else f"{whole // 3600}h"
