"""Where the lab keeps what it makes: below .cache, so that `make clean` takes all of it away."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[2]
CACHE = PROJECT / ".cache" / "lab"
IMAGE = CACHE / "image"
"""The root that all machines share, read-only."""
SITE = CACHE / "site"
"""What the package server serves."""
LABEL = os.environ.get("ZKWIZARD_LAB", "")
"""Tells several labs of one checkout apart."""
RUNNING = CACHE / f"running{LABEL}"
"""A tmpfs with the machines' upper layers, while the lab runs."""
KEYS = CACHE / "keys"


@dataclass(frozen=True)
class Recipe:
    """The files that decide what something made looks like, as one hash."""

    hash: str

    def is_done(self, name: str) -> bool:
        """Whether `name` was made whole by this recipe."""
        stamp = CACHE / f"{name}.recipe"
        if stamp.exists() and stamp.read_text() == self.hash:
            return True
        stamp.unlink(missing_ok=True)
        return False

    def done(self, name: str) -> None:
        """Remember that `name` is whole."""
        (CACHE / f"{name}.recipe").write_text(self.hash)


def recipe_of(*files: Path) -> Recipe:
    """The recipe that these files are."""
    return Recipe(hashlib.sha256(b"".join(file.read_bytes() for file in sorted(files))).hexdigest())
