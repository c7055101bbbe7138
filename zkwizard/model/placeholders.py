"""Marks inside rendered text for what is not there yet, and for what must not be there.

A *hole* is a value that is known only later (``<token: made at join>``). A *secret reference* names a
secret that the node reads from a root-only file when it needs it. Both travel through f-strings and YAML
as characters of Unicode's private use area, which the cluster file may not contain, so that no input can
forge one.
"""

from __future__ import annotations

import re

_HOLE = re.compile("\ue000([^\ue000-\ue003]*)\ue001")
_SECRET = re.compile("\ue002([a-z0-9-]+)\ue003")
FORBIDDEN = re.compile("[\ue000-\uf8ff]")
"""What the cluster file may not contain: the private use area of the Basic Multilingual Plane."""


def hole(name: str, when: str) -> str:
    """A value known only later: ``when`` says what will tell it (``measured by links``)."""
    return f"\ue000{name}: {when}\ue001"


def secret_ref(name: str) -> str:
    """Where the secret ``name`` (lower case, digits, dashes) goes, inside a file's content only."""
    reference = f"\ue002{name}\ue003"
    if not _SECRET.fullmatch(reference):
        raise ValueError(f"not a name for a secret: {name!r}")
    return reference


def holes(text: str) -> tuple[str, ...]:
    """The holes in ``text``, each once, in order, as they are printed inside ``<>``."""
    return tuple(dict.fromkeys(_HOLE.findall(text)))


def secret_names(text: str) -> tuple[str, ...]:
    """The names of the secrets that ``text`` refers to, each once, in order."""
    return tuple(dict.fromkeys(_SECRET.findall(text)))


def split_secrets(text: str) -> list[str]:
    """``text`` cut at its secret references: literal, name, literal, name, …, literal."""
    return _SECRET.split(text)


def printed(text: str) -> str:
    """``text`` as a person reads it: ``<name: when>`` for holes, ``<secret: name>`` for secrets."""
    return _SECRET.sub(r"<secret: \1>", _HOLE.sub(r"<\1>", text))
