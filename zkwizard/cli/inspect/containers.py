"""``zkwizard containers``: a node's containers as its runtime sees them, also when the API server is down."""

from __future__ import annotations

from argparse import Namespace

from zkwizard.cli.inspect.command import ask, failed, one_node, print_json
from zkwizard.cli.session import Session
from zkwizard.cli.tables import show
from zkwizard.cli.terminal import print_line
from zkwizard.engine.inside.inspection import look_at_containers, look_at_log
from zkwizard.inspect.podname import object_name
from zkwizard.inspect.trouble import Trouble
from zkwizard.model.errors import ExitCode
from zkwizard.tables.containers import table


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
        show(table(node, found))
    return ExitCode.DONE


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
