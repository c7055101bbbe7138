"""``zkwizard init`` and ``zkwizard check``."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from pathlib import Path

from zkwizard.model.errors import ExitCode, InputError
from zkwizard.model.faults import Fault
from zkwizard.model.rules import notices
from zkwizard.store import assets
from zkwizard.store.clusterfile import ClusterFileError, load


def init(options: Namespace) -> int:
    """Write the commented example; never over a file that is there."""
    path = Path(options.output)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(assets.text("cluster.example.yaml"))
    except FileExistsError:
        raise InputError(f"{path} is there already; name another file with -o") from None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    print(f"wrote {path}: fill it in, then: zkwizard check {path}", file=sys.stderr)
    return ExitCode.DONE


def check(options: Namespace) -> int:
    """All faults of the file, each with its place; exit code 2 if there are any."""
    try:
        cluster = load(Path(options.file))
    except ClusterFileError as error:
        if options.json:
            print(json.dumps([_json(fault) for fault in error.faults], ensure_ascii=False, indent=1))
        else:
            print(error, file=sys.stderr)
        return ExitCode.BAD_INPUT
    for notice in notices(cluster):
        print(f"note: {notice}", file=sys.stderr)
    if options.json:
        print("[]")
    else:
        workers = len(cluster.nodes) - 1
        print(f"{options.file}: cluster {cluster.name}, 1 control plane, {workers} workers: no faults")
    return ExitCode.DONE


def _json(fault: Fault) -> dict[str, object]:
    return {
        "line": fault.line,
        "column": fault.column,
        "path": fault.path,
        "found": str(fault.found),
        "allowed": str(fault.allowed),
    }
