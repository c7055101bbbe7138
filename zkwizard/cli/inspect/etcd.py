"""``zkwizard etcd``: the members of the cluster's database, and whether they are well."""

from __future__ import annotations

from argparse import Namespace

from zkwizard.cli.inspect.command import ask, failed, print_json
from zkwizard.cli.session import Session
from zkwizard.cli.tables import show
from zkwizard.engine.inside.inspection import look_at_etcd
from zkwizard.inspect.trouble import Trouble
from zkwizard.model.errors import ExitCode
from zkwizard.tables.etcd import table


def etcd(options: Namespace) -> int:
    """Print them; exit code 1 when a member is not healthy, or none answers."""
    session = Session(options)
    found = ask(session, lambda network: look_at_etcd(session.cluster, network))
    if isinstance(found, Trouble):
        return failed(found, options, session.cluster.first_control_plane.name)
    if options.json:
        print_json({"healthy": found.healthy, "members": found.members})
    else:
        show(table(found))
    return ExitCode.DONE if found.healthy else ExitCode.PHASE_FAILED
