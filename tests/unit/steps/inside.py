"""Shell functions of the runtime, run in namespaces of this kernel."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from zkwizard.steps.runtime import functions_for


def run(text: str, folder: Path, **variables: str) -> str:
    """What a text prints that may call the functions, in new namespaces, as root there."""
    source = f"set -eu\nexport ZK_DIR=$DIR ZK_HOME=$DIR/home\n{functions_for(text, always=())}\n{text}\n"
    done = subprocess.run(
        ["unshare", "-Urmn", "sh", "-c", source],
        env={"PATH": os.environ["PATH"] + ":/usr/sbin:/sbin", "DIR": str(folder), **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
