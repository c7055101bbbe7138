"""pyinfra and Ansible in an environment of their own, made when it is first needed.

Their versions and hashes are in ``benchmarks/peers-requirements.lock``, made from ``.in`` beside it as
``requirements.lock`` is made from pyproject.toml.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from functools import cache
from importlib.metadata import distributions
from pathlib import Path

_LOCK = Path(__file__).resolve().parents[1] / "peers-requirements.lock"
_FOLDER = Path(__file__).resolve().parents[2] / ".cache" / "peers"


@cache
def folder() -> Path:
    """Where the programs are; installs them when they are not there, or not in these versions."""
    stamp = _FOLDER / "installed"
    wanted = f"{sys.version} {hashlib.sha256(_LOCK.read_bytes()).hexdigest()}"
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"installing pyinfra and Ansible into {_FOLDER.name}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", _FOLDER], check=True)
        quiet = ["--quiet", "--quiet", "--disable-pip-version-check"]
        locked = ["--require-hashes", "--requirement", str(_LOCK)]
        subprocess.run([_FOLDER / "bin" / "pip", "install", *quiet, *locked], check=True)
        stamp.write_text(wanted)
    return _FOLDER / "bin"


def version(name: str) -> str:
    """Of an installed package."""
    place = next((_FOLDER / "lib").glob("python*/site-packages"))
    return next(iter(distributions(name=name, path=[str(place)]))).version
