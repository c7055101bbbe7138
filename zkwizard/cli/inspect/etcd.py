"""``zkwizard etcd``: the members of the cluster's database, and whether they are well."""

from __future__ import annotations

from argparse import Namespace

from rich.table import Table
from rich.text import Text

from zkwizard.cli.inspect.command import ask, failed, print_json
from zkwizard.cli.session import Session
from zkwizard.cli.tables import BAD, Cell, Column, note, show, table
from zkwizard.engine.inspection import look_at_etcd
from zkwizard.inspect.etcd import Etcd, Member
from zkwizard.inspect.trouble import Trouble
from zkwizard.model.errors import ExitCode

_COLUMNS = (
    Column("MEMBER", fold=True),
    Column("HEALTH"),
    Column("ROLE"),
    Column("TOOK", right=True),
    Column("VERSION"),
    Column("DATA", right=True),
    Column("CLIENTS AT", fold=True),
)


def etcd(options: Namespace) -> int:
    """Print them; exit code 1 when a member is not healthy, or none answers."""
    session = Session(options)
    found = ask(session, lambda network: look_at_etcd(session.cluster, network))
    if isinstance(found, Trouble):
        return failed(found, options, session.cluster.first_control_plane.name)
    if options.json:
        print_json({"healthy": found.healthy, "members": found.members})
    else:
        show(*picture(found))
    return ExitCode.DONE if found.healthy else ExitCode.PHASE_FAILED


def picture(found: Etcd) -> list[Table | Text]:
    """The table, and what a member says is wrong."""
    parts: list[Table | Text] = [table(_COLUMNS, [_row(one) for one in found.members])]
    for one in found.members:
        parts += [note(f"{one.name or one.id}: {text}", BAD) for text in (one.error, *one.alarms) if text]
    return parts


def _row(one: Member) -> list[Cell]:
    role = "learner" if one.learner else "leader" if one.leader else "follower"
    return [
        one.name or f"{one.id} (not started)",
        "healthy" if one.healthy and not one.alarms else ("UNHEALTHY", BAD),
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
