"""What ``ping`` printed, whether iputils' or busybox's."""

from __future__ import annotations

import re
from dataclasses import dataclass

_COUNTS = re.compile(r"(\d{1,9}) packets transmitted, (\d{1,9}) (?:packets )?received")
_TIMES = re.compile(r"(?:rtt|round-trip) min/avg/max(?:/mdev)? = ([\d.]+)/([\d.]+)/([\d.]+)(?:/([\d.]+))? ms")
_TOO_LONG = re.compile(
    r"message too long(?:, mtu[=: ]+(\d{1,6}))?|Frag needed and DF set \(mtu = (\d{1,6})\)", re.I
)
_ERRORS = (
    "Name or service not known",
    "Temporary failure in name resolution",
    "bad address",
    "unknown host",
    "Network is unreachable",
    "No route to host",
    "Destination Host Unreachable",
    "Operation not permitted",
    "Invalid argument",
)


@dataclass(frozen=True)
class Ping:
    """Counts and round trip times in ms. ``too_long``: the packet was larger than the path takes."""

    sent: int = 0
    received: int = 0
    rtt_min: float = 0.0
    rtt_avg: float = 0.0
    rtt_max: float = 0.0
    rtt_mdev: float = 0.0
    too_long: bool = False
    mtu: int = 0
    """The limit that ping named when the packet was too long, 0 when it named none."""
    error: str = ""
    """ping's own words when it could not even send, or nobody was there."""


def parse(text: str) -> Ping:
    """stdout and stderr together, in any order; all zero when it is nothing that ping prints."""
    counts, times, too_long = _COUNTS.search(text), _TIMES.search(text), _TOO_LONG.search(text)
    values = [_float(value) for value in times.groups()] if times else [0.0] * 4
    limit = next((group for group in too_long.groups() if group), "0") if too_long else "0"
    return Ping(
        sent=int(counts[1]) if counts else 0,
        received=int(counts[2]) if counts else 0,
        rtt_min=values[0],
        rtt_avg=values[1],
        rtt_max=values[2],
        rtt_mdev=values[3],
        too_long=too_long is not None,
        mtu=int(limit),
        error=next((error for error in _ERRORS if error.lower() in text.lower()), ""),
    )


def _float(text: str | None) -> float:
    """busybox prints no mdev, so a group may be absent."""
    try:
        return float(text or 0)
    except ValueError:
        return 0.0
