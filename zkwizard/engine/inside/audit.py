"""The one-address audit: asks every node, and the API server, and judges whether they agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zkwizard.checks.one_address import expected_names, judge
from zkwizard.engine.inside.asking import ask
from zkwizard.inspect import addresses, nodes
from zkwizard.inspect.question import Question
from zkwizard.inspect.trouble import Trouble
from zkwizard.model.cluster import Cluster
from zkwizard.model.errors import ConnectionFailed
from zkwizard.model.finding import Finding
from zkwizard.model.ports import Network


@dataclass(frozen=True)
class Audit:
    """What was found; ``api`` says why the API server gave no answer."""

    findings: tuple[Finding, ...]
    api: Trouble | None
    unreachable: Mapping[str, ConnectionFailed]


async def audit(cluster: Cluster, network: Network) -> Audit:
    """One round trip to each node."""
    leader, own, kube = (
        cluster.first_control_plane,
        addresses.question(expected_names(cluster)),
        nodes.question(),
    )
    asking: dict[str, Sequence[Question[object]]] = {
        node.name: [own, kube] if node is leader else [own] for node in cluster.nodes
    }
    asked = await ask(network, asking)
    told = asked.answers[leader.name].get(kube) if leader.name in asked.answers else ()
    known = {} if isinstance(told, Trouble) else {node.name: node for node in told}
    seen = {name: answers.get(own) for name, answers in asked.answers.items()}
    findings = tuple(judge(cluster, seen, known))
    return Audit(findings, told if isinstance(told, Trouble) else None, asked.unreachable)
