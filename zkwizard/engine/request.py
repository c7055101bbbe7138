"""What a run is asked to do, and what an interrupted one had done before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from zkwizard.model.cluster import Cluster
from zkwizard.model.phase import Phase
from zkwizard.model.remains import Teardown


@dataclass(frozen=True)
class History:
    """What an interrupted run had done already, when it goes on."""

    done: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """(phase, node) → hash of its program."""
    begun: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """The same for phases that were started and have no end."""


@dataclass(frozen=True)
class Request:
    """What to run."""

    run: str
    cluster: Cluster
    phases: Sequence[Phase]
    nodes: Sequence[str]
    operator: str
    """Login and machine of who runs it, for the record on the nodes."""
    key: bytes
    """From which the nonces of jobs are made."""
    fingerprint: str
    teardown: Teardown | None = None
    """Given when a cluster is taken back."""
    history: History | None = None
    """Given when an interrupted run goes on."""
    take_over: bool = False
    own_runs: frozenset[str] = frozenset()
    """Earlier runs made from here: a node that one of them still holds, idle, is taken without asking."""

    @property
    def purpose(self) -> str:
        """``run`` or ``reset``."""
        return "reset" if self.teardown else "run"
