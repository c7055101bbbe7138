"""Puts a cluster's kubeconfig beside those that a person has: into one file, with a copy of it before."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from zkwizard.model.errors import InputError
from zkwizard.model.text import T
from zkwizard.store.state import write_private

_LISTS = ("clusters", "users", "contexts")


@dataclass(frozen=True)
class Merged:
    """What was written."""

    path: Path
    backup: Path | None
    """What was there before; None when nothing was."""
    context: str
    """The context of the new cluster."""
    current: str
    """The one that kubectl uses when none is named."""


def usual_file() -> Path:
    """The file that kubectl reads: the first of KUBECONFIG, or ~/.kube/config."""
    named = [part for part in os.environ.get("KUBECONFIG", "").split(os.pathsep) if part]
    return Path(named[0]).expanduser() if named else Path.home() / ".kube" / "config"


def merge(text: str, path: Path) -> Merged:
    """Put the cluster of ``text`` into the kubeconfig ``path``, whose current context stays if it has one.

    An entry of the same name is replaced. Raises InputError when the file is no kubeconfig or can't be
    written; it is as it was then.
    """
    path = path.expanduser().resolve()
    new = yaml.safe_load(text)
    try:
        own = _read(path)
        merged = together(own, new)
        backup = _backup(path)
        write_private(path, yaml.safe_dump(merged, sort_keys=False, allow_unicode=True))
    except OSError as error:
        raise InputError(T("{path}: {why}", path=path, why=error.strerror or str(error))) from error
    return Merged(path, backup, new["current-context"], merged["current-context"])


def together(own: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Both in one; entries of ``new`` replace those of the same name."""
    merged = {"apiVersion": "v1", "kind": "Config", "preferences": {}, **own}
    for key in _LISTS:
        added = {entry["name"]: entry for entry in new[key]}
        kept = [entry for entry in own.get(key) or () if entry.get("name") not in added]
        merged[key] = [*kept, *added.values()]
    contexts = [entry.get("name") for entry in merged["contexts"]]
    if own.get("current-context") not in contexts or not own.get("current-context"):
        merged["current-context"] = new["current-context"]
    return merged


def _read(path: Path) -> dict[str, Any]:
    if not path.exists() or not path.stat().st_size:
        return {}
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(T("{path} is no YAML; it stays as it is", path=path)) from error
    if not isinstance(found, dict) or not all(_is_list(found.get(key)) for key in _LISTS):
        raise InputError(T("{path} is no kubeconfig; it stays as it is", path=path))
    return found


def _is_list(value: object) -> bool:
    return value is None or (isinstance(value, list) and all(isinstance(entry, dict) for entry in value))


def _backup(path: Path) -> Path | None:
    """A copy beside it, for its owner's eyes only."""
    if not path.exists():
        return None
    stamp = time.strftime("%Y%m%d-%H%M%S")
    copy = path.with_name(f"{path.name}.before-zkwizard-{stamp}")
    descriptor = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with path.open("rb") as source, os.fdopen(descriptor, "wb") as target:
        shutil.copyfileobj(source, target)
    return copy
