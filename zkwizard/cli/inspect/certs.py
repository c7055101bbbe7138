"""``zkwizard certs``: when the certificates of all nodes expire."""

from __future__ import annotations

import time
from argparse import Namespace

from zkwizard.cli.inspect.command import ask, print_json, unreached
from zkwizard.cli.session import Session
from zkwizard.cli.tables import show
from zkwizard.engine.inside.inspection import look_at_certificates
from zkwizard.model.errors import ExitCode
from zkwizard.tables.certs import expired, table


def certs(options: Namespace) -> int:
    """Print them; exit code 1 when one has expired, 3 or 4 when all or some nodes can't be reached."""
    session = Session(options)
    chosen = session.chosen(options.node)
    found, unreachable = ask(session, lambda network: look_at_certificates(network, chosen))
    now = time.time()
    if options.json:
        print_json({"certificates": found, "unreachable": unreachable})
    else:
        show(table(found, now))
    code = unreached(unreachable.values(), others=bool(found))
    return code or (ExitCode.PHASE_FAILED if expired(found, now) else ExitCode.DONE)
