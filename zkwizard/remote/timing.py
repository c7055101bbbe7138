"""How long things may take, in seconds. Tests use shorter ones."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """The values are measured or usual; ``facts`` are in the comments."""

    connect: float = 20.0
    """TCP, key exchange and login; also bounds a server that says nothing."""
    enter: float = 30.0
    """From an open session to root's shell; sudo waits 2 s after a wrong password."""
    keepalive: float = 5.0
    keepalive_misses: int = 3
    """5 s × 3: a silently cut link is declared lost after 19 s (tried)."""
    silent: float = 6.0
    """Without any answer for this long, a follower says so."""
    beat: float = 2.0
    """Between a follower's questions whether the node is there."""
    backoff: float = 1.0
    backoff_most: float = 30.0
    """Pauses between attempts to reconnect: 1, 2, 4 … 30 s."""
    patience: float = 3600.0
    """Without any contact for this long, a follower gives up; the job goes on."""
