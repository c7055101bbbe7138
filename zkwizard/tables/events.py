"""What happened in the cluster."""

from __future__ import annotations

from collections.abc import Sequence

from zkwizard.inspect.events import KubeEvent
from zkwizard.model.text import T
from zkwizard.tables.ages import since
from zkwizard.tables.table import DOUBTFUL, Cell, Column, Mood, Note, Row, Table

_COLUMNS = (
    Column(T("LAST")),
    Column(T("OBJECT"), fold=True),
    Column(T("REASON"), fold=True),
    Column(T("MESSAGE"), fold=True),
)


def table(found: Sequence[KubeEvent], now: float | None = None) -> Table:
    """A row per event in the given order; warnings stand out."""
    if not found:
        return Table(notes=[Note(T("no events"))])
    return Table(_COLUMNS, [Row(_key(event), _row(event, now)) for event in found])


def _key(event: KubeEvent) -> str:
    return "/".join((event.kind, event.namespace, event.name, event.reason, event.last))


def _row(event: KubeEvent, now: float | None) -> list[Cell]:
    mood = DOUBTFUL if event.type == "Warning" else Mood.PLAIN
    times = f" (x{event.count})" if event.count > 1 else ""
    where = f"{event.namespace}/" if event.namespace not in ("", "default") else ""
    return [
        since(event.last, now),
        f"{event.kind.lower()} {where}{event.name}",
        (event.reason, mood),
        (event.message + times, mood),
    ]
