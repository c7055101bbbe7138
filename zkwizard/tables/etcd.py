"""The members of the cluster's database, and whether they are well."""

from __future__ import annotations

from zkwizard.inspect.etcd import Etcd, Member
from zkwizard.model.text import T
from zkwizard.tables.table import BAD, Cell, Column, Note, Row, Table

_COLUMNS = (
    Column(T("MEMBER"), fold=True),
    Column(T("HEALTH")),
    Column(T("ROLE")),
    Column(T("TOOK"), right=True),
    Column(T("VERSION")),
    Column(T("DATA"), right=True),
    Column(T("CLIENTS AT"), fold=True),
)


def table(found: Etcd) -> Table:
    """A row per member, and what each says is wrong."""
    notes = [
        Note(f"{one.name or one.id}: {text}", BAD, about=one.id)
        for one in found.members
        for text in (one.error, *one.alarms)
        if text
    ]
    return Table(_COLUMNS, [Row(one.id, _row(one)) for one in found.members], notes)


def _row(one: Member) -> list[Cell]:
    role = T("learner") if one.learner else T("leader") if one.leader else T("follower")
    return [
        one.name or T("{id} (not started)", id=one.id),
        T("healthy") if one.healthy and not one.alarms else (T("UNHEALTHY"), BAD),
        role,
        _took(one.took),
        one.version,
        f"{one.db_bytes / 1e6:.1f} MB" if one.db_bytes else "",
        ", ".join(one.client_urls),
    ]


def _took(text: str) -> str:
    """``9.118044ms`` is more exact than anybody wants."""
    number = text.removesuffix("ms")
    try:
        return f"{float(number):.1f} ms" if text.endswith("ms") else text
    except ValueError:
        return text
