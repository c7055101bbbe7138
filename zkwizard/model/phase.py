"""The shape of a phase: where it runs, what it waits for, which steps it has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from zkwizard.model.cluster import Cluster, Node
from zkwizard.model.context import Context
from zkwizard.model.step import OperatorStep, Step
from zkwizard.model.text import Text

OPERATOR = "operator"
"""The name under which steps done where zkwizard runs appear among the nodes."""


class On(StrEnum):
    """Which nodes a phase is for."""

    ALL = "all nodes"
    FIRST_CONTROL_PLANE = "the first control plane"
    OTHERS = "all nodes but the first control plane"
    OPERATOR = "where zkwizard runs"


class Work(StrEnum):
    """How a phase is done on a node."""

    PROGRAM = "program"
    """Its steps, as one program that the node runs."""
    FACTS = "facts"
    """A look at the machine before anything is changed."""
    PROOF = "proof"
    """A look after a reset, with a login of its own."""


@dataclass(frozen=True)
class Phase:
    """One phase of the way to a cluster. Pure: ``steps`` and ``judge`` touch nothing."""

    id: str
    title: Text
    summary: Text
    """What it changes on a node, in a sentence."""
    on: On
    steps: Callable[[Context], Sequence[Step | OperatorStep]]
    after: tuple[str, ...] = ()
    """Phases that must have ended on all their nodes before this one starts on any."""
    work: Work = Work.PROGRAM
    leader_first: bool = False
    """The first control plane goes first, as the others need what it captures."""
    leader_last: bool = False
    """The first control plane begins it when all other nodes are through with everything, well or not."""
    tolerated: bool = False
    """What comes after it goes on although it failed; not on a node that can't be reached any more."""
    one_at_a_time: bool = False
    """Nodes take turns."""
    each_time: bool = False
    """Done again whenever a run goes on, as it makes a secret that nothing stores."""
    gate: bool = False
    """Judged: a failure on any node keeps everything after it from starting anywhere."""
    applies: Callable[[Cluster, Node], bool] = lambda cluster, node: True
    """Whether there is anything to do for this node at all."""

    def nodes(self, cluster: Cluster) -> tuple[str, ...]:
        """Names of the nodes it runs on, in the order of the cluster file."""
        if self.on is On.OPERATOR:
            return (OPERATOR,) if any(self.applies(cluster, node) for node in cluster.nodes) else ()
        first = cluster.first_control_plane.name
        return tuple(
            node.name
            for node in cluster.nodes
            if (self.on is On.ALL or (node.name == first) is (self.on is On.FIRST_CONTROL_PLANE))
            and self.applies(cluster, node)
        )
