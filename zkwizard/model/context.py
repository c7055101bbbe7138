"""What a phase knows when its steps are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from zkwizard.model.cluster import Cluster, Node
from zkwizard.model.facts import NodeFacts
from zkwizard.model.placeholders import hole


@dataclass(frozen=True)
class Context:
    """The cluster, one node of it, and what is known so far.

    ``facts`` and ``values`` are empty in a forecast. ``values`` holds what steps have captured, by node name
    and value name.
    """

    cluster: Cluster
    node: Node
    facts: Mapping[str, NodeFacts] = field(default_factory=dict)
    values: Mapping[tuple[str, str], str] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    """Nodes on which this run has failed: nothing waits for them."""

    @property
    def present(self) -> tuple[Node, ...]:
        """The nodes on which nothing has failed, in the order of the file; this one is among them."""
        return tuple(
            node for node in self.cluster.nodes if node == self.node or node.name not in self.missing
        )

    @property
    def own(self) -> NodeFacts | None:
        """Facts of this node, or None before the probe."""
        return self.facts.get(self.node.name)

    def value(self, node: str, name: str, when: str) -> str:
        """The captured value, or a hole that says ``when`` it will be known."""
        found = self.values.get((node, name))
        return hole(name, when) if found is None else found
