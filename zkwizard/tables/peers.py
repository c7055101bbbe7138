"""The overlay between the nodes: every link in both directions."""

from __future__ import annotations

from zkwizard.engine.inside.inspection import Link, PeersReport
from zkwizard.model.facts import LinkPath
from zkwizard.model.text import T
from zkwizard.tables.nodes import service_notes
from zkwizard.tables.table import BAD, DOUBTFUL, Cell, Column, Note, Row, Table

_COLUMNS = (
    Column(T("FROM"), fold=True),
    Column(T("TO"), fold=True),
    Column(T("PATH")),
    Column(T("RTT"), right=True),
    Column(T("LOSS"), right=True),
    Column(T("BELOW"), right=True),
    Column(T("BY WAY OF"), fold=True),
)
_RELAYED = T(
    "relayed: no direct path between the two; open UDP 9993 in the firewall of one of them, or give it a "
    "public address"
)


def table(report: PeersReport) -> Table:
    """A row for each direction of each link, and what is wrong with ZeroTier itself."""
    rows = [
        Row(f"{node}/{link.target}", _row(node, link))
        for node, links in report.links.items()
        for link in links
    ]
    notes = [
        Note(T("{node}: {text}", node=node, text=text), BAD)
        for node, service in report.zerotier.items()
        if service
        for text in service_notes(service)
    ]
    if any(link.path is LinkPath.RELAYED for links in report.links.values() for link in links):
        notes.append(Note(_RELAYED, DOUBTFUL))
    return Table(_COLUMNS if rows else (), rows, notes)


def _row(node: str, link: Link) -> list[Cell]:
    rtt: Cell = f"{link.rtt_ms:.1f} ms" if link.rtt_ms > 0 else (T("no answer"), BAD)
    loss: Cell = f"{link.loss:.0f} %" if link.loss == 0 else (f"{link.loss:.0f} %", DOUBTFUL)
    below = f"{link.latency_ms} ms" if link.latency_ms >= 0 else ""
    return [node, link.target, _path(link), rtt, loss, below, link.address]


def _path(link: Link) -> Cell:
    if link.path is LinkPath.RELAYED:
        return (T("by TCP") if link.tunneled else T("relayed"), DOUBTFUL)
    return "" if link.path is LinkPath.UNKNOWN else T("direct")
