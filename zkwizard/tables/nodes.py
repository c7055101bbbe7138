"""The nodes, from the API server's side and from their own, and what is wrong with each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zkwizard.engine.inside.inspection import Link, NodeReport, NodesReport
from zkwizard.model.facts import LinkPath, ZeroTier
from zkwizard.model.text import T, Text, Words
from zkwizard.tables.ages import since
from zkwizard.tables.table import BAD, DOUBTFUL, FAINT, Cell, Column, Mood, Note, Row, Table

_CONTAINERD = "containerd://"


def table(report: NodesReport, now: float | None = None) -> Table:
    """A row per node, and a line for each thing that is not as it should be."""
    usual = all(node.kube.runtime.startswith(_CONTAINERD) for node in report.nodes if node.kube)
    columns = (
        Column(T("NODE")),
        Column(T("READY")),
        Column(T("ROLE"), fold=True),
        Column(T("ADDRESS")),
        Column(T("VERSION")),
        Column("CONTAINERD" if usual else T("RUNTIME")),
        Column(T("OVERLAY")),
        Column(T("RTT"), right=True),
    )
    rows = [Row(node.name, _row(node, _CONTAINERD if usual else "")) for node in report.nodes]
    notes = [
        Note(T("{node}: {text}", node=node.name, text=text), mood, about=node.name)
        for node in report.nodes
        for text, mood in _notes(node, report, now)
    ]
    return Table(columns, rows, notes)


def _row(node: NodeReport, runtime: str) -> list[Cell]:
    kube = node.kube
    return [
        node.name,
        _ready(node),
        _role(kube.roles) if kube else "",
        kube.internal_ip if kube else node.expected_ip,
        kube.version if kube else "",
        _runtime(kube.runtime, runtime) if kube else "",
        _path(node.link),
        _rtt(node.link),
    ]


def _role(roles: Sequence[str]) -> Words:
    """Its labels' roles; one that nobody knows by another name stays as it is written."""
    if tuple(roles) in ((), ("worker",)):
        return T("worker")
    return T("control plane") if tuple(roles) == ("control-plane",) else ", ".join(roles).replace("-", " ")


def _runtime(text: str, usual: str) -> str:
    """``containerd://2.1.9+unknown``: what stands behind the plus is of its builder."""
    return text.removeprefix(usual).replace("://", " ").partition("+")[0]


def _ready(node: NodeReport) -> Cell:
    if not node.kube:
        return ("?", DOUBTFUL)
    if not node.kube.ready:
        return (T("NO"), BAD)
    return (T("cordoned"), DOUBTFUL) if node.kube.unschedulable else T("yes")


def _path(link: Link | None) -> Cell:
    if not link or link.path is LinkPath.UNKNOWN:
        return ("", FAINT)
    if link.tunneled:
        return (T("by TCP"), BAD)
    return (T("relayed"), DOUBTFUL) if link.path is LinkPath.RELAYED else T("direct")


def _rtt(link: Link | None) -> Cell:
    if not link:
        return ("", FAINT)
    if link.rtt_ms <= 0:
        return (T("none"), BAD)
    return f"{link.rtt_ms:.1f} ms" if link.rtt_ms < 10 else f"{link.rtt_ms:.0f} ms"


def _notes(node: NodeReport, report: NodesReport, now: float | None) -> Iterator[tuple[Text, Mood]]:
    if node.unreachable:
        yield T("can't be reached over SSH"), BAD
    if not node.expected_ip:
        yield T("is in the cluster, but not in the cluster file"), DOUBTFUL
    if not node.kube and not report.api and not _leaderless(report):
        yield T("has not joined the cluster"), DOUBTFUL
    for one in node.kube.problems if node.kube else ():
        said = {"type": one.type, "status": one.status, "said": one.message or one.reason}
        if age := since(one.since, now):
            yield T("{type} is {status} for {age}: {said}", **said, age=age), BAD
        else:
            yield T("{type} is {status}: {said}", **said), BAD
    if node.kube and node.expected_ip and node.kube.internal_ip != node.expected_ip:
        seen: Text | str = node.kube.internal_ip or T("no address")
        yield T("has {seen} in the cluster, and {file} in the file", seen=seen, file=node.expected_ip), BAD
    if node.zerotier:
        yield from ((text, BAD) for text in service_notes(node.zerotier))
    if node.link and 0 < node.link.loss < 100:
        lost = {"percent": f"{node.link.loss:.0f}", "target": node.link.target}
        yield T("{percent} % of the packets to {target} are lost", **lost), DOUBTFUL


def _leaderless(report: NodesReport) -> bool:
    """Whether nobody could be asked what the API server knows."""
    return all(node.kube is None for node in report.nodes) and bool(report.unreachable)


def service_notes(service: ZeroTier) -> Iterator[Text]:
    """What is wrong with a node's ZeroTier itself."""
    if not service.running:
        yield T("ZeroTier does not run")
    elif not service.online:
        yield T("ZeroTier is offline: it reaches none of its roots")
    for network in service.networks:
        if network.status != "OK":
            yield T("ZeroTier network {id}: {status}", id=network.id, status=network.status)
