"""Authorising the members of the ZeroTier network: by a controller, or by a person while zkwizard waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from zkwizard.engine.planning import Facts, Values
from zkwizard.model.cluster import Cluster
from zkwizard.model.events import Event, PersonNeeded
from zkwizard.model.facts import NodeFacts
from zkwizard.model.ports import Controller, Member
from zkwizard.model.step import OperatorStep, Outcome
from zkwizard.model.text import T, Text


async def authorise(
    cluster: Cluster,
    controller: Controller,
    facts: Facts,
    values: Values,
    phase: str,
    step: OperatorStep,
    emit: Callable[[Event], None],
) -> Outcome:
    """Authorise every member that is not yet in the network with its address.

    Where a person does it, they are told whom to authorise; the waiting is the next phase's, on the nodes.
    """
    waiting = [member for member in members(cluster, values) if not _is_in(cluster, facts, member)]
    if not waiting:
        return Outcome.UNCHANGED
    if not controller.automatic:
        emit(PersonNeeded(at=time.time(), phase=phase, step=step.id, text=_request(cluster, waiting)))
    await controller.authorise(waiting)
    return Outcome.CHANGED


def members(cluster: Cluster, values: Mapping[tuple[str, str], str]) -> list[Member]:
    """The members whose ids are known."""
    return [
        Member(node.name, member, str(node.overlay_ip))
        for node in cluster.nodes
        if (member := values.get((node.name, "zerotier-member")))
    ]


def _is_in(cluster: Cluster, facts: Mapping[str, NodeFacts], member: Member) -> bool:
    own = facts.get(member.node)
    networks = own.zerotier.networks if own and own.zerotier else ()
    return any(
        network.id == cluster.overlay.network
        and network.status == "OK"
        and any(address.split("/")[0] == member.address for address in network.addresses)
        for network in networks
    )


def _request(cluster: Cluster, waiting: list[Member]) -> Text:
    rows = "\n".join(f"    {member.id}  {member.address:<15}  {member.node}" for member in waiting)
    return T(
        "Authorise these members in network {network}, each with its address; "
        "the run goes on by itself:\n{rows}",
        network=cluster.overlay.network,
        rows=rows,
    )
