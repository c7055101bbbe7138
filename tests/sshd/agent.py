"""An SSH agent of a test's own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.waiting import until


@contextmanager
def agent(folder: Path, key: Path) -> Iterator[str]:
    """One that holds the key; what SSH_AUTH_SOCK has to be."""
    socket = folder / "agent"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.DEVNULL)
    try:
        until(socket.exists, "the agent listens")
        environment = {**os.environ, "SSH_AUTH_SOCK": str(socket)}
        subprocess.run(["ssh-add", "-q", key], check=True, env=environment)
        yield str(socket)
    finally:
        process.terminate()
        process.wait()
