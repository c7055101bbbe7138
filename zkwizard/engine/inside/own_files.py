"""What this side adds to a bundle: cluster file, plan and last run; and the secrets that may be in it."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from zkwizard import __version__
from zkwizard.engine.planning import plan
from zkwizard.model.cluster import Cluster
from zkwizard.model.secret import Secret
from zkwizard.phases.order import PHASES
from zkwizard.store.state import RunFolder


def own_files(cluster: Cluster, file: Path, runs: Sequence[RunFolder]) -> dict[str, bytes]:
    """Path in the archive → content, not redacted yet. Of the ``runs``, oldest first, the last one."""
    made = plan(cluster, PHASES)
    forecast = {"cluster": made.cluster, "phases": [planned.as_json() for planned in made.phases]}
    about = f"zkwizard {__version__}, Python {sys.version.split()[0]}, {sys.platform}, {time.ctime()}\n"
    found = {
        "about.txt": about.encode(),
        "cluster.yaml": file.read_bytes(),
        "plan.json": json.dumps(forecast, ensure_ascii=False, indent=1).encode(),
    }
    return {**found, **_of_run(runs[-1])} if runs else found


def _of_run(run: RunFolder) -> dict[str, bytes]:
    """Its journal, its programs, and what they printed; not the key from which its nonces are made."""
    places = [run.journal, *sorted(run.path.glob("programs/*/*.sh")), *sorted(run.path.glob("logs/*/*.log"))]
    return {
        f"run-{run.id}/{place.relative_to(run.path)}": place.read_bytes()
        for place in places
        if place.is_file()
    }


def environment_secrets() -> list[Secret]:
    """Whatever this process was given in its environment: it may have been logged somewhere."""
    words = ("PASSWORD", "PASSPHRASE", "TOKEN")
    return [
        Secret(name, value)
        for name, value in os.environ.items()
        if name.startswith("ZKWIZARD_") and any(word in name for word in words)
    ]
