"""``zkwizard peers``: the overlay between all nodes, direct or relayed, and how fast."""

from __future__ import annotations

from argparse import Namespace

from rich.table import Table
from rich.text import Text

from zkwizard.cli.inspect.command import ask, print_json, unreached
from zkwizard.cli.session import Session
from zkwizard.cli.tables import BAD, DOUBTFUL, Cell, Column, note, show, table
from zkwizard.engine.inspection import Link, PeersReport, look_at_peers
from zkwizard.model.facts import LinkPath

_COLUMNS = (
    Column("FROM", fold=True),
    Column("TO", fold=True),
    Column("PATH"),
    Column("RTT", right=True),
    Column("LOSS", right=True),
    Column("BELOW", right=True),
    Column("BY WAY OF", fold=True),
)


def peers(options: Namespace) -> int:
    """Print every link; exit code 3 or 4 when all or some nodes can't be reached."""
    session = Session(options)
    chosen = session.chosen(options.node)
    report = ask(session, lambda network: look_at_peers(session.cluster, network, chosen))
    if options.json:
        print_json(report)
    else:
        show(*picture(report))
    return unreached(report.unreachable.values(), others=bool(report.links))


def picture(report: PeersReport) -> list[Table | Text]:
    """A row for each direction of each link, and what is wrong with ZeroTier itself."""
    rows = [_row(node, link) for node, links in report.links.items() for link in links]
    parts: list[Table | Text] = [table(_COLUMNS, rows)] if rows else []
    for node, service in report.zerotier.items():
        if service and not service.running:
            parts.append(note(f"{node}: ZeroTier does not run", BAD))
        elif service and not service.online:
            parts.append(note(f"{node}: ZeroTier is offline: it reaches none of its roots", BAD))
        for network in service.networks if service else ():
            if network.status != "OK":
                parts.append(note(f"{node}: ZeroTier network {network.id}: {network.status}", BAD))
    if any(link.path is LinkPath.RELAYED for links in report.links.values() for link in links):
        parts.append(note(_RELAYED, DOUBTFUL))
    return parts


_RELAYED = (
    "relayed: no direct path between the two; open UDP 9993 in the firewall of one of them, or give it a "
    "public address"
)


def _row(node: str, link: Link) -> list[Cell]:
    rtt: Cell = f"{link.rtt_ms:.1f} ms" if link.rtt_ms > 0 else ("no answer", BAD)
    loss: Cell = f"{link.loss:.0f} %" if link.loss == 0 else (f"{link.loss:.0f} %", DOUBTFUL)
    path: Cell = "" if link.path is LinkPath.UNKNOWN else link.path.value
    if link.path is LinkPath.RELAYED:
        path = ("by TCP" if link.tunneled else "relayed", DOUBTFUL)
    below = f"{link.latency_ms} ms" if link.latency_ms >= 0 else ""
    return [node, link.target, path, rtt, loss, below, link.address]
