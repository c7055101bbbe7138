"""``zkwizard bundle``: facts, versions, logs and configuration in one archive to send away, no secrets."""

from __future__ import annotations

import json
import os
import sys
import time
from argparse import Namespace
from pathlib import Path

from zkwizard import __version__
from zkwizard.cli.inspect.command import ask, print_json, unreached
from zkwizard.cli.plan import phase_json
from zkwizard.cli.prompt import confirmed
from zkwizard.cli.session import Session
from zkwizard.engine.bundling import Bundle, collect
from zkwizard.engine.planning import plan
from zkwizard.model.errors import InputError
from zkwizard.model.secret import Secret
from zkwizard.phases.order import PHASES
from zkwizard.store.archive import write_archive
from zkwizard.store.state import RunFolder


def bundle(options: Namespace) -> int:
    """List the contents, ask, write; exit code 3 or 4 when all or some nodes can't be reached."""
    session = Session(options)
    chosen = session.chosen(options.node)
    when = time.strftime("%Y%m%d-%H%M%S")
    path = Path(options.output or f"{session.cluster.name}-{when}.tar.gz").expanduser()
    if path.exists():
        raise InputError(f"{path} is there already; name another file with -o")
    _know_own_secrets(session)
    own = _own(session, Path(options.file))
    made = ask(
        session,
        lambda network: collect(
            session.cluster, network, chosen, own=own, lines=options.lines, redactor=session.redactor
        ),
    )
    code = unreached(made.unreachable.values(), others=len(made.unreachable) < len(chosen))
    _list(made)
    if not options.yes and not confirmed(f"Write these {len(made.files)} files to {path}?"):
        raise InputError("nothing was written; --yes writes without asking")
    write_archive(path, made.files)
    if options.json:
        contents = [{"path": name, "bytes": len(content)} for name, content in made.files.items()]
        print_json(
            {
                "file": str(path),
                "contents": contents,
                "redacted": made.redacted,
                "unreachable": made.unreachable,
            }
        )
    else:
        print(path)
    return code


def _list(made: Bundle) -> None:
    for name, content in made.files.items():
        print(f"{len(content):>9}  {name}", file=sys.stderr)
    size = sum(map(len, made.files.values()))
    print(
        f"{size:>9}  bytes in {len(made.files)} files; {made.redacted} secrets were replaced", file=sys.stderr
    )


def _know_own_secrets(session: Session) -> None:
    """Whatever this process was given in its environment may have been logged somewhere."""
    for name, value in os.environ.items():
        if name.startswith("ZKWIZARD_") and any(word in name for word in ("PASSWORD", "PASSPHRASE", "TOKEN")):
            session.redactor.add(Secret(name, value))


def _own(session: Session, file: Path) -> dict[str, bytes]:
    """The cluster file, the plan, and the journal of the last run."""
    made = plan(session.cluster, PHASES)
    forecast = {"cluster": made.cluster, "phases": [phase_json(planned) for planned in made.phases]}
    about = f"zkwizard {__version__}, Python {sys.version.split()[0]}, {sys.platform}, {time.ctime()}\n"
    found = {
        "about.txt": about.encode(),
        "cluster.yaml": file.read_bytes(),
        "plan.json": json.dumps(forecast, ensure_ascii=False, indent=1).encode(),
    }
    runs = session.state.runs()
    return {**found, **_of_run(runs[-1])} if runs else found


def _of_run(run: RunFolder) -> dict[str, bytes]:
    """Its journal, its programs, and what they printed; not the key from which its nonces are made."""
    places = [run.journal, *sorted(run.path.glob("programs/*/*.sh")), *sorted(run.path.glob("logs/*/*.log"))]
    return {
        f"run-{run.id}/{place.relative_to(run.path)}": place.read_bytes()
        for place in places
        if place.is_file()
    }
