"""``zkwizard containers``: a node's containers as its runtime sees them, also when the API server is down."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Sequence

from rich.table import Table

from zkwizard.cli.inspect.ages import span
from zkwizard.cli.inspect.command import ask, failed, one_node, print_json
from zkwizard.cli.session import Session
from zkwizard.cli.tables import DOUBTFUL, Cell, Column, note, show, table
from zkwizard.cli.terminal import print_line
from zkwizard.engine.inspection import look_at_containers, look_at_log
from zkwizard.inspect.containers import CriContainer
from zkwizard.inspect.podname import object_name
from zkwizard.inspect.trouble import Trouble
from zkwizard.model.errors import ExitCode

_COLUMNS = (
    Column("CONTAINER"),
    Column("STATE"),
    Column("ATTEMPT", right=True),
    Column("CREATED"),
    Column("POD", fold=True),
    Column("ID"),
)


def containers(options: Namespace) -> int:
    """Print them, or one's log; exit code 1 when the runtime does not answer."""
    session = Session(options)
    node = one_node(session, options)
    if options.logs:
        return _log(session, options, node, object_name(options.logs, "--logs"))
    found = ask(session, lambda network: look_at_containers(network, node))
    if isinstance(found, Trouble):
        return failed(found, options, node)
    if options.json:
        print_json({"node": node, "containers": found})
    else:
        show(picture(found) if found else note(f"{node} has no containers"))
    return ExitCode.DONE


def picture(found: Sequence[CriContainer], now: float | None = None) -> Table:
    """The table; what does not run stands out unless it was to end."""
    return table(_COLUMNS, [_row(one, time.time() if now is None else now) for one in found])


def _row(one: CriContainer, now: float) -> list[Cell]:
    return [
        one.name,
        (one.state, "" if one.state == "running" else DOUBTFUL),
        str(one.attempt),
        span(now - one.created) if one.created else "",
        f"{one.namespace}/{one.pod}" if one.pod else "",
        one.id,
    ]


def _log(session: Session, options: Namespace, node: str, container: str) -> int:
    found = ask(session, lambda network: look_at_log(network, node, container, options.lines))
    if isinstance(found, Trouble):
        return failed(found, options, node)
    lines = session.redactor.text(found).splitlines()
    if options.json:
        print_json({"node": node, "container": container, "lines": lines})
    else:
        for line in lines:
            print_line(line)
    return ExitCode.DONE
