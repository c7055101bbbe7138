"""What the wizard works on: a cluster file, and what is known of its machines since it was opened."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from zkwizard.engine.inside.trial import Tried
from zkwizard.model.facts import NodeFacts
from zkwizard.model.finding import Finding
from zkwizard.store.draft import Draft
from zkwizard.store.state import is_practice

Login = tuple[str, str, str, str]


@dataclass
class Case:
    """One cluster, open in the wizard. Facts belong to a login, so that another address has none."""

    draft: Draft
    tried: dict[Login, Tried] = field(default_factory=dict)
    findings: list[Finding] | None = None
    """What the last probe said; None before one."""

    @classmethod
    def open(cls, path: Path) -> Case:
        """Raises InputError when the file can't be read."""
        return cls(Draft.open(path))

    @property
    def practice(self) -> bool:
        """Whether its nodes are practice nodes."""
        return is_practice(self.draft.path)

    def login(self, index: int) -> Login:
        """What tells one machine from another."""
        host, port, user, jump = (
            self.draft.given("nodes", index, "ssh", key) for key in ("host", "port", "user", "jump")
        )
        return host, port, user, jump

    def result(self, index: int) -> Tried | None:
        """How the last test of a node went."""
        return self.tried.get(self.login(index))

    def take(self, tried: Tried) -> int | None:
        """Keep a result; gives the node's index, None when it is gone meanwhile."""
        for index in self.draft.nodes:
            if self.draft.given("nodes", index, "name") == tried.node:
                self.tried[self.login(index)] = tried
                return index
        return None

    def forget(self, names: Collection[str]) -> None:
        """What the last test of these nodes said is no longer true: they are tested again."""
        for index in self.draft.nodes:
            if self.draft.given("nodes", index, "name") in names:
                self.tried.pop(self.login(index), None)

    def facts(self) -> dict[str, NodeFacts]:
        """The facts of all nodes that were reached, by name."""
        found = {}
        for index in self.draft.nodes:
            result = self.result(index)
            if result and result.facts:
                found[self.draft.given("nodes", index, "name")] = result.facts
        return found
