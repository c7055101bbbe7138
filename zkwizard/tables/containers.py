"""A node's containers as its runtime sees them."""

from __future__ import annotations

import time
from collections.abc import Sequence

from zkwizard.inspect.containers import CriContainer
from zkwizard.model.text import T
from zkwizard.tables.ages import span
from zkwizard.tables.table import DOUBTFUL, Cell, Column, Mood, Note, Row, Table

_COLUMNS = (
    Column(T("CONTAINER")),
    Column(T("STATE")),
    Column(T("ATTEMPT"), right=True),
    Column(T("CREATED")),
    Column(T("POD"), fold=True),
    Column(T("ID")),
)


def table(node: str, found: Sequence[CriContainer], now: float | None = None) -> Table:
    """A row per container in the given order, by its id; what does not run stands out."""
    if not found:
        return Table(notes=[Note(T("{node} has no containers", node=node))])
    moment = time.time() if now is None else now
    return Table(_COLUMNS, [Row(one.id, _row(one, moment)) for one in found])


def _row(one: CriContainer, now: float) -> list[Cell]:
    return [
        one.name,
        (one.state, Mood.PLAIN if one.state == "running" else DOUBTFUL),
        str(one.attempt),
        span(now - one.created) if one.created else "",
        f"{one.namespace}/{one.pod}" if one.pod else "",
        one.id,
    ]
