"""How the nodes and pods of a cluster do: which node is asked what, and what follows from the answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zkwizard.engine.inside.asking import Asked, ask, ask_control_plane, ask_node
from zkwizard.facts.ping import Ping
from zkwizard.inspect import certs, containers, describe, etcd, events, join, nodes, overlay, pods
from zkwizard.inspect.question import Answers, Question
from zkwizard.inspect.trouble import Trouble
from zkwizard.model.cluster import Cluster, Driver
from zkwizard.model.errors import ConnectionFailed
from zkwizard.model.facts import LinkPath, ZeroTier
from zkwizard.model.ports import Network
from zkwizard.model.text import Words


@dataclass(frozen=True)
class Link:
    """How a node reaches another over the overlay. Milliseconds; ``rtt_ms`` is 0 when nothing came back."""

    target: str
    path: LinkPath = LinkPath.UNKNOWN
    rtt_ms: float = 0.0
    loss: float = 100.0
    """Percent of three packets."""
    address: str = ""
    """Physical address that is used."""
    latency_ms: int = -1
    """Of the physical path, as ZeroTier measures it; -1 when not known."""
    tunneled: bool = False
    version: str = ""
    """Of ZeroTier at the other end."""


@dataclass(frozen=True)
class NodeReport:
    """One node, from the API server's side and from its own."""

    name: str
    expected_ip: str
    """Its overlay address in the cluster file; empty when it is not in the file."""
    kube: nodes.KubeNode | None = None
    """What the API server knows of it; None when it does not know it, or was not asked."""
    zerotier: ZeroTier | None = None
    link: Link | None = None
    """To the first control plane; None on itself, and where the node was not reached."""
    unreachable: Words = ""
    """Why it can't be reached over SSH."""


@dataclass(frozen=True)
class NodesReport:
    """All nodes; ``api`` says why the API server gave no answer."""

    nodes: tuple[NodeReport, ...]
    api: Trouble | None
    unreachable: Mapping[str, ConnectionFailed]


@dataclass(frozen=True)
class PeersReport:
    """Of every node that was reached, its ZeroTier service and its links to all others."""

    zerotier: Mapping[str, ZeroTier | None]
    links: Mapping[str, tuple[Link, ...]]
    unreachable: Mapping[str, ConnectionFailed]


async def look_at_nodes(cluster: Cluster, network: Network) -> NodesReport:
    """The nodes as the API server knows them, and each node's own way to the first control plane."""
    asked = await ask(network, {node.name: questions_about(cluster, node.name) for node in cluster.nodes})
    return nodes_report(cluster, asked)


def questions_about(cluster: Cluster, node: str) -> list[Question[object]]:
    """What a node is asked for the report about all of them."""
    leader = cluster.first_control_plane
    own = nodes.question() if node == leader.name else overlay.pings([leader.overlay_ip])
    return [*_zerotier_questions(cluster), own]


def nodes_report(cluster: Cluster, asked: Asked) -> NodesReport:
    """What follows from the answers; nodes without an answer and without a failure were not asked yet."""
    leader, ping = cluster.first_control_plane, overlay.pings([cluster.first_control_plane.overlay_ip])
    seen = asked.answers[leader.name].get(nodes.question()) if leader.name in asked.answers else ()
    known = {} if isinstance(seen, Trouble) else {node.name: node for node in seen}
    services = {name: answers.get(overlay.zerotier()) for name, answers in asked.answers.items()}
    reports = []
    for node in cluster.nodes:
        answers = asked.answers.get(node.name)
        reports.append(
            NodeReport(
                name=node.name,
                expected_ip=str(node.overlay_ip),
                kube=known.pop(node.name, None),
                zerotier=services.get(node.name),
                link=(
                    _link(cluster, leader.name, answers, services, answers.get(ping))
                    if answers and node is not leader
                    else None
                ),
                unreachable=_message(asked, node.name),
            )
        )
    reports += [NodeReport(name, "", kube=node) for name, node in known.items()]
    api = seen if isinstance(seen, Trouble) else None
    return NodesReport(tuple(reports), api, asked.unreachable)


