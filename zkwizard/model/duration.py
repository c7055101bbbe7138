"""Lengths of time as people write them: ``90s``, ``30m``, ``2h``."""

from __future__ import annotations

import re

_UNITS = {"h": 3600, "m": 60, "s": 1}
_FORM = re.compile(r"([0-9]{1,6})([smh])")


def seconds(text: str) -> float:
    """The seconds that ``text`` means. Raises ValueError with what is allowed."""
    found = _FORM.fullmatch(text.strip())
    if not found or not int(found[1]):
        raise ValueError(f"found {text!r}; allowed: a number with its unit, such as 90s, 30m or 2h")
    return float(int(found[1]) * _UNITS[found[2]])


def duration(length: float) -> str:
    """``length`` in seconds, in its largest whole unit."""
    for unit, size in _UNITS.items():
        if length >= size and length % size == 0:
            return f"{length / size:.0f} {unit}" if unit != "m" else f"{length / size:.0f} min"
    return f"{length:g} s"
