"""``zkwizard events``: what happened in the cluster."""

from __future__ import annotations

from argparse import Namespace

from zkwizard.cli.inspect.command import ask, failed, print_json
from zkwizard.cli.session import Session
from zkwizard.cli.tables import show
from zkwizard.engine.inside.inspection import look_at_events
from zkwizard.inspect.podname import object_name
from zkwizard.inspect.trouble import Trouble
from zkwizard.model.errors import ExitCode
from zkwizard.tables.events import table


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
        show(table(found))
    return ExitCode.DONE
