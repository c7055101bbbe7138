"""``zkwizard events``: what happened in the cluster."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence

from rich.table import Table

from zkwizard.cli.inspect.ages import since
from zkwizard.cli.inspect.command import ask, failed, print_json
from zkwizard.cli.session import Session
from zkwizard.cli.tables import DOUBTFUL, Cell, Column, note, show, table
from zkwizard.engine.inspection import look_at_events
from zkwizard.inspect.events import KubeEvent
from zkwizard.inspect.podname import object_name
from zkwizard.inspect.trouble import Trouble
from zkwizard.model.errors import ExitCode

_COLUMNS = (
    Column("LAST"),
    Column("OBJECT", fold=True),
    Column("REASON", fold=True),
    Column("MESSAGE", fold=True),
)


def events(options: Namespace) -> int:
    """Print them, the newest last; exit code 1 without an API server."""
    session = Session(options)
    namespace = object_name(options.namespace, "--namespace") if options.namespace else ""
    found = ask(
        session,
        lambda network: look_at_events(session.cluster, network, namespace, warnings=options.warnings),
    )
    if isinstance(found, Trouble):
        return failed(found, options, session.cluster.first_control_plane.name)
    if options.json:
        print_json({"events": found})
    else:
        show(picture(found) if found else note("no events"))
    return ExitCode.DONE


def picture(found: Sequence[KubeEvent], now: float | None = None) -> Table:
    """The table; warnings stand out."""
    return table(_COLUMNS, [_row(event, now) for event in found])


def _row(event: KubeEvent, now: float | None) -> list[Cell]:
    style = DOUBTFUL if event.type == "Warning" else ""
    times = f" (x{event.count})" if event.count > 1 else ""
    where = f"{event.namespace}/" if event.namespace not in ("", "default") else ""
    return [
        since(event.last, now),
        f"{event.kind.lower()} {where}{event.name}",
        (event.reason, style),
        (event.message + times, style),
    ]
