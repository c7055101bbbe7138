"""Reads plain data into the types of the cluster file, and collects every fault on the way.

Rules across fields can't wait for a whole ``Cluster``, which there is only when every field is right. What
is right on its own ends in ``Answers``, by its way in the file: one wrong port hides no clash of subnets.
The types (``model.cluster``) say what is allowed.
"""

from __future__ import annotations

import json
import math
import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from annotated_types import Ge, Le
from pydantic.fields import FieldInfo

from zkwizard.model.cluster import Part
from zkwizard.model.faults import Fault, Keys, shown, value_fault
from zkwizard.model.preflight import nearest
from zkwizard.model.syntax import Syntax, unfit
from zkwizard.model.text import T, Text

V = TypeVar("V")


@dataclass(frozen=True)
class Scalar:
    """A single value of the file: as it was written, and as YAML understands it.

    Both are needed: ``1.40`` is a number to YAML, and a version here; ``off`` is a truth value to YAML, and a
    swap policy here.
    """

    text: str
    value: str | int | float | bool | None


Raw = Scalar | Mapping[str, "Raw"] | list["Raw"]


@dataclass
class Answers:
    """What is known for certain: every value that is right on its own, defaults included."""

    values: dict[Keys, object] = field(default_factory=dict)
    lengths: dict[Keys, int] = field(default_factory=dict)
    """How many items a list has, right or wrong."""
    given: set[Keys] = field(default_factory=set)
    """What the file itself says; the rest are defaults."""
    faults: list[Fault] = field(default_factory=list)

    def get(self, kind: type[V], *keys: str | int) -> V | None:
        """The value there, or None when it is wrong, absent, or of another type."""
        value = self.values.get(keys)
        return value if isinstance(value, kind) else None

    def each(self, *keys: str | int) -> range:
        """Indexes of the list there."""
        return range(self.lengths.get(keys, 0))


def read(model: type[Part], raw: Raw) -> tuple[dict[str, Any], Answers]:
    """Plain data that ``model`` accepts if there are no faults, and the answers with all faults."""
    reader = _Reader(Answers())
    data = reader.part(model, raw, ())
    return data if isinstance(data, dict) else {}, reader.answers


class _Reader:
    """One walk along the types and the data."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers

    def refuse(self, keys: Keys, found: Text, allowed: Text, *, at_key: bool = False) -> None:
        self.answers.faults.append(Fault(keys, found, allowed, at_key))

    def part(self, model: type[Part], raw: Raw, keys: Keys) -> Any:
        """A mapping with known keys."""
        if not isinstance(raw, Mapping):
            return self.refuse(
                keys, kind_of(raw), T("a mapping with {keys}", keys=", ".join(model.model_fields))
            )
        for key in raw:
            if key not in model.model_fields:
                self._unknown(model, key, keys)
        found = {
            name: self._field(info, raw.get(name), (*keys, name)) for name, info in model.model_fields.items()
        }
        return {name: value for name, value in found.items() if (*keys, name) in self.answers.given}

    def _unknown(self, model: type[Part], key: str, keys: Keys) -> None:
        known = tuple(model.model_fields)
        near = nearest(key, known)
        if any(word in key.lower() for word in ("password", "passwd", "passphrase", "secret", "token")):
            allowed = T("no secrets in this file: they are asked for when needed")
        elif near:
            allowed = T("{near}, the nearest known key", near=near)
        else:
            allowed = T("one of {keys}", keys=", ".join(known))
        self.refuse((*keys, key), T("an unknown key"), allowed, at_key=True)

    def _field(self, info: FieldInfo, raw: Raw | None, keys: Keys) -> Any:
        """A field of a part; a key with nothing behind it counts as left out."""
        if raw is None or (isinstance(raw, Scalar) and raw.value is None):
            return self._absent(info, keys)
        self.answers.given.add(keys)
        if isinstance(raw, Scalar) and raw.text == "" and info.default == "":
            self.answers.values[keys] = ""
            return ""
        return self.value(info.annotation, tuple(info.metadata), raw, keys)

    def _absent(self, info: FieldInfo, keys: Keys) -> None:
        if info.is_required():
            description = (info.description or str(keys[-1])).rstrip(".")
            return self.refuse(keys, T("nothing"), T("{what} (required)", what=Text(description)))
        default = info.get_default(call_default_factory=True, validated_data={})
        if isinstance(default, Part):
            for name, inner in type(default).model_fields.items():
                self._absent(inner, (*keys, name))
        else:
            self.answers.values[keys] = default
        return None

    def value(self, kind: Any, extras: tuple[Any, ...], raw: Raw, keys: Keys) -> Any:
        """A value of any type that the model uses."""
        origin = get_origin(kind)
        if origin is Annotated:
            inner, *more = get_args(kind)
            return self.value(inner, (*more, *extras), raw, keys)
        if origin in (Union, types.UnionType):
            inner = next(arg for arg in get_args(kind) if arg is not type(None))
            return self.value(inner, extras, raw, keys)
        if origin is tuple:
            return self._list(get_args(kind)[0], raw, keys)
        if origin is dict:
            return self._dict(get_args(kind), raw, keys)
        if isinstance(kind, type) and issubclass(kind, Part):
            return self.part(kind, raw, keys)
        return self._leaf(kind, extras, raw, keys)

    def _list(self, kind: Any, raw: Raw, keys: Keys) -> Any:
        if not isinstance(raw, list):
            return self.refuse(keys, kind_of(raw), T("a list"))
        self.answers.lengths[keys] = len(raw)
        return [self.value(kind, (), item, (*keys, index)) for index, item in enumerate(raw)]

    def _dict(self, kinds: tuple[Any, ...], raw: Raw, keys: Keys) -> Any:
        """A mapping with keys of the person's own; ``kinds`` of its keys and its values."""
        key_kind, value_kind = kinds
        if not isinstance(raw, Mapping):
            return self.refuse(keys, kind_of(raw), T("a mapping"))
        if value_kind is Any:
            self.answers.values[keys] = value = self._free(raw, keys)
            return value
        result = {}
        for key, item in raw.items():
            allowed = _text_refusal(key, get_args(key_kind)[1:])
            if allowed:
                self.refuse((*keys, key), T("{key}", key=shown(key)), allowed, at_key=True)
            result[key] = self.value(value_kind, (), item, (*keys, key))
        return result

    def _free(self, raw: Raw, keys: Keys) -> Any:
        """What is handed on to kubeadm: any shape, of plain JSON values."""
        if isinstance(raw, Mapping):
            for key in raw:
                self._check_free(key, (*keys, key), at_key=True)
            return {key: self._free(item, (*keys, key)) for key, item in raw.items()}
        if isinstance(raw, list):
            return [self._free(item, (*keys, index)) for index, item in enumerate(raw)]
        if isinstance(raw.value, str):
            self._check_free(raw.value, keys)
        elif isinstance(raw.value, float) and not math.isfinite(raw.value):
            self.answers.faults.append(value_fault(keys, raw.text, T("a finite number")))
        return raw.value

    def _check_free(self, text: str, keys: Keys, *, at_key: bool = False) -> None:
        allowed = unfit(text, lines=not at_key)
        if allowed:
            self.refuse(keys, T("{value}", value=shown(text)), allowed, at_key=at_key)

    def _leaf(self, kind: Any, extras: tuple[Any, ...], raw: Raw, keys: Keys) -> Any:
        """A single value; leaves it out of the answers when it is wrong."""
        result = leaf(kind, extras, raw) if isinstance(raw, Scalar) else None
        if result is None or isinstance(result, Text):
            found = T("{value}", value=shown(raw.text)) if isinstance(raw, Scalar) else kind_of(raw)
            return self.refuse(keys, found, result or T("a single value"))
        self.answers.values[keys] = result
        return result


