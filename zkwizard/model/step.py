"""What a phase consists of: steps done on a node, and steps done where zkwizard runs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from zkwizard.model.text import Text

CONFLICT = 65
"""Exit code of a check that found something it must neither accept nor change (sysexits' EX_DATAERR)."""


class Outcome(StrEnum):
    """How a step ended."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    FAILED = "failed"
    STOPPED = "stopped"


class Stays(StrEnum):
    """What a reset leaves on a node unless it is told otherwise."""

    PACKAGES = "packages"
    """The packages that zkwizard installed."""
    OVERLAY = "overlay"
    """The membership in the ZeroTier network, on which the way to the node may depend."""


@dataclass(frozen=True)
class Step:
    """One thing to be true on a node, as POSIX sh.

    ``check`` exits 0 when nothing is to be done, 65 when somebody must decide first (its output says what),
    and anything else when ``apply`` is to run. ``verify`` proves the result; empty means that ``check`` is
    asked again. ``undo`` takes it back, from the receipts that ``apply`` left; ``receipt`` holds while there
    is one. The five run as processes of their own under ``sh -eu``. Values are quoted already; secrets are
    references (see ``placeholders``).
    """

    id: str
    title: Text
    why: Text
    check: str
    apply: str
    verify: str = ""
    undo: str = ""
    receipt: str = ""
    """Empty: undo is to run in any case."""
    stays: tuple[Stays, ...] = ()
    """What the step belongs to of that which a reset leaves: taken back only when all of it shall go."""
    content: str = ""
    """Text of a file, raw: the only place where secret references may stand. ``zk_content``
    gives it to a command."""
    limit: int = 120
    """Seconds that one attempt of ``apply`` may take; 0 is no limit, for what must not be ended."""
    retries: int = 0
    delay: int = 5
    """Seconds before the second attempt; doubled for each further one, up to five minutes."""
    captures: tuple[str, ...] = ()
    """Names of the values that the step reports with ``zk_value``."""

    @property
    def sources(self) -> tuple[str, ...]:
        """All its text, for whatever must read it whole."""
        return (self.check, self.apply, self.verify, self.undo, self.content)


class OperatorAction(StrEnum):
    """What only the place where zkwizard runs can do."""

    AUTHORISE_MEMBERS = "authorise-members"
    FETCH_KUBECONFIG = "fetch-kubeconfig"


@dataclass(frozen=True)
class OperatorStep:
    """A step done where zkwizard runs."""

    id: str
    title: Text
    why: Text
    action: OperatorAction
    limit: int = 3600
    """Seconds to wait for it, as a person may have to act."""
