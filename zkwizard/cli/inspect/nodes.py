"""``zkwizard nodes``: how the nodes do, from the API server's side and from their own."""

from __future__ import annotations

from argparse import Namespace

from zkwizard.cli.inspect.command import ask, failed, print_json, unreached
from zkwizard.cli.session import Session
from zkwizard.cli.tables import show
from zkwizard.engine.inside.inspection import look_at_nodes
from zkwizard.model.errors import ExitCode
from zkwizard.tables.nodes import table


def nodes(options: Namespace) -> int:
    """Print them; exit code 1 without an API server, 3 or 4 when all or some nodes can't be reached."""
    session = Session(options)
    report = ask(session, lambda network: look_at_nodes(session.cluster, network))
    if options.json:
        print_json(report)
    else:
        show(table(report))
    others = len(report.unreachable) < len(session.cluster.nodes)
    code = unreached(report.unreachable.values(), others=others)
    if report.api:
        told = failed(report.api, options, session.cluster.first_control_plane.name)
        return code if code is ExitCode.CONNECTION else told
    return code
