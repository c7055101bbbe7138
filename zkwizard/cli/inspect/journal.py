"""``zkwizard journal``: what a node's services have logged, as it comes."""

from __future__ import annotations

from argparse import Namespace

from zkwizard.cli.inspect.command import ask, failed, json_text, one_node
from zkwizard.cli.session import Session
from zkwizard.cli.terminal import Lines, aside, print_line
from zkwizard.engine.inside.streams import stream_journal
from zkwizard.inspect.journal import NodeJournal, entry, unit_name
from zkwizard.model.errors import ExitCode


def journal(options: Namespace) -> int:
    """Print it; with --json each entry as an object. Ctrl-C ends it here and on the node."""
    session = Session(options)
    node = one_node(session, options)
    wanted = NodeJournal(
        units=tuple(unit_name(unit) for unit in options.unit or ["kubelet"]),
        since_seconds=int(options.since),
        lines=options.lines,
        follow=options.follow,
        as_data=options.json,
    )
    lines = Lines(session.redactor, _print_data if options.json else print_line)
    trouble = ask(session, lambda network: stream_journal(network, node, wanted, lines, aside))
    lines.close()
    return failed(trouble, options, node) if trouble else ExitCode.DONE


def _print_data(line: str) -> None:
    found = entry(line)
    if found:
        print(json_text(found), flush=True)
