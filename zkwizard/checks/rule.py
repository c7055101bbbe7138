"""What every check is made of: a rule that says what is checked and expected, and makes findings of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from zkwizard.model.cluster import Cluster, Node
from zkwizard.model.facts import NodeFacts
from zkwizard.model.finding import Finding, Severity
from zkwizard.model.text import T, Text

Facts = Mapping[str, NodeFacts]
"""Facts by node name; a node that was not reached is absent."""
Check = Callable[[Cluster, Facts], Iterable[Finding]]
NodeCheck = Callable[[Cluster, Node, NodeFacts], Iterable[Finding]]

NOTHING = T("Nothing to do.")


@dataclass(frozen=True)
class Rule:
    """One thing that is checked. ``kubeadm`` is the name of kubeadm's own check for it."""

    id: str
    checked: Text
    expected: Text
    kubeadm: str = ""

    def ok(self, node: str, seen: Text, fix: Text = NOTHING) -> Finding:
        """As expected; ``fix`` may say what zkwizard itself will do."""
        return self._finding(Severity.OK, node, seen, fix)

    def warn(self, node: str, seen: Text, fix: Text) -> Finding:
        """Not as expected, but the cluster can be built."""
        return self._finding(Severity.WARN, node, seen, fix)

    def stop(self, node: str, seen: Text, fix: Text) -> Finding:
        """Going on would fail or do harm."""
        return self._finding(Severity.STOP, node, seen, fix)

    def ignorable(self, cluster: Cluster, node: str, seen: Text, fix: Text) -> Finding:
        """A stop, unless the answers ignore kubeadm's check of that name."""
        ignored = is_ignored(cluster, self.kubeadm)
        return self._finding(Severity.WARN if ignored else Severity.STOP, node, seen, fix)

    def _finding(self, severity: Severity, node: str, seen: Text, fix: Text) -> Finding:
        return Finding(self.id, severity, node, self.checked, seen, self.expected, fix, self.kubeadm)


def is_ignored(cluster: Cluster, kubeadm: str) -> bool:
    """Whether ``kubernetes.ignore_preflight`` names the check; kubeadm takes any case, and ``all``."""
    names = {name.lower() for name in cluster.kubernetes.ignore_preflight}
    return bool(kubeadm) and (kubeadm.lower() in names or "all" in names)


def each_node(check: NodeCheck) -> Check:
    """The check of one node for every node whose facts are known, in the order of the cluster file."""

    def judged(cluster: Cluster, facts: Facts) -> Iterator[Finding]:
        for node in cluster.nodes:
            if node.name in facts:
                yield from check(cluster, node, facts[node.name])

    return judged
