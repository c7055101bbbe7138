"""The pods, those with problems first, and why."""

from __future__ import annotations

from collections.abc import Sequence

from zkwizard.inspect.pods import Pod
from zkwizard.model.text import T
from zkwizard.tables.ages import since
from zkwizard.tables.table import BAD, FAINT, Cell, Column, Mood, Note, Row, Table

COLUMNS = (
    Column(T("POD"), fold=True),
    Column(T("NAMESPACE"), fold=True),
    Column(T("NODE"), fold=True),
    Column(T("READY")),
    Column(T("STATUS"), fold=True),
    Column(T("RESTARTS"), right=True),
    Column(T("AGE")),
)


def table(found: Sequence[Pod], now: float | None = None) -> Table:
    """A row per pod in the given order, and what is wrong with each that has a problem."""
    notes = [
        Note(T("{pod}: {why}", pod=key(pod), why=pod.why), BAD, about=key(pod))
        for pod in found
        if not pod.well and pod.why
    ]
    bad = sum(not pod.well for pod in found)
    notes.append(Note(T("{count} pods, {bad} with a problem", count=len(found), bad=bad), FAINT))
    return Table(COLUMNS, [Row(key(pod), _row(pod, now)) for pod in found], notes)


def key(pod: Pod) -> str:
    """``namespace/name``."""
    return f"{pod.namespace}/{pod.name}"


def _row(pod: Pod, now: float | None) -> list[Cell]:
    mood = Mood.PLAIN if pod.well else BAD
    return [
        (pod.name, mood),
        pod.namespace,
        pod.node,
        f"{pod.ready}/{pod.of}",
        (pod.status, mood),
        str(pod.restarts),
        since(pod.created, now),
    ]
