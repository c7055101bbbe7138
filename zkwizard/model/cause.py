"""What is broken and why, in the parts that a person needs: cause, evidence, remedy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from zkwizard.model.text import Text, Words


@dataclass(frozen=True)
class Command:
    """A command of a remedy, to be copied into a root shell on ``node``."""

    node: str
    text: str


@dataclass(frozen=True)
class Cause:
    """A cause that evidence names, and what follows from it."""

    id: str
    node: str
    what: Text
    """What is broken, in a sentence."""
    why: Text
    """Why the cluster can't work so."""
    seen: tuple[Words, ...]
    """The lines of evidence that name it; the first one is enough."""
    remedy: Text
    commands: tuple[Command, ...] = ()
    repair: tuple[str, ...] = ()
    """Phases whose ordinary run repairs it; empty when zkwizard can't do it itself."""
    risk: bool = False
    """Not in the way now, but it will be."""
    explains: tuple[str, ...] = ()
    """What else was found and follows from this, as ``id@node``."""

    def as_json(self) -> dict[str, Any]:
        """Plain data; texts in English."""
        return {
            "id": self.id,
            "node": self.node,
            "what": str(self.what),
            "why": str(self.why),
            "seen": [str(line) for line in self.seen],
            "remedy": str(self.remedy),
            "commands": [{"node": command.node, "command": command.text} for command in self.commands],
            "repair": list(self.repair),
            "risk": self.risk,
            "explains": list(self.explains),
        }
