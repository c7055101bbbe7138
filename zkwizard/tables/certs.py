"""When the certificates of the nodes expire."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from zkwizard.inspect.certs import Certificate, Certificates
from zkwizard.inspect.trouble import Trouble
from zkwizard.model.text import T
from zkwizard.tables.ages import span
from zkwizard.tables.table import BAD, DOUBTFUL, Cell, Column, Mood, Note, Row, Table

_DAY = 86400
_SOON = 30 * _DAY
_COLUMNS = (
    Column(T("NODE"), fold=True),
    Column(T("CERTIFICATE"), fold=True),
    Column(T("EXPIRES")),
    Column(T("LEFT"), right=True),
    Column(T("SIGNED BY"), fold=True),
)


def table(found: Mapping[str, Certificates], now: float) -> Table:
    """Those that expire first at the top, and what to do about the nearest."""
    known = sorted(
        ((one.expires, node, one) for node, each in _known(found) for one in each), key=lambda r: r[:2]
    )
    rows = [Row(f"{node}{one.path}", _row(node, one, now)) for _, node, one in known]
    notes = [] if rows else [Note(T("there are no certificates yet"))]
    notes += [
        Note(T("{node}: {text}", node=node, text=each.text), BAD)
        for node, each in found.items()
        if isinstance(each, Trouble)
    ]
    if any(one.expires - now < _SOON and not one.authority for _, _, one in known):
        renew = T("kubeadm certs renew all, on the control plane, renews them; then restart its static pods")
        notes.append(Note(renew, BAD))
    return Table(_COLUMNS if rows else (), rows, notes)


def expired(found: Mapping[str, Certificates], now: float) -> bool:
    """Whether one of them is no longer valid."""
    return any(0 < one.expires <= now for _, each in _known(found) for one in each)


def _known(found: Mapping[str, Certificates]) -> list[tuple[str, Sequence[Certificate]]]:
    return [(node, each) for node, each in found.items() if not isinstance(each, Trouble)]


def _row(node: str, one: Certificate, now: float) -> list[Cell]:
    if not one.expires:
        return [node, one.name, (T("unreadable"), BAD), "", one.path]
    left = one.expires - now
    mood = BAD if left <= 7 * _DAY else DOUBTFUL if left < _SOON else Mood.PLAIN
    when = time.strftime("%Y-%m-%d %H:%M", time.gmtime(one.expires))
    remaining: Cell = (T("expired") if left <= 0 else span(left), mood)
    return [node, one.name, (when, mood), remaining, T("itself") if one.authority else one.issuer]
