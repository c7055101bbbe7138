"""``zkwizard describe``: everything that the API server knows of a pod or node."""

from __future__ import annotations

from argparse import Namespace

from zkwizard.cli.inspect.command import ask, failed, print_json
from zkwizard.cli.session import Session
from zkwizard.cli.terminal import print_line
from zkwizard.engine.inside.inspection import look_at_object, read_object
from zkwizard.inspect.podname import object_name, pod_name
from zkwizard.inspect.trouble import Trouble
from zkwizard.model.errors import ExitCode, InputError
from zkwizard.model.text import T


def describe(options: Namespace) -> int:
    """Print it; with --json the object and its events. Exit code 1 without such an object."""
    session = Session(options)
    if options.kind == "node":
        if options.namespace:
            raise InputError(T("--namespace: a node is in none"))
        namespace, name = "", object_name(options.name, "NAME")
    else:
        namespace, name = pod_name(options.name, options.namespace)
    if options.json:
        found = ask(session, lambda net: read_object(session.cluster, net, options.kind, name, namespace))
        if not isinstance(found, Trouble):
            print_json(found)
    else:
        text = ask(session, lambda net: look_at_object(session.cluster, net, options.kind, name, namespace))
        if not isinstance(text, Trouble):
            print_line(session.redactor.text(text.rstrip("\n")))
            return ExitCode.DONE
        found = text
    return (
        failed(found, options, session.cluster.first_control_plane.name)
        if isinstance(found, Trouble)
        else ExitCode.DONE
    )
