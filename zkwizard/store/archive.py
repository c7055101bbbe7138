"""A compressed archive for its owner's eyes only, written whole or not at all."""

from __future__ import annotations

import io
import os
import tarfile
import time
from collections.abc import Mapping
from pathlib import Path

from zkwizard.model.errors import InputError
from zkwizard.model.text import T


def write_archive(path: Path, files: Mapping[str, bytes]) -> None:
    """Write a .tar.gz of mode 0600, all of it in a folder of its name. Raises InputError if it is there."""
    if path.exists():
        raise InputError(T("{path} is there already; name another file with -o", path=str(path)))
    temporary = path.with_name(path.name + ".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as raw, tarfile.open(fileobj=raw, mode="w:gz") as archive:
        for name, content in files.items():
            archive.addfile(_entry(f"{_folder(path)}/{name}", content), io.BytesIO(content))
    temporary.replace(path)


def _folder(path: Path) -> str:
    return path.name.removesuffix(".gz").removesuffix(".tar").removesuffix(".tgz") or "bundle"


def _entry(name: str, content: bytes) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = len(content), 0o600, int(time.time())
    return entry
