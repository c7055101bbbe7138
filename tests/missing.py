"""What tests need and a machine may lack: there they are skipped, and say what is missing.

The one place that skips. CI skips nothing: there it is a failure (see ``conftest.py``).
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pytest

from tests.sshd.packages import Unavailable
from zkwizard.model.errors import ZkwizardError

_NO_NODES = "practice nodes need Linux namespaces"
"""How zkwizard begins to say that this machine can't have practice nodes at all."""


@contextmanager
def or_skip() -> Iterator[None]:
    """Machines for tests are started within: practice nodes, nodes with sshd, the lab.

    That they can't be had here is the only reason to skip; whatever else goes wrong is a failure.
    """
    try:
        yield
    except Unavailable as missing:
        pytest.skip(str(missing))
    except ZkwizardError as error:
        must_have_nodes(str(error))
        raise


def must_have_nodes(said: str) -> None:
    """Skip if these words of a command say that there can be no practice nodes here."""
    if _NO_NODES in said:
        pytest.skip(said.strip())


@cache
def namespaces() -> None:
    """What tests of programs for nodes run in. Raises Unavailable."""
    tried = subprocess.run(["unshare", "-Urmun", "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        raise Unavailable(f"needs user namespaces: {tried.stderr.strip()}")
