"""The cluster file while a person fills it in: every answer is on disk at once, right or wrong.

What is wrong is told by the same rules as everywhere (``clusterfile.study``), so that a draft is judged like
the finished file. No secrets are in it, as the file has no place for them.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

from zkwizard.model.cluster import Cluster, Driver, Node, Overlay, Part, Ssh
from zkwizard.model.errors import InputError
from zkwizard.model.faults import Fault, Keys
from zkwizard.model.reading import Raw, Scalar
from zkwizard.model.text import T
from zkwizard.store import yamledit
from zkwizard.store.clusterfile import ClusterFileError, Study, load_text, study

_NOWHERE = IPv4Address("0.0.0.0")
"""Stands for an overlay address that nobody asks for."""

_NEW = """\
# The answers for one cluster, kept by zkwizard; edit it as you like. It holds no secrets.
#   zkwizard check FILE    says everything that is wrong in it, with line and column

name: {name}
domain: zk.internal

overlay:
  driver: zerotier
  cidr: 10.9.8.0/24
  controller: by-hand

kubernetes:
  version: "{version}"

nodes: []
"""


class Changed(InputError):
    """Another program changed the file meanwhile; the draft shows now what it holds."""


class Draft:
    """One cluster file, open. ``text`` is what is on disk."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.text = text
        self.study: Study = study(text, path)

    @classmethod
    def open(cls, path: Path) -> Draft:
        """The file as it is, with all faults. Raises ClusterFileError when it is no readable YAML mapping."""
        text = load_text(path)
        draft = cls(path, text)
        if not isinstance(draft.study.raw, Mapping):
            raise ClusterFileError(str(path), draft.study.faults)
        return draft

    @classmethod
    def new(cls, path: Path, name: str) -> Draft:
        """A fresh file with the usual answers. Raises InputError when there is one already."""
        version = Cluster.model_fields["kubernetes"].get_default().version
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(_NEW.format(name=yamledit.scalar_text(name), version=version))
        except FileExistsError:
            raise InputError(T("{path} is there already", path=str(path))) from None
        except OSError as error:
            raise InputError(T("{path}: {why}", path=str(path), why=error.strerror)) from error
        return cls.open(path)

    # What it says -----------------------------------------------------------------------------------------

    @property
    def cluster(self) -> Cluster | None:
        """The cluster, when there is no fault."""
        return self.study.cluster

    @property
    def faults(self) -> list[Fault]:
        """Everything that is wrong."""
        return self.study.faults

    def faults_below(self, *keys: str | int) -> list[Fault]:
        """The faults at a place or inside it."""
        return [fault for fault in self.faults if fault.keys[: len(keys)] == keys]

    def fault(self, *keys: str | int) -> Fault | None:
        """The first fault of exactly this value."""
        return next((fault for fault in self.faults if fault.keys == keys), None)

    def raw(self, *keys: str | int) -> Raw | None:
        """What the file itself holds there."""
        raw: Raw | None = self.study.raw
        for key in keys:
            if isinstance(raw, Mapping) and isinstance(key, str):
                raw = raw.get(key)
            elif isinstance(raw, list) and isinstance(key, int) and key < len(raw):
                raw = raw[key]
            else:
                return None
        return raw

    def given(self, *keys: str | int) -> str:
        """The text of a single value, empty when the file has none there."""
        raw = self.raw(*keys)
        return raw.text if isinstance(raw, Scalar) and raw.value is not None else ""

    def words(self, *keys: str | int) -> list[str]:
        """The texts of a list of single values."""
        raw = self.raw(*keys)
        return [item.text for item in raw if isinstance(item, Scalar)] if isinstance(raw, list) else []

    def answer(self, *keys: str | int) -> object:
        """The value as it counts, default included; None when it is wrong or absent."""
        return self.study.answers.values.get(keys)

    @property
    def nodes(self) -> range:
        """The indexes of the nodes."""
        raw = self.raw("nodes")
        return range(len(raw) if isinstance(raw, list) else 0)

    def reachable(self) -> Cluster | None:
        """The nodes with a name and a login that are right, as a cluster to connect to and nothing else."""
        nodes = []
        for index in self.nodes:
            names = self.faults_below("nodes", index, "name") + self.faults_below("nodes", index, "ssh")
            raw = self.study.content.get("nodes", [])[index] if not names else None
            if isinstance(raw, dict) and "ssh" in raw:
                nodes.append(Node(name=raw["name"], ssh=Ssh(**raw["ssh"]), overlay_ip=_NOWHERE))
        name = self.study.answers.get(str, "name")
        overlay = Overlay(driver=Driver.EXISTING, cidr=IPv4Network(f"{_NOWHERE}/32"))
        return Cluster(name=name, overlay=overlay, nodes=tuple(nodes)) if name and nodes else None

    # Changing it ------------------------------------------------------------------------------------------

    def put(self, keys: Keys, value: Any) -> None:
        """Give an answer; None, "" and an empty list take it back. Saved at once. Raises Changed."""
        if value is None or value == "" or value == [] or value == {}:
            self._change(yamledit.drop(self.text, keys))
        elif value != self.given(*keys) or self.raw(*keys) is None:
            self._change(yamledit.put(self.text, keys, value, usual_order))

    def add_node(self, node: Mapping[str, Any]) -> int:
        """Add a node; gives its index."""
        self._change(yamledit.append(self.text, ("nodes",), dict(node)))
        return len(self.nodes) - 1

    def remove_node(self, index: int) -> None:
        """Remove a node."""
        if len(self.nodes) == 1:
            self._change(yamledit.put(self.text, ("nodes",), []))
        else:
            self._change(yamledit.drop(self.text, ("nodes", index)))

    def node_data(self, index: int) -> dict[str, Any]:
        """A node as plain data, for making another like it."""
        return dict(_plain(self.raw("nodes", index)) or {})

    def save_as(self, path: Path) -> Draft:
        """The same answers in another file, never over one that is there."""
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(self.text)
        except FileExistsError:
            raise InputError(T("{path} is there already", path=str(path))) from None
        except OSError as error:
            raise InputError(T("{path}: {why}", path=str(path), why=error.strerror)) from error
        return Draft.open(path)

    def refresh(self) -> bool:
        """Take over what another program wrote; whether there was anything."""
        try:
            text = load_text(self.path)
        except ClusterFileError:
            return False
        if text == self.text:
            return False
        self.text, self.study = text, study(text, self.path)
        return True

    def _change(self, text: str) -> None:
        if text == self.text:
            return
        if self.path.exists() and self.refresh():
            raise Changed(f"{self.path} was changed by another program meanwhile: look at it again")
        _replace(self.path, text)
        self.text, self.study = text, study(text, self.path)


