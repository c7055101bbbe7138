"""``zkwizard init`` and ``zkwizard check``."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from pathlib import Path

from zkwizard.model.errors import ExitCode, InputError
from zkwizard.model.faults import Fault
from zkwizard.model.rules import notices
from zkwizard.model.text import T
from zkwizard.store import assets
from zkwizard.store.clusterfile import ClusterFileError, load
from zkwizard.widgets.words import say, say_error


def init(options: Namespace) -> int:
    """Write the commented example; never over a file that is there."""
    path = Path(options.output)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(assets.text("cluster.example.yaml"))
    except FileExistsError:
        words = T("{path} is there already; name another file with -o", path=str(path))
        raise InputError(words) from None
    except OSError as error:
        raise InputError(T("{path}: {why}", path=str(path), why=error.strerror)) from error
    words = T("wrote {path}: fill it in, then: zkwizard check {path}", path=str(path))
    print(say(words), file=sys.stderr)
    return ExitCode.DONE


def check(options: Namespace) -> int:
    """All faults of the file, each with its place; exit code 2 if there are any."""
    try:
        cluster = load(Path(options.file))
    except ClusterFileError as error:
        if options.json:
            print(json.dumps([_json(fault) for fault in error.faults], ensure_ascii=False, indent=1))
        else:
            print(say_error(error), file=sys.stderr)
        return ExitCode.BAD_INPUT
    for notice in notices(cluster):
        print(say(T("note: {text}", text=notice)), file=sys.stderr)
    if options.json:
        print("[]")
    else:
        words = T(
            "{file}: cluster {cluster}, 1 control plane, {count} workers: no faults",
            file=options.file,
            cluster=cluster.name,
            count=len(cluster.nodes) - 1,
        )
        print(say(words))
    return ExitCode.DONE


def _json(fault: Fault) -> dict[str, object]:
    return {
        "line": fault.line,
        "column": fault.column,
        "path": fault.path,
        "found": str(fault.found),
        "allowed": str(fault.allowed),
    }
