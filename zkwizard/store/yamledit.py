"""Changes single values in a YAML text and leaves all else as a person wrote it: comments, order, quotes.

The text is changed at the places that the parser marked, then read again: it must hold exactly what was
there before plus the change. Where that can't be had in place (an alias, say), the nearest mapping or list
around the value is written anew, and in the end the whole text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import yaml

from zkwizard.model.faults import Keys
from zkwizard.model.reading import Raw, Scalar
from zkwizard.store.yamltree import read_tree

Plain = Any
"""A value as YAML has it: text, number, truth value, None, or a list or mapping of such."""
Order = Sequence[str]
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Unsuited(Exception):
    """The text can't be changed in this way at this place."""


def put(text: str, keys: Keys, value: Plain, order: Callable[[Keys], Order] = lambda keys: ()) -> str:
    """The text with ``value`` at ``keys``; ``order`` gives the usual order of a mapping's keys.

    What lies on the way and is not there is made. ``text`` must be readable YAML with a mapping at the top.
    """
    raw = _read(text)
    known = len(keys)
    while known and not _is_container(_at(raw, keys[: known - 1])):
        known -= 1
    for key in reversed(keys[known:]):
        value = {key: value}
    keys = keys[:known]
    wanted = _with(raw, keys, _raw(value))
    return _first_that_fits(
        text,
        wanted,
        [
            lambda: _put_in_place(text, keys, value, order(keys[:-1])),
            *(lambda depth=depth: _rewrite(text, wanted, keys[:depth]) for depth in range(known, 0, -1)),
        ],
    )


def drop(text: str, keys: Keys) -> str:
    """The text without what is at ``keys``, and without a mapping that would be empty then."""
    raw = _read(text)
    if _at(raw, keys) is None:
        return text
    while len(keys) > 1 and isinstance(keys[-1], str) and isinstance(keys[-2], str):
        parent = _at(raw, keys[:-1])
        if not isinstance(parent, Mapping) or len(parent) > 1:
            break
        keys = keys[:-1]
    wanted = _without(raw, keys)
    return _first_that_fits(
        text,
        wanted,
        [
            lambda: _drop_in_place(text, keys),
            *(
                lambda depth=depth: _rewrite(text, wanted, keys[:depth])
                for depth in range(len(keys) - 1, 0, -1)
            ),
        ],
    )


def append(text: str, keys: Keys, item: Plain) -> str:
    """The text with ``item`` at the end of the list at ``keys``, which is made when there is none."""
    raw = _read(text)
    before = _at(raw, keys)
    if not isinstance(before, list) or not before:
        return put(text, keys, [item])
    wanted = _with(raw, keys, [*before, _raw(item)])
    return _first_that_fits(
        text, wanted, [lambda: _append_in_place(text, keys, item), lambda: _rewrite(text, wanted, keys)]
    )


def scalar_text(value: Plain) -> str:
    """A single value, quoted where YAML would take it for something else."""
    dumped: str = yaml.safe_dump([value], default_flow_style=True, allow_unicode=True, width=10**6)
    return dumped[1:-2]


# What the text means --------------------------------------------------------------------------------------


def _read(text: str) -> Raw:
    return read_tree(text).raw or {}


def _raw(value: Plain) -> Raw:
    raw = read_tree(yaml.safe_dump(value, allow_unicode=True, width=10**6)).raw
    assert raw is not None
    return raw


def _is_container(raw: Raw | None) -> bool:
    return isinstance(raw, (Mapping, list))


def _at(raw: Raw | None, keys: Keys) -> Raw | None:
    for key in keys:
        if isinstance(raw, Mapping) and isinstance(key, str):
            raw = raw.get(key)
        elif isinstance(raw, list) and isinstance(key, int) and key < len(raw):
            raw = raw[key]
        else:
            return None
    return raw


def _with(raw: Raw, keys: Keys, value: Raw) -> Raw:
    if not keys:
        return value
    key, rest = keys[0], keys[1:]
    if isinstance(raw, list) and isinstance(key, int):
        return [_with(item, rest, value) if i == key else item for i, item in enumerate(raw)]
    assert isinstance(raw, Mapping) and isinstance(key, str)
    return {**raw, key: _with(raw[key], rest, value) if rest else value}


