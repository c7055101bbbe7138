"""What is looked for in a log: literal text, so that no bracket in it means something else."""

from __future__ import annotations

import re


class Pattern:
    """Text to find. Capitals in it are meant; without any, they make no difference (smart case)."""

    def __init__(self, text: str) -> None:
        self.text = text
        flags = re.IGNORECASE if text == text.lower() else re.NOFLAG
        self._find = re.compile(re.escape(text), flags)

    def __bool__(self) -> bool:
        return bool(self.text)

    def matches(self, line: str) -> bool:
        """Whether ``line`` has it."""
        return self._find.search(line) is not None

    def spans(self, line: str) -> list[tuple[int, int]]:
        """Where it stands: index of the first and after the last character."""
        return [hit.span() for hit in self._find.finditer(line)] if self.text else []
