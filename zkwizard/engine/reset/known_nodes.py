"""Which nodes the cluster itself lists: what a reset of some of them has to tell it, and a person of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zkwizard.engine.inside.asking import ask_control_plane
from zkwizard.inspect import nodes
from zkwizard.inspect.trouble import Kind, Trouble
from zkwizard.model.cluster import Cluster
from zkwizard.model.errors import ConnectionFailed
from zkwizard.model.ports import Network
from zkwizard.model.remains import Teardown
from zkwizard.model.text import T, Text


@dataclass(frozen=True)
class KnownNodes:
    """What the API server says of the cluster's nodes."""

    listed: frozenset[str] = frozenset()
    """Names of those that it knows."""
    silent: Text | None = None
    """Why it says nothing; None where it answered, and where no control plane is that could."""
    reached: bool = True
    """Whether the control plane's machine was reached."""

    def lists(self, cluster: Cluster, teardown: Teardown) -> tuple[str, ...]:
        """Nodes that leave, and that the cluster which stays has to forget."""
        if not stays(cluster, teardown):
            return ()
        return tuple(name for name in teardown.nodes if name in self.listed)

    def told(self, cluster: Cluster, teardown: Teardown) -> tuple[Text, ...]:
        """What a person should know before he agrees: what the cluster will forget, or that it is silent."""
        if self.silent is None:
            known = ", ".join(self.lists(cluster, teardown))
            return (T("The cluster stays, and forgets {nodes}.", nodes=known),) if known else ()
        if not stays(cluster, teardown):
            if not self.reached:  # it is told of the machine itself
                return ()
            words = T(
                "{why} That stops nothing: what it knows of the nodes goes with the control plane.",
                why=self.silent,
            )
        else:
            words = T(
                "{why} So no pod is moved, and the cluster goes on listing {nodes} if it did; the same"
                " command makes it forget them when it answers again.",
                why=self.silent,
                nodes=", ".join(teardown.nodes),
            )
        return (words,)


NOBODY = KnownNodes()


def stays(cluster: Cluster, teardown: Teardown) -> bool:
    """Whether the cluster lives on, without the nodes that leave."""
    return cluster.first_control_plane.name not in teardown.nodes


def still_listed(cluster: Cluster, left: Sequence[str]) -> Text:
    """What is left to do when nodes are taken back, and the cluster could not be told."""
    return T(
        "the cluster still lists {nodes}: its API server could not be told. When it answers again, run the"
        " same command, or on {master}: kubectl delete node {names}",
        nodes=", ".join(left),
        names=" ".join(left),
        master=cluster.first_control_plane.name,
    )


def for_ever(cluster: Cluster, node: str) -> Text:
    """What to do about a machine that nobody will reach any more."""
    return T(
        "the cluster still lists {node}. If that machine never comes back, on {master}:"
        " kubectl delete node {node}",
        node=node,
        master=cluster.first_control_plane.name,
    )


async def known_nodes(cluster: Cluster, network: Network) -> KnownNodes:
    """Ask the control plane. One that gives no answer is an answer, too."""
    try:
        answer = await ask_control_plane(cluster, network, nodes.question())
    except ConnectionFailed as error:
        why = T("{node} can't be reached ({why}).", node=error.node, why=error.said)
        return KnownNodes(silent=why, reached=False)
    if isinstance(answer, Trouble):
        return NOBODY if answer.kind is Kind.NO_CLUSTER else KnownNodes(silent=answer.text)
    return KnownNodes(frozenset(node.name for node in answer))
