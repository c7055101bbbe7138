"""Reads and writes cluster.yaml: all faults at once, each with its line and column."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from zkwizard.model import rules
from zkwizard.model.cluster import Cluster, Node
from zkwizard.model.errors import InputError
from zkwizard.model.faults import Fault, shown, value_fault
from zkwizard.model.reading import Answers, Raw, kind_of, read
from zkwizard.model.text import T, Text
from zkwizard.store.yamltree import Tree, read_tree

LARGEST = 1_000_000
"""Bytes of a cluster file; a larger one is refused before it is parsed."""


class ClusterFileError(InputError):
    """The cluster file has faults; ``faults`` holds all of them in the order of the file."""

    def __init__(self, origin: str, faults: list[Fault]) -> None:
        super().__init__("\n".join(fault.render(origin) for fault in faults))
        self.origin = origin
        self.faults = faults

    def render(self, translate: Callable[[str], str]) -> str:
        """All faults, each in a line of its own."""
        return "\n".join(fault.render(self.origin, translate) for fault in self.faults)


@dataclass(frozen=True)
class Study:
    """All that a text says and all that is wrong with it, for somebody who is still writing it."""

    raw: Raw | None
    content: dict[str, Any]
    """Plain data without what is wrong on its own."""
    answers: Answers
    faults: list[Fault]
    """In the order of the file, each once."""
    cluster: Cluster | None
    """When there are no faults."""


def load(path: Path) -> Cluster:
    """The cluster that the file describes. Raises ClusterFileError with all faults."""
    data = _read(path)
    if isinstance(data, Fault):
        raise ClusterFileError(str(path), [data])
    cluster, faults = parse(data, path)
    if cluster is None:
        raise ClusterFileError(str(path), faults)
    return cluster


def load_text(path: Path) -> str:
    """The text of the file, whatever it says. Raises ClusterFileError when it can't be read as text."""
    data = _read(path)
    text = data if isinstance(data, Fault) else _decoded(data)
    if isinstance(text, Fault):
        raise ClusterFileError(str(path), [text])
    return text


def parse(data: str | bytes, origin: Path) -> tuple[Cluster | None, list[Fault]]:
    """The cluster, or None and all faults; key files are looked for beside ``origin``, which need not be."""
    text = _decoded(data)
    if isinstance(text, Fault):
        return None, [text]
    studied = study(text, origin)
    return studied.cluster, studied.faults


def study(text: str, origin: Path) -> Study:
    """What is right in a text although other things in it are wrong, and all faults."""
    tree = read_tree(text)
    content, answers, found = _content(tree, origin)
    faults = sorted(dict.fromkeys(found), key=lambda fault: (fault.line, fault.column))
    cluster = None if faults else Cluster.model_validate(content)
    return Study(tree.raw, content, answers, faults, cluster)


def key_path(origin: Path, key: str) -> Path:
    """The key file that ``ssh.key`` names: ~ expanded, relative to the cluster file. Raises RuntimeError for
    the home of an unknown user."""
    return origin.parent / Path(key).expanduser()


def with_key_paths(cluster: Cluster, origin: Path) -> Cluster:
    """The cluster with every ``ssh.key`` as an absolute path, for whoever logs in; not for saving."""
    nodes = tuple(_with_key_path(node, origin) if node.ssh.key else node for node in cluster.nodes)
    return cluster.model_copy(update={"nodes": nodes})


def _with_key_path(node: Node, origin: Path) -> Node:
    key = str(key_path(origin, node.ssh.key).absolute())
    return node.model_copy(update={"ssh": node.ssh.model_copy(update={"key": key})})


def dump(cluster: Cluster) -> str:
    """The cluster as YAML in the order of the schema, without defaults.

    The version always stays: a later zkwizard has another default, and the file means what it meant.
    """
    data = cluster.model_dump(mode="json", exclude_defaults=True)
    kubernetes = {"version": cluster.kubernetes.version, **data.pop("kubernetes", {})}
    nodes = data.pop("nodes")
    data |= {"kubernetes": kubernetes, "nodes": nodes}
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


class _Dumper(yaml.SafeDumper):
    """Writes every value where it stands: anchors would surprise people."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _read(path: Path) -> bytes | Fault:
    try:
        if path.is_dir():
            return _whole(T("a directory"), T("a file"))
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except FileNotFoundError:
        return _whole(T("no such file"), T("a cluster file (zkwizard init writes an example)"))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return _whole(T("{reason}", reason=reason), T("a readable file"))


def _whole(found: Text, allowed: Text) -> Fault:
    """A fault of the file as a whole."""
    return Fault((), found, allowed)


def _decoded(data: str | bytes) -> str | Fault:
    if len(data) > LARGEST:
        return _whole(T("more than {count} bytes", count=LARGEST), T("a file of at most 1 MB"))
    if isinstance(data, str):
        return data
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        before = data[data.rfind(b"\n", 0, error.start) + 1 : error.start]
        found = T("the byte 0x{byte} at offset {offset}", byte=f"{data[error.start]:02x}", offset=error.start)
        return _whole(found, T("text in UTF-8")).placed(line, len(before.decode()) + 1)


def _content(tree: Tree, origin: Path) -> tuple[dict[str, Any], Answers, list[Fault]]:
    """What the tree holds, and every fault in its place."""
    if not isinstance(tree.raw, dict):
        return {}, Answers(), tree.faults or [_not_a_mapping(tree)]
    content, answers = read(Cluster, tree.raw)
    found = [*answers.faults, *rules.check(answers), *_keys(answers, origin)]
    return content, answers, [*tree.faults, *(fault.placed(*tree.place(fault)) for fault in found)]


def _not_a_mapping(tree: Tree) -> Fault:
    raw: Raw | None = tree.raw
    found = T("nothing") if raw is None else kind_of(raw)
    return _whole(found, T("a mapping (zkwizard init writes an example)")).placed(1, 1)


def _keys(answers: Answers, origin: Path) -> list[Fault]:
    """Private key files that can't be read; each is opened, as permissions alone do not tell."""
    faults = []
    for index in answers.each("nodes"):
        keys = ("nodes", index, "ssh", "key")
        key = answers.get(str, *keys)
        allowed = _unreadable(origin, key) if key else None
        if key and allowed:
            faults.append(value_fault(keys, key, allowed))
    return faults


def _unreadable(origin: Path, key: str) -> Text | None:
    try:
        path = key_path(origin, key)
        if path.exists() and not path.is_file():
            return T("a private key file; {path} is something else", path=shown(str(path)))
        with path.open("rb"):
            return None
    except OSError as error:
        return T(
            "a readable private key file; {path}: {reason}", path=shown(str(path)), reason=error.strerror
        )
    except (RuntimeError, ValueError) as error:
        return T("a readable private key file; {reason}", reason=str(error))
