"""Times as kubectl shortens them."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def moment(stamp: str) -> float | None:
    """RFC 3339 as seconds since the epoch; None for anything else."""
    try:
        parsed = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


def since(stamp: str, now: float | None = None) -> str:
    """How long ago that was, empty when it is no time."""
    then = moment(stamp)
    return "" if then is None else span((time.time() if now is None else now) - then)


def span(seconds: float) -> str:
    """14s, 2m5s, 12m, 3h4m, 2d: as ``HumanDuration`` of k8s.io/apimachinery has it."""
    whole = max(0, int(seconds))
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if whole < 120:
        return f"{whole}s"
    if minutes < 10:
        return _two(minutes, "m", whole % 60, "s")
    if hours < 3:
        return f"{minutes}m"
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return _two(days, "d", hours % 24, "h")
    return f"{days}d" if days < 730 else f"{days // 365}y"


def _two(first: int, unit: str, second: int, smaller: str) -> str:
    return f"{first}{unit}{second}{smaller}" if second else f"{first}{unit}"