def _without(raw: Raw, keys: Keys) -> Raw:
    key, rest = keys[0], keys[1:]
    if isinstance(raw, list) and isinstance(key, int):
        if rest:
            return [_without(item, rest) if i == key else item for i, item in enumerate(raw)]
        return [item for i, item in enumerate(raw) if i != key]
    assert isinstance(raw, Mapping) and isinstance(key, str)
    if rest:
        return {**raw, key: _without(raw[key], rest)}
    return {name: value for name, value in raw.items() if name != key}


def _plain(raw: Raw) -> Plain:
    if isinstance(raw, Mapping):
        return {key: _plain(value) for key, value in raw.items()}
    if isinstance(raw, list):
        return [_plain(value) for value in raw]
    return raw.value if raw.value is not None else None


def _first_that_fits(text: str, wanted: Raw, ways: Sequence[Callable[[], str]]) -> str:
    for way in ways:
        try:
            changed = way()
        except _Unsuited:
            continue
        tree = read_tree(changed)
        if tree.raw is not None and _same(tree.raw, wanted) and not tree.faults:
            return changed
    whole: str = yaml.safe_dump(_plain(wanted), sort_keys=False, allow_unicode=True, width=110)
    return whole


def _same(one: Raw, other: Raw) -> bool:
    """Whether two texts mean the same, in whatever order mappings have their keys."""
    if isinstance(one, Scalar) and isinstance(other, Scalar):
        return type(one.value) is type(other.value) and one.value == other.value
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return False


# Where it stands ------------------------------------------------------------------------------------------


def _node(text: str, keys: Keys) -> yaml.Node:
    node = yaml.compose(text, Loader=_LOADER)
    for key in keys:
        node = _pair(node, key)[1] if isinstance(key, str) else _item(node, key)
    if node is None:
        raise _Unsuited
    return node


