"""Finds the files that come with zkwizard, installed from a wheel or in a checkout.

The wheel carries them as ``zkwizard/_assets`` (hatchling's force-include); an editable install has no such
folder, and they lie beside the package.
"""

from __future__ import annotations

from pathlib import Path

import zkwizard

_PACKAGE = Path(zkwizard.__file__).parent


def folder() -> Path:
    """The folder of the assets. Raises FileNotFoundError when the installation lacks them."""
    for candidate in (_PACKAGE / "_assets", _PACKAGE.parent / "assets"):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"zkwizard is installed without its assets: {_PACKAGE / '_assets'}")


def path(name: str) -> Path:
    """The asset ``name`` (``cluster.example.yaml``). Raises FileNotFoundError when there is none."""
    found = folder() / name
    if not found.is_file():
        raise FileNotFoundError(f"no asset {name} in {folder()}")
    return found


def text(name: str) -> str:
    """The content of a text asset."""
    return path(name).read_text(encoding="utf-8")
