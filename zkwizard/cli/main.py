"""The command line: parsed here; what it names is loaded and done by ``dispatch``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from zkwizard.cli.arguments import parser

_MODULES = {
    "init": "zkwizard.cli.cluster_file",
    "check": "zkwizard.cli.cluster_file",
    "plan": "zkwizard.cli.plan",
    "probe": "zkwizard.cli.probe",
    "run": "zkwizard.cli.run",
    "follow": "zkwizard.cli.follow",
    "reset": "zkwizard.cli.reset",
    "status": "zkwizard.cli.status",
    "explain": "zkwizard.cli.explain",
    "kubeconfig": "zkwizard.cli.kubeconfig",
    "nodes": "zkwizard.cli.inspect.nodes",
    "pods": "zkwizard.cli.inspect.pods",
    "logs": "zkwizard.cli.inspect.logs",
    "describe": "zkwizard.cli.inspect.describe",
    "events": "zkwizard.cli.inspect.events",
    "journal": "zkwizard.cli.inspect.journal",
    "containers": "zkwizard.cli.inspect.containers",
    "peers": "zkwizard.cli.inspect.peers",
    "certs": "zkwizard.cli.inspect.certs",
    "etcd": "zkwizard.cli.inspect.etcd",
    "join-command": "zkwizard.cli.inspect.join_command",
    "audit": "zkwizard.cli.inspect.audit",
    "bundle": "zkwizard.cli.inspect.bundle",
    "demo": "zkwizard.cli.demo",
}


def run(arguments: Sequence[str]) -> int:
    """Run one command; gives its exit code. ``--help`` ends in the parser, with nothing else loaded."""
    top = parser()
    options = top.parse_args(arguments)
    if not options.command and not all(each.isatty() for each in (sys.stdin, sys.stdout, sys.stderr)):
        top.print_help()
        return 0
    from zkwizard.cli.dispatch import dispatch

    command = options.command or "screens"
    return dispatch(command, _MODULES.get(command, "zkwizard.cli.screens"), options)
