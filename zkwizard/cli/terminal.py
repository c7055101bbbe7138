"""Bytes of a node on their way to a plain terminal, line by line."""

from __future__ import annotations

import sys
from collections.abc import Callable

from zkwizard.model.secret import Redactor
from zkwizard.model.terminal import harmless
from zkwizard.model.text import Text
from zkwizard.widgets.words import say

_LONGEST = 1 << 16
"""Bytes of an unfinished line that are kept; a longer one is shown in pieces."""


class Lines:
    """Takes bytes as they come, hands on whole lines, redacted and decoded; keeps one unfinished line."""

    def __init__(self, redactor: Redactor, line: Callable[[str], None]) -> None:
        self._redactor = redactor
        self._line = line
        self._rest = b""

    def __call__(self, data: bytes) -> None:
        """A piece of a stream."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._give(line)
        if len(self._rest) > _LONGEST:
            self.close()

    def close(self) -> None:
        """The stream is over: what is left is a line, too."""
        rest, self._rest = self._rest, b""
        if rest:
            self._give(rest)

    def _give(self, line: bytes) -> None:
        self._line(self._redactor(line).decode(errors="replace").removesuffix("\r"))


def print_line(text: str) -> None:
    """One line for a person, at once."""
    sys.stdout.write(harmless(text) + "\n")
    sys.stdout.flush()


def aside(words: Text) -> None:
    """Something about the stream that is not in it."""
    print(f"zkwizard: {harmless(say(words))}", file=sys.stderr, flush=True)
