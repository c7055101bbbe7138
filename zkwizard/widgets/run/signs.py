"""The sign and the word of every state, that stand beside its colour, and how times are written."""

from __future__ import annotations

import time

from zkwizard.model.text import T, Text
from zkwizard.widgets.run.cell import Cell, Standing
from zkwizard.widgets.words import mark, say

SIGNS = {
    Standing.WAITING: "·",
    Standing.AT_WORK: "▸",
    Standing.UNCHANGED: "=",
    Standing.CHANGED: "✓",
    Standing.FAILED: "✗",
    Standing.SKIPPED: "»",
    Standing.STOPPED: "■",
    Standing.BLOCKED: "○",
    Standing.BEFORE: "◂",
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
    Standing.BEFORE: T("before"),
}
WORDS_FROM = 12
"""Cells from which a state has its word beside its sign."""


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


def state_words(cell: Cell, standing: Standing, width: int) -> str:
    """How a phase stands on a node, in so many cells."""
    sign = mark(SIGNS[standing])
    if standing is Standing.AT_WORK:
        passed = short(max(0.0, time.time() - cell.since))
        if width < WORDS_FROM - 2:
            return f"{sign}{passed}"
        again = f" {say(T('attempt {number}', number=cell.attempt))}" if cell.attempt > 1 else ""
        return f"{sign} {passed}{again} {cell.step}".rstrip()
    if standing is Standing.WAITING:
        return sign
    if standing is Standing.CHANGED:
        if width < WORDS_FROM - 2:
            return f"{sign}{cell.changed}"
        return f"{sign} {say(T('{count} changed', count=cell.changed))}"
    if width < WORDS_FROM - 2:
        return f"{sign}?" if cell.asks else sign
    word = T("your turn") if cell.asks else WORDS[standing]
    return f"{sign} {say(word)}"
