"""Nodes and pods as far as they are known, while one looks at them: every node is asked by itself, so that
one that is slow or out of reach keeps no other waiting.
"""

from __future__ import annotations

from zkwizard.engine.inside.asking import Asked
from zkwizard.engine.inside.inspection import NodesReport, nodes_report, questions_about
from zkwizard.inspect import pods as kube
from zkwizard.inspect.question import Answers, Question
from zkwizard.inspect.trouble import Kind, Trouble
from zkwizard.model.cluster import Cluster
from zkwizard.model.errors import ConnectionFailed
from zkwizard.model.text import T

_NOT_YET = Trouble(Kind.NO_ANSWER, T("The API server was not asked yet."))


class LiveLook:
    """Takes the answers as they come; what it gives is always whole, and says what is missing."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._leader = cluster.first_control_plane.name
        self._answers: dict[str, Answers] = {}
        self._failures: dict[str, ConnectionFailed] = {}
        self.at: dict[str, float] = {}
        """By node, when its last answer came, in seconds since the epoch."""

    def questions(self, node: str) -> list[Question[object]]:
        """What the node is asked."""
        own = questions_about(self._cluster, node)
        return [*own, kube.question()] if node == self._leader else own

    def take(self, node: str, result: Answers | ConnectionFailed, at: float) -> None:
        """An answer, or why there is none: what the node said before counts no more then."""
        if isinstance(result, ConnectionFailed):
            self._answers.pop(node, None)
            self._failures[node] = result
        else:
            self._failures.pop(node, None)
            self._answers[node] = result
            self.at[node] = at

    @property
    def nodes(self) -> NodesReport:
        """All nodes."""
        report = nodes_report(self._cluster, Asked(self._answers, self._failures))
        asked = self._leader in self._answers or self._leader in self._failures
        return report if asked else NodesReport(report.nodes, _NOT_YET, report.unreachable)

    @property
    def pods(self) -> kube.Pods | ConnectionFailed | None:
        """The pods, or why there are none to be seen; None before the API server was asked."""
        if self._leader in self._failures:
            return self._failures[self._leader]
        answers = self._answers.get(self._leader)
        return answers.get(kube.question()) if answers else None

    def seen_pod(self, name: str) -> kube.Pod | None:
        """A pod by ``namespace/name``, as it was last seen."""
        found = self.pods
        if isinstance(found, tuple):
            return next((pod for pod in found if f"{pod.namespace}/{pod.name}" == name), None)
        return None


def may_try_again(failure: ConnectionFailed) -> bool:
    """Whether the line was the trouble: a login that is refused, or a key that is not trusted, stays so.

    Some machines lock an account after several attempts in vain.
    """
    return isinstance(failure.__cause__, OSError)