def _pair(node: yaml.Node | None, key: str | int) -> tuple[yaml.Node, yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.value == key:
                return name, value
    raise _Unsuited


def _item(node: yaml.Node | None, index: int) -> yaml.Node:
    if not isinstance(node, yaml.SequenceNode) or index >= len(node.value):
        raise _Unsuited
    item: yaml.Node = node.value[index]
    return item


def _end(node: yaml.Node) -> int:
    """Where the last sign of a value stands; a block's own mark includes the comments that follow it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    return int(node.end_mark.index)


def _line_start(text: str, place: int) -> int:
    return text.rfind("\n", 0, place) + 1


def _line_end(text: str, place: int) -> int:
    """After the line feed of the line that holds the sign before ``place``."""
    if place and text[place - 1] == "\n":
        return place
    found = text.find("\n", place)
    return len(text) if found < 0 else found + 1


def _after_comments(text: str, place: int, indent: int) -> int:
    """After the comments from ``place`` on that stand further in: they belong to what is before them."""
    while match := re.compile(rf" {{{indent + 1},}}#.*(\n|\Z)").match(text, place):
        place = match.end()
    return place


# Changing it ----------------------------------------------------------------------------------------------


def _block(value: Plain, indent: int) -> str:
    """A mapping or list as lines of its own, each with so many spaces before it."""
    dumped: str = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=110)
    return "".join(" " * indent + line for line in dumped.splitlines(keepends=True))


def _put_in_place(text: str, keys: Keys, value: Plain, order: Order) -> str:
    parent = _node(text, keys[:-1])
    key = keys[-1]
    if isinstance(parent, yaml.SequenceNode):
        if isinstance(key, str) or _is_container_value(value):
            raise _Unsuited
        return _replaced(text, _item(parent, key), value)
    if not isinstance(parent, yaml.MappingNode) or isinstance(key, int):
        raise _Unsuited
    try:
        name, old = _pair(parent, key)
    except _Unsuited:
        return _added(text, parent, key, value, order)
    if parent.flow_style or not _is_container_value(value):
        if isinstance(old, yaml.CollectionNode) and not old.flow_style and not parent.flow_style:
            return _pair_replaced(text, name, old, f"{key}: {scalar_text(value)}\n")
        return _replaced(text, old, value)
    return _pair_replaced(text, name, old, _pair_text(key, value, name.start_mark.column))


def _is_container_value(value: Plain) -> bool:
    return isinstance(value, (dict, list, tuple)) and bool(value)


def _replaced(text: str, node: yaml.Node, value: Plain) -> str:
    start, end = node.start_mark.index, _end(node)
    new = scalar_text(value)
    if start == end:
        new = f" {new}" if text[start - 1 : start] == ":" else f"{new}"
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        new += "\n"
    return text[:start] + new + text[end:]


def _pair_text(key: str, value: Plain, indent: int) -> str:
    """``key: value`` with line feed, its first line without spaces before it."""
    if _is_container_value(value) and not (isinstance(value, (list, tuple)) and not _nested(value)):
        return f"{scalar_text(key)}:\n{_block(value, indent + 2)}"
    return f"{scalar_text(key)}: {scalar_text(value)}\n"


def _nested(value: Sequence[Plain]) -> bool:
    return any(isinstance(item, (dict, list)) for item in value)


def _pair_replaced(text: str, name: yaml.Node, old: yaml.Node, new: str) -> str:
    return text[: name.start_mark.index] + new + text[_line_end(text, _end(old)) :]


def _added(text: str, parent: yaml.MappingNode, key: str, value: Plain, order: Order) -> str:
    if parent.flow_style:
        place = int(parent.end_mark.index) - 1
        comma = ", " if parent.value else ""
        return text[:place].rstrip(" ") + f"{comma}{scalar_text(key)}: {scalar_text(value)}" + text[place:]
    if not parent.value:
        raise _Unsuited
    indent = int(parent.value[0][0].start_mark.column)
    before = set(order[: order.index(key)]) if key in order else set(order)
    after = [pair for pair in parent.value if pair[0].value in before] or [parent.value[0]]
    place = _line_end(text, _end(after[-1][1]))
    lead = "" if place == 0 or text[place - 1] == "\n" else "\n"
    return text[:place] + lead + " " * indent + _pair_text(key, value, indent) + text[place:]


def _drop_in_place(text: str, keys: Keys) -> str:
    parent, key = _node(text, keys[:-1]), keys[-1]
    if isinstance(key, int):
        return _item_dropped(text, parent, key)
    name, value = _pair(parent, key)
    assert isinstance(parent, yaml.MappingNode)
    if parent.flow_style:
        return _flow_dropped(text, parent.value, [pair[0].value for pair in parent.value].index(key))
    start = _line_start(text, name.start_mark.index)
    if text[start : name.start_mark.index].strip():
        raise _Unsuited
    return text[:start] + text[_line_end(text, _end(value)) :]


def _flow_dropped(text: str, pairs: Sequence[tuple[yaml.Node, yaml.Node]], index: int) -> str:
    if len(pairs) == 1:
        return text[: pairs[0][0].start_mark.index] + text[_end(pairs[0][1]) :]
    if index:
        return text[: _end(pairs[index - 1][1])] + text[_end(pairs[index][1]) :]
    return text[: pairs[0][0].start_mark.index] + text[pairs[1][0].start_mark.index :]


def _dash(text: str, item: yaml.Node) -> int:
    """Where the dash of a list's item stands."""
    start = _line_start(text, item.start_mark.index)
    match = re.match(r" *-", text[start : item.start_mark.index])
    if match is None:
        raise _Unsuited
    return start + match.end() - 1


def _item_dropped(text: str, parent: yaml.Node, index: int) -> str:
    item = _item(parent, index)
    assert isinstance(parent, yaml.SequenceNode)
    if parent.flow_style or len(parent.value) == 1:
        raise _Unsuited
    start = _line_start(text, _dash(text, item))
    end = _line_end(text, _end(item))
    if text[:start].endswith("\n\n") and (text[end:].startswith("\n") or not text[end:]):
        start -= 1
    return text[:start] + text[end:]


def _append_in_place(text: str, keys: Keys, item: Plain) -> str:
    node = _node(text, keys)
    if not isinstance(node, yaml.SequenceNode) or node.flow_style:
        raise _Unsuited
    dash = _dash(text, node.value[-1])
    indent = dash - _line_start(text, dash)
    place = _after_comments(text, _line_end(text, _end(node)), indent)
    lead = "" if text[place - 1] == "\n" else "\n"
    apart = "\n" if len(node.value) > 1 and text[: _line_start(text, dash)].endswith("\n\n") else ""
    return text[:place] + lead + apart + _block([item], indent) + text[place:]


def _rewrite(text: str, wanted: Raw, keys: Keys) -> str:
    """The mapping or list at ``keys`` written anew."""
    found = _at(wanted, keys)
    if found is None:
        raise _Unsuited
    return _put_in_place(text, keys, _plain(found), ())
