"""``zkwizard kubeconfig``: the way into the cluster, for who made it."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from pathlib import Path

from zkwizard.cli.session import Session
from zkwizard.engine.inside.kubeconfig import fetch
from zkwizard.model.errors import ExitCode, InputError
from zkwizard.model.text import T
from zkwizard.store.kubeconfig import merge, usual_file
from zkwizard.store.state import write_private
from zkwizard.widgets.words import say


def kubeconfig(options: Namespace) -> int:
    """Print it, write it to a file of mode 0600, or put it into the one that kubectl reads."""
    if options.merge and options.output != "-":
        raise InputError(T("--merge can't be combined with --output"))
    session = Session(options)
    text = asyncio.run(_fetch(session, options.server))
    if options.merge:
        _merge(text)
    elif options.output == "-":
        print(text, end="")
    else:
        path = Path(options.output).expanduser()
        write_private(path, text)
        words = T("wrote {path}: kubectl --kubeconfig {path} get nodes", path=str(path))
        print(say(words), file=sys.stderr)
    return ExitCode.DONE


def _merge(text: str) -> None:
    merged = merge(text, usual_file())
    args = {"path": str(merged.path), "backup": str(merged.backup)}
    kept = T("wrote {path}; as it was: {backup}", **args) if merged.backup else T("wrote {path}", **args)
    print(say(kept), file=sys.stderr)
    print(f"kubectl --context {merged.context} get nodes", file=sys.stderr)


async def _fetch(session: Session, server: str) -> str:
    network = session.network()
    try:
        return await fetch(session.cluster, network, server)
    finally:
        await network.close()
