"""Data to YAML text that Go's parser and Python's read alike.

Go's YAML takes more plain words for numbers and truth values than PyYAML does (``1e3``, ``0o7``, ``y``), and
a node may be called so. What could be taken for a number is therefore quoted, and so are single letters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

_NUMBER = re.compile(r"[-+]?\.?[0-9][0-9a-z_.:+-]*", re.IGNORECASE)
_SEVERAL_DOTS = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+.*")
_DURATION = re.compile(r"([0-9]+[hms])+")


class Quoted(str):
    """A text that is quoted whatever it looks like: secrets, which are filled in only on the node."""


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        """Write repeated values out: anchors are hard to read."""
        return True


def _string(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = None
    if "\n" in value:
        style = "|"
    elif len(value) < 2 or _like_a_number(value) or isinstance(value, Quoted):
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(value), style=style)


def _like_a_number(value: str) -> bool:
    """Addresses and Go's durations are no numbers to any parser."""
    plain = _SEVERAL_DOTS.fullmatch(value) or _DURATION.fullmatch(value)
    return _NUMBER.fullmatch(value) is not None and not plain


_Dumper.add_representer(str, _string)
_Dumper.add_representer(Quoted, _string)


def text_of(*documents: Mapping[str, Any]) -> str:
    """The documents as one YAML stream, keys in their order; lines are never folded."""
    parts = [
        yaml.dump(dict(document), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1 << 20)
        for document in documents
    ]
    return "---\n".join(parts)
