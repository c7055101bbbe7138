"""``zkwizard bundle``: facts, versions, logs and configuration in one archive to send away, no secrets."""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from pathlib import Path

from zkwizard.cli.inspect.command import ask, print_json, unreached
from zkwizard.cli.prompt import confirmed
from zkwizard.cli.session import Session
from zkwizard.engine.inside.bundling import Bundle, collect
from zkwizard.engine.inside.own_files import environment_secrets, own_files
from zkwizard.model.errors import InputError
from zkwizard.model.text import T
from zkwizard.store.archive import write_archive
from zkwizard.widgets.words import say


def bundle(options: Namespace) -> int:
    """List the contents, ask, write; exit code 3 or 4 when all or some nodes can't be reached."""
    session = Session(options)
    chosen = session.chosen(options.node)
    when = time.strftime("%Y%m%d-%H%M%S")
    path = Path(options.output or f"{session.cluster.name}-{when}.tar.gz").expanduser()
    if path.exists():
        raise InputError(T("{path} is there already; name another file with -o", path=str(path)))
    for secret in environment_secrets():
        session.redactor.add(secret)
    own = own_files(session.cluster, Path(options.file), session.state.runs())
    made = ask(
        session,
        lambda network: collect(
            session.cluster, network, chosen, own=own, lines=options.lines, redactor=session.redactor
        ),
    )
    code = unreached(made.unreachable.values(), others=len(made.unreachable) < len(chosen))
    _list(made)
    question = T("Write these {count} files to {path}?", count=len(made.files), path=str(path))
    if not options.yes and not confirmed(say(question)):
        raise InputError(T("nothing was written; --yes writes without asking"))
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
    words = T(
        "bytes in {count} files; {secrets} secrets were replaced",
        count=len(made.files),
        secrets=made.redacted,
    )
    print(f"{size:>9}  {say(words)}", file=sys.stderr)
