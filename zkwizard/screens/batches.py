"""What a run has to tell, in batches between which a key is answered."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Protocol

from zkwizard.model.events import Event

_LONGEST = 0.02
"""Seconds that a look takes, and one batch more."""


class Telling(Protocol):
    """A run, begun here or watched."""

    def events(self, wait: float = 0.0) -> list[Event]:
        """Events since the last call."""


def batches(run: Telling) -> Iterator[list[Event]]:
    """All events since the last look; of very many the rest comes at the next one."""
    until = time.monotonic() + _LONGEST
    while events := run.events():
        yield events
        if time.monotonic() >= until:
            return