async def look_at_peers(cluster: Cluster, network: Network, chosen: Sequence[str]) -> PeersReport:
    """Every chosen node's links to all others. The others are asked only who they are."""
    ping = overlay.pings([node.overlay_ip for node in cluster.nodes])
    own = _zerotier_questions(cluster)
    asked = await ask(
        network, {node.name: [*own, ping] if node.name in chosen else own for node in cluster.nodes}
    )
    services = {name: answers.get(overlay.zerotier()) for name, answers in asked.answers.items()}
    links: dict[str, tuple[Link, ...]] = {}
    for name, answers in asked.answers.items():
        if name in chosen:
            measured = answers.get(ping)
            links[name] = tuple(
                _link(cluster, other.name, answers, services, measured)
                for other in cluster.nodes
                if other.name != name
            )
    return PeersReport({name: services.get(name) for name in links}, links, asked.unreachable)


def _zerotier_questions(cluster: Cluster) -> list[Question[object]]:
    return [overlay.zerotier(), overlay.peers()] if cluster.overlay.driver is Driver.ZEROTIER else []


def _link(
    cluster: Cluster,
    target: str,
    answers: Answers,
    services: Mapping[str, ZeroTier | None],
    measured: Mapping[str, Ping],
) -> Link:
    """From the node that gave ``answers`` to ``target``, whose member id is known if it was reached."""
    seen = measured.get(str(cluster.node(target).overlay_ip)) or Ping()
    service = services.get(target)
    member = service.member if service else ""
    peer = next((one for one in answers.get(overlay.peers()) if member and one.member == member), None)
    loss = 100.0 * (seen.sent - seen.received) / seen.sent if seen.sent else 100.0
    return Link(
        target=target,
        path=peer.path if peer else LinkPath.UNKNOWN,
        rtt_ms=seen.rtt_avg,
        loss=loss,
        address=peer.address if peer else "",
        latency_ms=peer.latency_ms if peer else -1,
        tunneled=peer.tunneled if peer else False,
        version=peer.version if peer else "",
    )


def _message(asked: Asked, node: str) -> Words:
    return asked.unreachable[node].said if node in asked.unreachable else ""


async def look_at_pods(cluster: Cluster, network: Network, namespace: str = "") -> pods.Pods:
    """The pods of all namespaces or one, those with problems first."""
    return await ask_control_plane(cluster, network, pods.question(namespace))


async def look_at_events(
    cluster: Cluster, network: Network, namespace: str = "", *, warnings: bool = False
) -> events.Events:
    """The cluster's events, the oldest first."""
    return await ask_control_plane(cluster, network, events.question(namespace, warnings=warnings))


async def look_at_object(
    cluster: Cluster, network: Network, kind: describe.Kind, name: str, namespace: str = ""
) -> str | Trouble:
    """kubectl's description of a pod or node. A pod without a namespace is looked for in all of them."""
    return await ask_control_plane(cluster, network, describe.text(kind, name, namespace))


async def read_object(
    cluster: Cluster, network: Network, kind: describe.Kind, name: str, namespace: str = ""
) -> describe.Described | Trouble:
    """The same as data."""
    return await ask_control_plane(cluster, network, describe.data(kind, name, namespace))


async def look_at_containers(network: Network, node: str) -> containers.Containers:
    """A node's containers as its runtime sees them."""
    asked = containers.question()
    return (await ask_node(network.connection(node), [asked])).get(asked)


async def look_at_log(network: Network, node: str, container: str, lines: int) -> str | Trouble:
    """The last lines of a container's log, from its runtime."""
    asked = containers.log(container, lines)
    return (await ask_node(network.connection(node), [asked])).get(asked)


async def look_at_certificates(
    network: Network, chosen: Sequence[str]
) -> tuple[Mapping[str, certs.Certificates], Mapping[str, ConnectionFailed]]:
    """The certificates on each chosen node."""
    asked = await ask(network, {node: [certs.question()] for node in chosen})
    found = {name: answers.get(certs.question()) for name, answers in asked.answers.items()}
    return found, asked.unreachable


async def look_at_etcd(cluster: Cluster, network: Network) -> etcd.Etcd | Trouble:
    """etcd's members and health, asked in the container of the first control plane that can be reached."""
    return await ask_control_plane(cluster, network, etcd.question())


async def make_join_command(cluster: Cluster, network: Network, seconds: int) -> join.JoinCommand | Trouble:
    """A fresh token that lives so many seconds, and the whole command."""
    return await ask_control_plane(cluster, network, join.question(seconds))
