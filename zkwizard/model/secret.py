"""Secrets: a type that never prints itself, and the filter that keeps them out of everything written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

from zkwizard.model.text import Text, Words


class Secret:
    """A value that must not be shown; ``str()``, ``repr()`` and formatting give a mask."""

    __slots__ = ("_value", "name")

    MASK = "••••••"

    def __init__(self, name: str, value: str) -> None:
        self.name = name
        self._value = value

    def __str__(self) -> str:
        return self.MASK

    def __repr__(self) -> str:
        return f"Secret({self.name!r})"

    def reveal(self) -> str:
        """The value itself: only for stdin of a node, a key reader or a login."""
        return self._value


class Redactor:
    """Replaces every known secret, plain and percent-encoded, in bytes about to be written or shown."""

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        self._forms: set[bytes] = set()
        self._pattern: re.Pattern[bytes] | None = None
        self._longest = 0
        for secret in secrets:
            self.add(secret)

    def add(self, secret: Secret) -> None:
        """Redact this secret from now on. Empty values are ignored."""
        value = secret.reveal()
        if not value:
            return
        for form in (value, quote(value, safe="")):
            self._forms.update(line for line in form.encode().split(b"\n") if len(line) >= 3)
        if longest_first := sorted(self._forms, key=len, reverse=True):
            self._longest = len(longest_first[0])
            self._pattern = re.compile(b"|".join(re.escape(form) for form in longest_first))

    def __call__(self, data: bytes) -> bytes:
        return self._pattern.sub(b"[secret]", data) if self._pattern else data

    def settled(self, data: bytes) -> int:
        """How many bytes of an unfinished piece can be redacted on their own: no secret begins in them that
        may end behind them.
        """
        if not self._pattern:
            return len(data)
        end = max(0, len(data) - self._longest + 1)
        for hit in self._pattern.finditer(data, max(0, end - self._longest)):
            if hit.start() < end < hit.end():
                return hit.start()
        return end

    def text(self, value: str) -> str:
        """The same for text."""
        return self(value.encode()).decode() if self._pattern else value

    def words(self, words: Words) -> Words:
        """The same for words that are translated later: what was said is in their arguments."""
        if isinstance(words, str):
            return self.text(words)
        args = {name: self.words(_words(value)) for name, value in words.args.items()}
        return Text(words.template, args)


def _words(value: object) -> Words:
    return value if isinstance(value, Text) else str(value)
