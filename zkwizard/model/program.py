"""The program: what one phase does on one node, as one POSIX sh text."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from zkwizard.model.placeholders import holes, printed, secret_names
from zkwizard.model.step import Step


@dataclass(frozen=True)
class Program:
    """The whole text that a node will run, and what it still lacks."""

    phase: str
    node: str
    source: str
    """The text with placeholders, as rendered."""
    steps: tuple[Step, ...]

    @property
    def text(self) -> str:
        """The text as it is shown, and as it runs when it has no holes."""
        return printed(self.source)

    @property
    def holes(self) -> tuple[str, ...]:
        """What is known only later; a program with holes refuses to run."""
        return holes(self.source)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Names of the secrets that have to be beside it on the node."""
        return secret_names("".join(part for step in self.steps for part in step.sources))

    @property
    def sha256(self) -> str:
        """Hash of the text, kept in the journal."""
        return hashlib.sha256(self.text.encode()).hexdigest()
