"""How free-form parts of the cluster file go into kubeadm's documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_BY_NAME = ("extraArgs", "extraEnvs")
_TOGETHER = ("certSANs", "serverCertSANs", "peerCertSANs")


def merged(base: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """``base`` with ``extra`` on top: mappings are merged deeply, else the operator's value wins.

    Arguments and environment variables are merged by name, names of certificates are added up; other lists
    are the operator's as they are.
    """
    result = dict(base)
    for key, value in extra.items():
        result[key] = _value(key, base.get(key), value)
    return result


def _value(key: str, ours: Any, theirs: Any) -> Any:
    if isinstance(theirs, Mapping):
        return merged(ours if isinstance(ours, Mapping) else {}, theirs)
    if key in _BY_NAME and isinstance(theirs, list):
        return _by_name(ours or [], theirs)
    if key in _TOGETHER and isinstance(theirs, list):
        return list(dict.fromkeys([*(ours or []), *map(str, theirs)]))
    return theirs


def _by_name(ours: Sequence[Any], theirs: Sequence[Any]) -> list[Any]:
    """The operator's entries replace ours of the same name; one name may come more than once."""
    taken = {entry.get("name") for entry in theirs if isinstance(entry, Mapping)}
    return [entry for entry in ours if entry["name"] not in taken] + [_entry(entry) for entry in theirs]


def _entry(entry: Any) -> Any:
    """kubeadm takes values as strings only; people write numbers and truth values."""
    if not isinstance(entry, Mapping) or "value" not in entry:
        return entry
    value = entry["value"]
    return {**entry, "value": str(value).lower() if isinstance(value, bool) else str(value)}
