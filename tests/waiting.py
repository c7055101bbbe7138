"""Waiting for what can only be asked for: look, and look again a moment later.

What tells by itself that it happened (a line, an event, the end of a process) is waited for where it is told.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Container, Iterator
from typing import TypeVar

Seen = TypeVar("Seen")

PATIENCE = 60.0
"""Seconds until something counts as never coming true; the machine may be busy."""
_PAUSES = (0.02, 0.5)
"""Seconds between two looks, at least and at most: three times as long as the last one took."""


def _looks(
    look: Callable[[], Seen], what: str, fits: Callable[[Seen], object], limit: float
) -> Iterator[tuple[object, Seen, float]]:
    """Whether it is so, what was seen, and the pause after it; there is always one look after the limit."""
    end = time.monotonic() + limit
    late = False
    while True:
        began = time.monotonic()
        seen = look()
        least, most = _PAUSES
        yield fits(seen), seen, min(max(least, 3 * (time.monotonic() - began)), most)
        assert not late, f"not within {limit:.0f} s: {what}; seen last: {_short(seen)}"
        late = time.monotonic() >= end


def _short(seen: object) -> str:
    shown = f"\n{seen}" if isinstance(seen, str) and "\n" in seen else repr(seen)
    return shown if len(shown) < 3000 else f"{shown[:1500]} … {shown[-1500:]}"


def until(
    look: Callable[[], Seen],
    what: str,
    *,
    fits: Callable[[Seen], object] = bool,
    limit: float = PATIENCE,
) -> Seen:
    """Look until what is seen ``fits`` (is true of itself, unless said otherwise); gives it.

    ``what`` says in words what is awaited. Raises AssertionError with these words and what was seen last
    after ``limit`` seconds.
    """
    looks = _looks(look, what, fits, limit)
    while True:
        fit, seen, pause = next(looks)
        if fit:
            return seen
        time.sleep(pause)


async def until_async(
    look: Callable[[], Seen],
    what: str,
    *,
    fits: Callable[[Seen], object] = bool,
    limit: float = PATIENCE / 2,
) -> Seen:
    """The same where an event loop has other things to do between two looks; a test of these has a minute."""
    looks = _looks(look, what, fits, limit)
    while True:
        fit, seen, pause = next(looks)
        if fit:
            return seen
        await asyncio.sleep(pause)


def equals(wanted: object) -> Callable[[object], bool]:
    """For ``fits``: this and nothing else."""
    return lambda seen: seen == wanted


def has(part: str) -> Callable[[Container[str]], bool]:
    """For ``fits``: a text, or some of them, with this in it."""
    return lambda seen: part in seen


def lacks(part: str) -> Callable[[Container[str]], bool]:
    """For ``fits``: the same without this."""
    return lambda seen: part not in seen
