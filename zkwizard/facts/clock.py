"""The clock: how far it is from ours, and whether something keeps it right."""

from __future__ import annotations

import re

from zkwizard.facts.fact import Fact, first_line

_STAMP = re.compile(r"\d{9,11}(?:\.\d{1,9})?")


def parse_stamp(text: str) -> float | None:
    """``date +%s.%N``; where date knows no %N (busybox) the second has to do."""
    match = _STAMP.match(first_line(text))
    return float(match[0]) if match else None


def offset(first: float | None, last: float | None, started: float, ended: float) -> float:
    """Seconds the node is ahead, from its clock at both ends of the script and ours around it (as in NTP).

    The travel time cancels out as far as it is the same both ways; 0 when a stamp is missing.
    """
    if first is None or last is None:
        return 0.0
    return ((first - started) + (last - ended)) / 2


def parse_synchronised(text: str) -> bool | None:
    """``NTPSynchronized=yes`` of timedatectl; None when it does not say."""
    return {"NTPSynchronized=yes": True, "NTPSynchronized=no": False}.get(first_line(text))


BEGAN = Fact("clock-began", "date +%s.%N", parse_stamp)
ENDED = Fact("clock-ended", "date +%s.%N", parse_stamp)
SYNCHRONISED = Fact("clock-synchronised", "timeout 5 timedatectl show -p NTPSynchronized", parse_synchronised)
