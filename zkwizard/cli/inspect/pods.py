"""``zkwizard pods``: the pods, those with problems first."""

from __future__ import annotations

from argparse import Namespace

from zkwizard.cli.inspect.command import ask, failed, print_json
from zkwizard.cli.session import Session
from zkwizard.cli.tables import show
from zkwizard.engine.inside.inspection import look_at_pods
from zkwizard.inspect.podname import object_name
from zkwizard.inspect.pods import Pod
from zkwizard.inspect.trouble import Trouble
from zkwizard.model.errors import ExitCode
from zkwizard.tables.pods import table


def pods(options: Namespace) -> int:
    """Print them; exit code 1 without an API server."""
    session = Session(options)
    namespace = object_name(options.namespace, "--namespace") if options.namespace else ""
    found = ask(session, lambda network: look_at_pods(session.cluster, network, namespace))
    if isinstance(found, Trouble):
        return failed(found, options, session.cluster.first_control_plane.name)
    if options.json:
        print_json({"pods": [{**_data(pod), "well": pod.well} for pod in found]})
    else:
        show(table(found))
    return ExitCode.DONE


def _data(pod: Pod) -> dict[str, object]:
    return {name: getattr(pod, name) for name in pod.__dataclass_fields__}
