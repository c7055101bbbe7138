"""``zkwizard certs``: when the certificates of all nodes expire."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Mapping, Sequence

from rich.table import Table
from rich.text import Text

from zkwizard.cli.inspect.ages import span
from zkwizard.cli.inspect.command import ask, print_json, unreached
from zkwizard.cli.session import Session
from zkwizard.cli.tables import BAD, DOUBTFUL, Cell, Column, note, show, table
from zkwizard.engine.inspection import look_at_certificates
from zkwizard.inspect.certs import Certificate, Certificates
from zkwizard.inspect.trouble import Trouble
from zkwizard.model.errors import ExitCode

_DAY = 86400
_SOON = 30 * _DAY
_COLUMNS = (
    Column("NODE", fold=True),
    Column("CERTIFICATE", fold=True),
    Column("EXPIRES"),
    Column("LEFT", right=True),
    Column("SIGNED BY", fold=True),
)


def certs(options: Namespace) -> int:
    """Print them; exit code 1 when one has expired, 3 or 4 when all or some nodes can't be reached."""
    session = Session(options)
    chosen = session.chosen(options.node)
    found, unreachable = ask(session, lambda network: look_at_certificates(network, chosen))
    now = time.time()
    if options.json:
        print_json({"certificates": found, "unreachable": unreachable})
    else:
        show(*picture(found, now))
    code = unreached(unreachable.values(), others=bool(found))
    expired = any(_expired(one, now) for _, each in _known(found) for one in each)
    return code or (ExitCode.PHASE_FAILED if expired else ExitCode.DONE)


def picture(found: Mapping[str, Certificates], now: float) -> list[Table | Text]:
    """The table, those that expire first at the top, and what to do about the nearest."""
    rows = sorted(
        ((one.expires, node, one) for node, each in _known(found) for one in each), key=lambda r: r[:2]
    )
    parts: list[Table | Text] = [table(_COLUMNS, [_row(node, one, now) for _, node, one in rows])]
    if not rows:
        parts = [note("there are no certificates yet")]
    parts += [note(f"{node}: {each.text}", BAD) for node, each in found.items() if isinstance(each, Trouble)]
    if any(one.expires - now < _SOON and not one.authority for _, _, one in rows):
        parts.append(
            note(
                "kubeadm certs renew all, on the control plane, renews them; then restart its static pods",
                BAD,
            )
        )
    return parts


def _known(found: Mapping[str, Certificates]) -> list[tuple[str, Sequence[Certificate]]]:
    return [(node, each) for node, each in found.items() if not isinstance(each, Trouble)]


def _expired(one: Certificate, now: float) -> bool:
    return 0 < one.expires <= now


def _row(node: str, one: Certificate, now: float) -> list[Cell]:
    if not one.expires:
        return [node, one.name, ("unreadable", BAD), "", one.path]
    left = one.expires - now
    style = BAD if left <= 7 * _DAY else DOUBTFUL if left < _SOON else ""
    when = time.strftime("%Y-%m-%d %H:%M", time.gmtime(one.expires))
    remaining = "expired" if left <= 0 else span(left)
    return [node, one.name, (when, style), (remaining, style), "itself" if one.authority else one.issuer]
