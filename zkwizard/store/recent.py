"""Cluster files that were opened before, the last one first: ``<state>/recent.json``."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from zkwizard.store.state import state_root, write_private

_MOST = 50


def recent() -> list[Path]:
    """The files, whether they are still there or not. A damaged list counts as empty."""
    with suppress(OSError, ValueError, TypeError):
        stored = json.loads((state_root() / "recent.json").read_text(encoding="utf-8"))
        return [Path(name) for name in stored if isinstance(name, str)]
    return []


def remember(path: Path) -> None:
    """Put a file at the top."""
    path = path.expanduser().absolute()
    _store([path, *(known for known in recent() if known != path)][:_MOST])


def forget(path: Path) -> None:
    """Take a file off the list; the file itself stays."""
    _store([known for known in recent() if known != path])


def _store(paths: list[Path]) -> None:
    with suppress(OSError):
        write_private(
            state_root() / "recent.json", json.dumps([str(path) for path in paths], indent=1) + "\n"
        )