def usual_order(keys: Keys) -> list[str]:
    """The keys of the mapping at ``keys`` in the order of the model."""
    kind: Any = Cluster
    for key in keys:
        if isinstance(key, int):
            continue
        if not (isinstance(kind, type) and issubclass(kind, Part)) or key not in kind.model_fields:
            return []
        kind = _inner(kind.model_fields[key].annotation)
    return list(kind.model_fields) if isinstance(kind, type) and issubclass(kind, Part) else []


def _inner(kind: Any) -> Any:
    """The part in ``Part | None`` or ``tuple[Part, ...]``."""
    if get_origin(kind) in (Union, UnionType, tuple):
        return _inner(get_args(kind)[0])
    return kind


def _plain(raw: Raw | None) -> Any:
    if isinstance(raw, Mapping):
        return {key: _plain(value) for key, value in raw.items()}
    if isinstance(raw, list):
        return [_plain(item) for item in raw]
    return raw.value if raw else None


def _replace(path: Path, text: str) -> None:
    """Write the file whole or not at all, with the mode that it has; a link stays a link."""
    target = path.resolve()
    try:
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o644
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        fresh = Path(name)
        fresh.chmod(mode)
        fresh.replace(target)
    except OSError as error:
        raise InputError(T("{path}: {why}", path=str(path), why=error.strerror)) from error
