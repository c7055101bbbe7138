"""``zkwizard join-command``: a fresh token, and the command with which a machine joins."""

from __future__ import annotations

import sys
import time
from argparse import Namespace

from zkwizard.cli.inspect.command import ask, failed, print_json
from zkwizard.cli.session import Session
from zkwizard.engine.inside.inspection import make_join_command
from zkwizard.inspect.trouble import Trouble
from zkwizard.model.errors import ExitCode
from zkwizard.model.text import T
from zkwizard.widgets.words import say


def join_command(options: Namespace) -> int:
    """Print it on stdout, and what it needs on stderr."""
    session = Session(options)
    life = int(options.ttl)
    made = ask(session, lambda network: make_join_command(session.cluster, network, life))
    if isinstance(made, Trouble):
        return failed(made, options, session.cluster.first_control_plane.name)
    ends = time.time() + life
    if options.json:
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ends))
        print_json({"command": made.command, "endpoint": made.endpoint, "expires": at})
        return ExitCode.DONE
    leader = session.cluster.first_control_plane
    until = time.strftime("%Y-%m-%d %H:%M", time.localtime(ends))
    print(made.command)
    words = T(
        "Whoever has this may add machines to the cluster until {until}.\n"
        "Run it as root on a machine that is in the overlay, has kubeadm and containerd, and has in its\n"
        "/etc/hosts: {address} {name}\n"
        "zkwizard run does all that for machines that are in the cluster file.",
        until=until,
        address=leader.overlay_ip,
        name=made.endpoint.rpartition(":")[0],
    )
    print(say(words), file=sys.stderr)
    return ExitCode.DONE
