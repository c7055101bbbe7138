"""``zkwizard pods``: the pods, those with problems first."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from zkwizard.cli.inspect.ages import since
from zkwizard.cli.inspect.command import ask, failed, print_json
from zkwizard.cli.session import Session
from zkwizard.cli.tables import BAD, FAINT, Cell, Column, note, show, table
from zkwizard.engine.inspection import look_at_pods
from zkwizard.inspect.podname import object_name
from zkwizard.inspect.pods import Pod
from zkwizard.inspect.trouble import Trouble
from zkwizard.model.errors import ExitCode

_COLUMNS = (
    Column("POD", fold=True),
    Column("NAMESPACE", fold=True),
    Column("NODE", fold=True),
    Column("READY"),
    Column("STATUS", fold=True),
    Column("RESTARTS", right=True),
    Column("AGE"),
)


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
        show(*picture(found))
    return ExitCode.DONE


def _data(pod: Pod) -> dict[str, object]:
    return {name: getattr(pod, name) for name in pod.__dataclass_fields__}


def picture(found: Sequence[Pod], now: float | None = None) -> list[Table | Text]:
    """The table, and what is wrong with each pod that has a problem."""
    parts: list[Table | Text] = [table(_COLUMNS, [_row(pod, now) for pod in found])]
    parts += [
        note(f"{pod.namespace}/{pod.name}: {pod.why}", BAD) for pod in found if not pod.well and pod.why
    ]
    bad = sum(not pod.well for pod in found)
    return [*parts, note(f"{len(found)} pods, {bad} with a problem", FAINT)]


def _row(pod: Pod, now: float | None) -> list[Cell]:
    style = "" if pod.well else BAD
    return [
        (pod.name, style),
        pod.namespace,
        pod.node,
        f"{pod.ready}/{pod.of}",
        (pod.status, style),
        str(pod.restarts),
        since(pod.created, now),
    ]