def kind_of(raw: Raw) -> Text:
    """What something is that should have been something else."""
    if isinstance(raw, Mapping):
        return T("a mapping")
    if isinstance(raw, list):
        return T("a list")
    return T("nothing") if raw.value is None else T("{value}", value=shown(raw.text))


def leaf(kind: Any, extras: tuple[Any, ...], raw: Scalar) -> object | Text:
    """The typed value, or what is allowed instead."""
    if kind is str:
        return _string(extras, raw)
    if kind is bool:
        return raw.value if isinstance(raw.value, bool) else T("true or false, without quotes")
    if kind is int:
        return _number(extras, raw)
    if kind is IPv4Address:
        return _address(raw.text)
    if kind is IPv4Network:
        return _network(raw.text)
    return _choice(kind, raw.text)


def _string(extras: tuple[Any, ...], raw: Scalar) -> str | Text:
    if raw.value is None or isinstance(raw.value, bool):
        return T(
            'text; YAML reads this as {kind}, so write it in quotes: "{text}"',
            kind=json.dumps(raw.value),
            text=raw.text,
        )
    return _text_refusal(raw.text, extras) or raw.text


def _text_refusal(text: str, extras: tuple[Any, ...]) -> Text | None:
    checks = (extra.refuse(text) for extra in extras if isinstance(extra, Syntax))
    return unfit(text) or next((allowed for allowed in checks if allowed), None)


def _number(extras: tuple[Any, ...], raw: Scalar) -> int | Text:
    low: Any = next((extra.ge for extra in extras if isinstance(extra, Ge)), 0)
    high: Any = next((extra.le for extra in extras if isinstance(extra, Le)), 2**31 - 1)
    plain = raw.text.isascii() and raw.text.isdecimal() and len(raw.text) <= 10
    if not plain or not isinstance(raw.value, int) or not low <= int(raw.text) <= high:
        return T("a whole number from {low} to {high}, without quotes", low=low, high=high)
    return int(raw.text)


def _address(text: str) -> IPv4Address | Text:
    try:
        return IPv4Address(text)
    except ValueError:
        return T("an IPv4 address")


def _network(text: str) -> IPv4Network | Text:
    allowed = T("an IPv4 network with its prefix length (10.9.8.0/24)")
    if "/" not in text:
        return allowed
    try:
        wide = IPv4Network(text, strict=False)
    except ValueError:
        return allowed
    if str(wide) != text:
        return T("a network's own address and prefix length, which is {network} here", network=wide)
    return wide


def _choice(kind: Any, text: str) -> str | Text:
    values = get_args(kind) if get_origin(kind) is Literal else tuple(kind)
    for value in values:
        if str(value) == text:
            return str(value) if not isinstance(value, StrEnum) else value
    return T("one of {values}", values=", ".join(str(value) for value in values))
