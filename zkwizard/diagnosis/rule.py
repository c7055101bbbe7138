"""What a rule is made of: what it looks at, what it calls a cause, and what then is to be done."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from zkwizard.checks.rule import NodeCheck
from zkwizard.diagnosis.evidence import Evidence
from zkwizard.model.cluster import Cluster, Node
from zkwizard.model.finding import Finding, Severity
from zkwizard.model.text import T, Text, Words

FACTS = "facts"
"""The name under which a node's facts count as a part of the evidence."""


@dataclass(frozen=True)
class Scene:
    """All the evidence there is; a node that could not be reached has none."""

    cluster: Cluster
    evidence: Mapping[str, Evidence]

    def known(self) -> Iterator[tuple[Node, Evidence]]:
        """The nodes with evidence, in the order of the cluster file."""
        for node in self.cluster.nodes:
            if node.name in self.evidence:
                yield node, self.evidence[node.name]


@dataclass(frozen=True)
class Sighting:
    """A rule's evidence on a node. ``about`` are other nodes that it may come from."""

    node: str
    line: Words
    """As it was seen."""
    args: Mapping[str, object] = field(default_factory=dict)
    """What fills the rule's texts; quoted in commands."""
    about: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sight:
    """One way to see a cause, and the parts of the evidence that it needs."""

    parts: tuple[str, ...]
    look: Callable[[Scene], Iterable[Sighting]]


@dataclass(frozen=True)
class Rule:
    """One cause. ``commands`` run on the node; after ``@master`` on the first control plane, after ``@here``
    where zkwizard runs.

    Texts may use ``{node}``, ``{hostname}``, ``{overlay}``, ``{master}``, ``{cluster}``, ``{file}``, and what
    the sight's pattern names.
    ``explains`` are ids of rules that see its consequences, on the same node or about it. ``repair`` are
    phases; ``kubelet`` among them is the one that starts the kubelet on that kind of node.
    """

    id: str
    sights: tuple[Sight, ...]
    what: Text
    why: Text
    remedy: Text
    commands: tuple[str, ...] = ()
    repair: tuple[str, ...] = ()
    explains: tuple[str, ...] = ()
    risk: bool = False

    @property
    def evidence(self) -> tuple[str, ...]:
        """The parts that it needs."""
        return tuple(dict.fromkeys(part for sight in self.sights for part in sight.parts))


NodeLook = Callable[[Cluster, Node, Evidence], Iterable[Words | Sighting]]


def seen(*parts: str) -> Callable[[NodeLook], Sight]:
    """Make a sight of a function that looks at one node and gives lines, or sightings with arguments."""

    def make(look: NodeLook) -> Sight:
        def everywhere(scene: Scene) -> Iterator[Sighting]:
            for node, evidence in scene.known():
                for item in look(scene.cluster, node, evidence):
                    yield item if isinstance(item, Sighting) else Sighting(node.name, item)

        return Sight(parts, everywhere)

    return make


def said(pattern: str, *parts: str, when: Callable[[Evidence], bool] = lambda evidence: True) -> Sight:
    """The last line of any of these parts that matches; its named groups become arguments."""
    expression = re.compile(pattern)

    def look(cluster: Cluster, node: Node, evidence: Evidence) -> Iterator[Sighting]:
        if not when(evidence):
            return
        for part in parts:
            for line in reversed(evidence.part(part)):
                if match := expression.search(line):
                    args = {name: value for name, value in match.groupdict().items() if value is not None}
                    yield Sighting(node.name, line, args)
                    break

    return seen(*parts)(look)


def judged(check: NodeCheck, *, member: bool | None = None) -> Sight:
    """What a check of ``checks`` says stop to; its own fix is the argument ``fix``.

    ``member`` limits it to nodes that are, or are not, in a cluster.
    """

    def look(cluster: Cluster, node: Node, evidence: Evidence) -> Iterator[Sighting]:
        if member is not None and member is not bool(evidence.facts.kubelet_server):
            return
        for finding in check(cluster, node, evidence.facts):
            if finding.severity is Severity.STOP:
                yield found_by(finding, node.name)

    return seen(FACTS)(look)


def found_by(finding: Finding, node: str) -> Sighting:
    """A check's judgement as evidence."""
    line = T("{checked} {seen}", checked=finding.checked, seen=finding.seen)
    return Sighting(node, line, {"fix": finding.fix})
