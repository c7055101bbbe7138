"""A fault in the cluster file: where it is, what was found there, what is allowed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from zkwizard.model.text import T, Text

Keys = tuple[str | int, ...]
"""The way to a value from the top of the file: keys of mappings and indexes of lists."""

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")
_URL_PASSWORD = re.compile(r"(//[^/@:\s]*):[^/\s]*@")
_LONGEST = 80


def path_text(keys: Keys) -> str:
    """The way to a value as people write it: ``nodes[1].ssh.port``, ``nodes[0].labels["a.b/c"]``."""
    text = ""
    for key in keys:
        if isinstance(key, int):
            text += f"[{key}]"
        elif _PLAIN_KEY.fullmatch(key):
            text += f".{key}" if text else key
        else:
            text += f"[{shown(key)}]" if key.startswith('"') else f'["{_clipped(_escaped(key))}"]'
    return text


def shown(value: str) -> str:
    """A value as it is quoted in a message: one line, never long, and without a password in an address."""
    value = _URL_PASSWORD.sub(r"\1:••••••@", value)
    escaped = _escaped(value)
    plain = escaped == value and value == value.strip() and value != ""
    return _clipped(value) if plain else f'"{_clipped(escaped)}"'


def _escaped(value: str) -> str:
    """``value`` with everything that could disturb a terminal written as an escape."""
    quoted = json.dumps(value, ensure_ascii=False)[1:-1]
    return "".join(c if c.isprintable() or c == "\u3000" else f"\\u{ord(c):04x}" for c in quoted)


def _clipped(value: str) -> str:
    if len(value) <= _LONGEST:
        return value
    return f"{value[:_LONGEST]}… ({len(value)} characters)"


@dataclass(frozen=True)
class Fault:
    """One thing to correct. ``line`` and ``column`` count from 1; 0 is the file as a whole."""

    keys: Keys
    found: Text
    allowed: Text
    at_key: bool = False
    """Whether the place is the key itself (an unknown one) instead of its value."""
    line: int = 0
    column: int = 0

    @property
    def path(self) -> str:
        """The way to the value (``nodes[1].ssh.port``), empty for the file as a whole."""
        return path_text(self.keys)

    @property
    def message(self) -> Text:
        """What was found and what is allowed, in one sentence."""
        return T("found {found}; allowed: {allowed}", found=self.found, allowed=self.allowed)

    def placed(self, line: int, column: int) -> Fault:
        """The same fault at its place in the file."""
        return replace(self, line=line, column=column)

    def render(self, origin: str, translate: Callable[[str], str] = str) -> str:
        """The fault as it is printed: ``cluster.yaml:12:9: nodes[1].overlay_ip: found …; allowed: …``."""
        place = f"{origin}:{self.line}:{self.column}" if self.line else origin
        return ": ".join(part for part in (place, self.path, self.message.render(translate)) if part)


def value_fault(keys: Keys, value: object, allowed: Text) -> Fault:
    """The usual fault: a value that is not among what is allowed."""
    return Fault(keys, T("{value}", value=shown(str(value))), allowed)
