"""``zkwizard peers``: the overlay between all nodes, direct or relayed, and how fast."""

from __future__ import annotations

from argparse import Namespace

from zkwizard.cli.inspect.command import ask, print_json, unreached
from zkwizard.cli.session import Session
from zkwizard.cli.tables import show
from zkwizard.engine.inside.inspection import look_at_peers
from zkwizard.tables.peers import table


def peers(options: Namespace) -> int:
    """Print every link; exit code 3 or 4 when all or some nodes can't be reached."""
    session = Session(options)
    chosen = session.chosen(options.node)
    report = ask(session, lambda network: look_at_peers(session.cluster, network, chosen))
    if options.json:
        print_json(report)
    else:
        show(table(report))
    return unreached(report.unreachable.values(), others=bool(report.links))
