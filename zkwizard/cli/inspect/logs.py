"""``zkwizard logs``: a pod's log, as it comes."""

from __future__ import annotations

from argparse import Namespace

from zkwizard.cli.inspect.command import ask, failed, json_text
from zkwizard.cli.session import Session
from zkwizard.cli.terminal import Lines, aside, print_line
from zkwizard.engine.inside.streams import stream_log
from zkwizard.inspect.logs import PodLog, stamped
from zkwizard.inspect.podname import object_name, pod_name
from zkwizard.model.errors import ExitCode


def logs(options: Namespace) -> int:
    """Print it; with --json each line as an object with its time. Ctrl-C ends it here and on the node."""
    session = Session(options)
    namespace, name = pod_name(options.pod, options.namespace)
    wanted = PodLog(
        pod=name,
        namespace=namespace,
        container=object_name(options.container, "--container") if options.container else "",
        previous=options.previous,
        since_seconds=int(options.since),
        lines=options.lines,
        follow=options.follow,
        stamped=options.json,
    )
    lines = Lines(session.redactor, _print_data if options.json else print_line)
    trouble = ask(session, lambda network: stream_log(session.cluster, network, wanted, lines, aside))
    lines.close()
    return failed(trouble, options, session.cluster.first_control_plane.name) if trouble else ExitCode.DONE


def _print_data(line: str) -> None:
    at, text = stamped(line)
    print(json_text({"at": at, "text": text}), flush=True)
