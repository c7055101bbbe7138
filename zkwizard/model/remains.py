"""What a cluster leaves on a node: what was looked for, what was found, and what becomes of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from zkwizard.model.text import Text


@dataclass(frozen=True)
class Teardown:
    """What a reset shall take back, beyond what it always does."""

    nodes: tuple[str, ...]
    """Names of the nodes to take back, in the order of the cluster file."""
    packages: bool = False
    """Also the packages that zkwizard installed, with images and whatever else the runtime keeps."""
    leave_overlay: bool = False
    """Also the membership in the ZeroTier network that zkwizard joined."""


class Kind(StrEnum):
    """What is looked for, each in a way of its own; in the order in which it is shown."""

    PROCESS = "process"
    PORT = "port"
    CONTAINER = "container"
    MOUNT = "mount"
    NETNS = "netns"
    LINK = "link"
    ROUTE = "route"
    CHAIN = "chain"
    TABLE = "table"
    SET = "set"
    UNIT = "unit"
    FILE = "file"
    KUBECONFIG = "kubeconfig"
    SETTING = "setting"
    RECEIPT = "receipt"
    PACKAGE = "package"
    OVERLAY = "overlay"


@dataclass(frozen=True)
class Trace:
    """One thing found on a node. ``mark`` says what the node knows of it (``foreign``, ``busy``, …)."""

    kind: Kind
    name: str
    mark: str = ""
    detail: str = ""
    """More words about it: who uses it, its version."""


class Fate(StrEnum):
    """What becomes of a trace."""

    GOES = "goes"
    """A reset takes it away or puts back what was there before; after a reset: it is still there."""
    STAYS = "stays"
    """It is not ours to take, or was chosen to stay."""


@dataclass(frozen=True)
class Remain:
    """A trace and what becomes of it. ``why`` is empty where nothing needs to be said."""

    trace: Trace
    fate: Fate
    why: Text | None = None


@dataclass(frozen=True)
class Proof:
    """Everything that was looked for on one node, and found."""

    node: str
    remains: tuple[Remain, ...]
    reboot: tuple[Text, ...] = ()
    """Why the node should be rebooted; empty when it need not be."""
    complete: bool = True
    """Whether the node could tell everything; False when its answer was cut off."""

    @property
    def going(self) -> tuple[Remain, ...]:
        """What a reset takes away, or did not manage to."""
        return tuple(remain for remain in self.remains if remain.fate is Fate.GOES)

    @property
    def staying(self) -> tuple[Remain, ...]:
        """What a reset leaves."""
        return tuple(remain for remain in self.remains if remain.fate is Fate.STAYS)

    @property
    def is_clean(self) -> bool:
        """Whether nothing is there that a reset takes away."""
        return self.complete and not self.going

    def as_json(self) -> dict[str, Any]:
        """Plain data; texts in English."""
        return {
            "node": self.node,
            "clean": self.is_clean,
            "complete": self.complete,
            "looked_for": [str(kind) for kind in Kind],
            "remains": [
                {**asdict(remain.trace), "fate": remain.fate, "why": str(remain.why or "")}
                for remain in self.remains
            ],
            "reboot": [str(reason) for reason in self.reboot],
        }
