"""``zkwizard nodes``: how the nodes do, from the API server's side and from their own."""

from __future__ import annotations

from argparse import Namespace

from rich.table import Table
from rich.text import Text

from zkwizard.cli.inspect.ages import since
from zkwizard.cli.inspect.command import ask, failed, print_json, unreached
from zkwizard.cli.session import Session
from zkwizard.cli.tables import BAD, DOUBTFUL, FAINT, Cell, Column, note, show, table
from zkwizard.engine.inspection import Link, NodeReport, NodesReport, look_at_nodes
from zkwizard.model.errors import ExitCode
from zkwizard.model.facts import LinkPath

_CONTAINERD = "containerd://"


def nodes(options: Namespace) -> int:
    """Print them; exit code 1 without an API server, 3 or 4 when all or some nodes can't be reached."""
    session = Session(options)
    report = ask(session, lambda network: look_at_nodes(session.cluster, network))
    if options.json:
        print_json(report)
    else:
        show(*picture(report))
    others = len(report.unreachable) < len(session.cluster.nodes)
    code = unreached(report.unreachable.values(), others=others)
    if report.api:
        told = failed(report.api, options, session.cluster.first_control_plane.name)
        return code if code is ExitCode.CONNECTION else told
    return code


def picture(report: NodesReport, now: float | None = None) -> list[Table | Text]:
    """The table, and a line for each thing that is not as it should be."""
    usual = all(node.kube.runtime.startswith(_CONTAINERD) for node in report.nodes if node.kube)
    columns = (
        Column("NODE"),
        Column("READY"),
        Column("ROLE", fold=True),
        Column("ADDRESS"),
        Column("VERSION"),
        Column("CONTAINERD" if usual else "RUNTIME"),
        Column("OVERLAY"),
        Column("RTT", right=True),
    )
    rows = [_row(node, _CONTAINERD if usual else "") for node in report.nodes]
    parts: list[Table | Text] = [table(columns, rows)]
    for node in report.nodes:
        parts += [note(f"{node.name}: {text}", style) for text, style in _notes(node, report, now)]
    return parts


def _row(node: NodeReport, runtime: str) -> list[Cell]:
    kube = node.kube
    return [
        node.name,
        _ready(node),
        ", ".join(kube.roles).replace("-", " ") or "worker" if kube else "",
        kube.internal_ip if kube else node.expected_ip,
        kube.version if kube else "",
        _runtime(kube.runtime, runtime) if kube else "",
        _path(node.link),
        _rtt(node.link),
    ]


def _runtime(text: str, usual: str) -> str:
    """``containerd://2.1.9+unknown``: what stands behind the plus is of its builder."""
    return text.removeprefix(usual).replace("://", " ").partition("+")[0]


def _ready(node: NodeReport) -> Cell:
    if not node.kube:
        return ("?", DOUBTFUL)
    if not node.kube.ready:
        return ("NO", BAD)
    return ("cordoned", DOUBTFUL) if node.kube.unschedulable else "yes"


def _path(link: Link | None) -> Cell:
    if not link or link.path is LinkPath.UNKNOWN:
        return ("", FAINT)
    if link.tunneled:
        return ("by TCP", BAD)
    return (link.path.value, DOUBTFUL if link.path is LinkPath.RELAYED else "")


def _rtt(link: Link | None) -> Cell:
    if not link:
        return ("", FAINT)
    if link.rtt_ms <= 0:
        return ("none", BAD)
    return f"{link.rtt_ms:.1f} ms" if link.rtt_ms < 10 else f"{link.rtt_ms:.0f} ms"


def _notes(node: NodeReport, report: NodesReport, now: float | None) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if node.unreachable:
        found.append(("can't be reached over SSH", BAD))
    if not node.expected_ip:
        found.append(("is in the cluster, but not in the cluster file", DOUBTFUL))
    if not node.kube and not report.api and not _leaderless(report):
        found.append(("has not joined the cluster", DOUBTFUL))
    for one in node.kube.problems if node.kube else ():
        age = since(one.since, now)
        ago = f" for {age}" if age else ""
        found.append((f"{one.type} is {one.status}{ago}: {one.message or one.reason}", BAD))
    if node.kube and node.expected_ip and node.kube.internal_ip != node.expected_ip:
        text = (
            f"has {node.kube.internal_ip or 'no address'} in the cluster, and {node.expected_ip} in the file"
        )
        found.append((text, BAD))
    return [*found, *_overlay(node)]


def _leaderless(report: NodesReport) -> bool:
    """Whether nobody could be asked what the API server knows."""
    return all(node.kube is None for node in report.nodes) and bool(report.unreachable)


def _overlay(node: NodeReport) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if node.zerotier and not node.zerotier.running:
        found.append(("ZeroTier does not run", BAD))
    elif node.zerotier and not node.zerotier.online:
        found.append(("ZeroTier is offline: it reaches none of its roots", BAD))
    for network in node.zerotier.networks if node.zerotier else ():
        if network.status != "OK":
            found.append((f"ZeroTier network {network.id}: {network.status}", BAD))
    if node.link and 0 < node.link.loss < 100:
        text = f"{node.link.loss:.0f} % of the packets to {node.link.target} are lost"
        found.append((text, DOUBTFUL))
    return found
