"""YAML text into plain data with the place of every value, refusing what a cluster file has no use for.

Hostile files must cost little: nesting, aliases and the number of values are bounded before anything
recursive happens, tags create no objects, and the size is checked by the caller.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from zkwizard.model.faults import Fault, Keys, shown
from zkwizard.model.reading import Raw, Scalar
from zkwizard.model.text import T, Text

DEEPEST = 40
"""Levels of nesting; the model itself has five, the rest is for what is passed on to kubeadm."""
MOST_VALUES = 50_000
"""Values after aliases are expanded."""

Place = tuple[int, int]
"""Line and column, both from 1."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_UNREADABLE = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CORE = "tag:yaml.org,2002:"
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]{0,18})")
_FLOAT = re.compile(r"[-+]?([0-9]{1,19}\.[0-9]{0,19}|\.[0-9]{1,19})([eE][-+]?[0-9]{1,3})?")
_BOOLEANS = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}


@dataclass
class Tree:
    """The data, the places of keys and values, and what was wrong with the YAML itself."""

    raw: Raw | None = None
    keys: dict[Keys, Place] = field(default_factory=dict)
    values: dict[Keys, Place] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def place(self, fault: Fault) -> Place:
        """Where to point: the key, the value, or the nearest mapping around what is missing."""
        if fault.at_key and fault.keys in self.keys:
            return self.keys[fault.keys]
        way = fault.keys
        while way and way not in self.values:
            way = way[:-1]
        return self.values.get(way, (1, 1))


class _Refused(Exception):
    """The YAML can't be read any further."""

    def __init__(self, place: Place, found: Text, allowed: Text) -> None:
        super().__init__(str(found))
        self.fault = Fault((), found, allowed).placed(*place)


def read_tree(text: str) -> Tree:
    """The tree of a YAML text; ``raw`` is None when it is not readable as one document."""
    tree = Tree()
    try:
        _refuse_characters(text)
        root = _compose(text)
        tree.raw = _Grower(tree).grow(root, (), ())
    except _Refused as refused:
        tree.faults.append(refused.fault)
    return tree


def _refuse_characters(text: str) -> None:
    match = _UNREADABLE.search(text)
    if match:
        line = text.count("\n", 0, match.start()) + 1
        column = match.start() - (text.rfind("\n", 0, match.start()) + 1) + 1
        found = T("the character {code}", code=f"U+{ord(match[0]):04X}")
        raise _Refused((line, column), found, T("printable text"))


def _compose(text: str) -> yaml.Node:
    """The node graph. A first pass over the events is iterative and bounds what the second recurses into."""
    try:
        _bound(text)
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = shown((error.problem or error.context or "an error").removeprefix("found "))
        raise _Refused(_place(mark), T("{problem}", problem=problem), T("YAML")) from None
    except yaml.YAMLError as error:
        raise _Refused((1, 1), T("{problem}", problem=shown(str(error))), T("YAML")) from None
    if root is None:
        raise _Refused((1, 1), T("nothing"), T("a mapping (zkwizard init writes an example)"))
    return root


def _bound(text: str) -> None:
    depth = documents = 0
    for count, event in enumerate(yaml.parse(text, Loader=_LOADER)):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.DocumentStartEvent):
            documents += 1
        place = _place(event.start_mark)
        if depth > DEEPEST:
            raise _Refused(place, T("deeper nesting"), T("at most {count} levels", count=DEEPEST))
        if count > 2 * MOST_VALUES:
            raise _Refused(place, T("more values"), T("at most {count} values", count=MOST_VALUES))
        if documents > 1:
            raise _Refused(place, T("a second document"), T("one document"))


def _place(mark: Any) -> Place:
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


class _Grower:
    """Turns nodes into plain data, path by path: an alias stands at every place that uses it."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.count = 0

    def grow(self, node: yaml.Node, keys: Keys, above: tuple[int, ...]) -> Raw:
        place = _place(node.start_mark)
        self.tree.values.setdefault(keys, place)
        self.count += 1
        if self.count > MOST_VALUES:
            raise _Refused(place, T("more values"), T("at most {count} values", count=MOST_VALUES))
        if id(node) in above:
            raise _Refused(place, T("an alias inside its own anchor"), T("aliases of other values"))
        self._refuse_tag(node, keys, place)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, keys, (*above, id(node)))
        if isinstance(node, yaml.SequenceNode):
            inner = (*above, id(node))
            return [self.grow(item, (*keys, index), inner) for index, item in enumerate(node.value)]
        return scalar(node)

    def _refuse_tag(self, node: yaml.Node, keys: Keys, place: Place) -> None:
        known = {_CORE + name for name in ("str", "int", "float", "bool", "null", "map", "seq", "timestamp")}
        if node.tag not in known | {_CORE + "merge", _CORE + "value"}:
            tag = T("the tag {tag}", tag=shown(node.tag))
            self.tree.faults.append(Fault(keys, tag, T("plain values without tags")).placed(*place))

    def _mapping(self, node: yaml.MappingNode, keys: Keys, above: tuple[int, ...]) -> Raw:
        result: dict[str, Raw] = {}
        for key_node, value_node in node.value:
            place = _place(key_node.start_mark)
            if not isinstance(key_node, yaml.ScalarNode):
                raise _Refused(place, T("a key that is no single value"), T("text as a key"))
            key = key_node.value
            way = (*keys, key)
            if key in result:
                found = T("the key a second time, first in line {line}", line=self.tree.keys[way][0])
                self.tree.faults.append(Fault(way, found, T("every key once")).placed(*place))
                continue
            self.tree.keys[way] = place
            result[key] = self.grow(value_node, way, above)
        return result


def scalar(node: yaml.Node) -> Scalar:
    """A single value with its text, and with what YAML makes of it when it is written without quotes."""
    text: str = node.value
    kind = node.tag.removeprefix(_CORE)
    if kind == "null":
        return Scalar(text, None)
    if kind == "bool" and text.lower() in _BOOLEANS:
        return Scalar(text, _BOOLEANS[text.lower()])
    if kind == "int" and _DECIMAL.fullmatch(text):
        return Scalar(text, int(text))
    if kind == "float" and _FLOAT.fullmatch(text):
        return Scalar(text, float(text))
    if kind == "float" and text.lower().lstrip("+-") in (".inf", ".nan"):
        return Scalar(text, float(text.lower().replace(".", "")))
    return Scalar(text, text)
