"""What comes before a reset: what may be asked for, a first look at the nodes, and what then has to run."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import AddressValueError, IPv4Address

from zkwizard.checks.ownership import is_foreign
from zkwizard.checks.remains import judge
from zkwizard.engine.gathering import gather
from zkwizard.engine.reset.known_nodes import NOBODY, KnownNodes, known_nodes
from zkwizard.engine.reset.proof import seen
from zkwizard.model.cluster import Cluster, Driver
from zkwizard.model.context import Context
from zkwizard.model.errors import ConnectionFailed
from zkwizard.model.facts import NodeFacts
from zkwizard.model.phase import Phase
from zkwizard.model.ports import Network
from zkwizard.model.remains import Proof, Teardown, Trace
from zkwizard.model.text import T, Text
from zkwizard.phases.teardown.order import phases


def no_leaving(cluster: Cluster, nodes: Sequence[str]) -> Text | None:
    """Why these nodes can't be made to leave the overlay; None if they can."""
    if cluster.overlay.driver is not Driver.ZEROTIER:
        return T("found overlay.driver existing, which zkwizard did not make")
    inside = [name for name in nodes if _is_inside(cluster, cluster.node(name).ssh.host)]
    if inside:
        return T(
            "{nodes} would be out of reach, as ssh.host is its overlay address; "
            "give its public address there",
            nodes=", ".join(inside),
        )
    return None


def _is_inside(cluster: Cluster, host: str) -> bool:
    try:
        return IPv4Address(host) in cluster.overlay.cidr
    except AddressValueError:
        return False


@dataclass(frozen=True)
class FirstLook:
    """What was found on the nodes before anything is changed."""

    facts: Mapping[str, NodeFacts] = field(default_factory=dict)
    traces: Mapping[str, tuple[tuple[Trace, ...], bool]] = field(default_factory=dict)
    """By node, and whether the node told everything."""
    unreachable: Mapping[str, ConnectionFailed] = field(default_factory=dict)
    known: KnownNodes = NOBODY
    """What the cluster itself says of its nodes."""

    def proof(self, node: str, teardown: Teardown) -> Proof:
        """What a reset as asked for would do to what was found on a node that was reached."""
        traces, whole = self.traces[node]
        return judge(teardown, node, traces, complete=whole)

    def proofs(self, teardown: Teardown) -> dict[str, Proof]:
        """The same for all nodes that were reached and are to be taken back."""
        return {node: self.proof(node, teardown) for node in teardown.nodes if node in self.traces}

    def is_over(self, cluster: Cluster, teardown: Teardown) -> bool:
        """Whether nothing is to be done on any node that was reached, nor in the cluster about one."""
        clean = all(proof.is_clean for proof in self.proofs(teardown).values())
        return clean and not self.still_known(cluster, teardown)

    def still_known(self, cluster: Cluster, teardown: Teardown) -> list[str]:
        """Nodes that were reached, and that a cluster which stays still lists."""
        return [name for name in self.known.lists(cluster, teardown) if name in self.traces]

    def told(self, cluster: Cluster, teardown: Teardown) -> tuple[Text, ...]:
        """What a person should know before he agrees, beside what goes and what stays."""
        foreign = tuple(
            T(
                "{node} belongs to another cluster ({server}): what goes is its, and may be there only.",
                node=name,
                server=self.facts[name].kubelet_server,
            )
            for name in teardown.nodes
            if name in self.facts and is_foreign(cluster, self.facts[name])
        )
        return (*foreign, *self.known.told(cluster, teardown))


async def first_look(cluster: Cluster, network: Network, nodes: Sequence[str]) -> FirstLook:
    """All nodes at once, and the cluster; one that can't be reached keeps no other. Changes nothing."""
    facts: dict[str, NodeFacts] = {}
    traces: dict[str, tuple[tuple[Trace, ...], bool]] = {}
    unreachable: dict[str, ConnectionFailed] = {}

    async def one(name: str) -> None:
        connection = network.connection(name)
        try:
            facts[name] = await gather(connection)
            traces[name] = await seen(connection, Context(cluster, cluster.node(name), facts))
        except ConnectionFailed as error:
            unreachable[name] = error

    asked = known_nodes(cluster, network)
    known, _ = await asyncio.gather(asked, asyncio.gather(*map(one, nodes)))
    return FirstLook(facts, traces, unreachable, known)


@dataclass(frozen=True)
class ToRun:
    """What has to run."""

    teardown: Teardown
    """With the nodes that were reached."""
    phases: tuple[Phase, ...]
    nodes: tuple[str, ...]
    """Those, and the control plane that stays, where one does: it has something to do with them."""


def to_run(cluster: Cluster, teardown: Teardown, look: FirstLook) -> ToRun:
    """Take back what was reached; the rest stays as it is, and can be taken back later."""
    reached = Teardown(
        tuple(name for name in teardown.nodes if name in look.traces),
        packages=teardown.packages,
        leave_overlay=teardown.leave_overlay,
    )
    leader = cluster.first_control_plane.name
    at_work = {*reached.nodes, *(() if leader in teardown.nodes else (leader,))}
    nodes = tuple(node.name for node in cluster.nodes if node.name in at_work)
    return ToRun(reached, phases(reached), nodes)


def orphaned(cluster: Cluster, nodes: Sequence[str]) -> list[str]:
    """Nodes that are left without a cluster, because the control plane goes and they do not."""
    if cluster.first_control_plane.name not in nodes:
        return []
    return [node.name for node in cluster.nodes if node.name not in nodes]
