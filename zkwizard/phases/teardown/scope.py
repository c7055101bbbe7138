"""On which nodes the phases of a reset run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from zkwizard.model.cluster import Cluster, Node
from zkwizard.model.context import Context
from zkwizard.model.phase import On, Phase, Work
from zkwizard.model.remains import Teardown
from zkwizard.model.step import Step
from zkwizard.model.text import Text

UNLESS_GONE = """\
[ -e /etc/kubernetes/admin.conf ] || [ -e /etc/kubernetes/manifests/kube-apiserver.yaml ] || exit 0
"""
"""Begins a check on the control plane that stays: where it was taken back, no cluster lists anything."""


def on_each(
    teardown: Teardown,
    id: str,
    title: Text,
    summary: Text,
    steps: Callable[[Context], Sequence[Step]],
    *,
    applies: Callable[[Cluster, Node], bool] = lambda cluster, node: True,
    after: tuple[str, ...] = (),
    leader_last: bool = False,
    work: Work = Work.PROGRAM,
) -> Phase:
    """A phase on every node that is taken back. What follows goes on when it fails: the proof tells."""
    return Phase(
        id=id,
        title=title,
        summary=summary,
        on=On.ALL,
        steps=steps,
        after=after,
        tolerated=True,
        leader_last=leader_last,
        work=work,
        applies=lambda cluster, node: node.name in teardown.nodes and applies(cluster, node),
    )


def at_the_cluster(
    teardown: Teardown,
    id: str,
    title: Text,
    summary: Text,
    steps: Callable[[Context], Sequence[Step]],
    *,
    after: tuple[str, ...] = (),
) -> Phase:
    """A phase on the control plane that stays, for the nodes that go; none when it goes too."""
    return Phase(
        id=id,
        title=title,
        summary=summary,
        on=On.FIRST_CONTROL_PLANE,
        steps=steps,
        after=after,
        tolerated=True,
        applies=lambda cluster, node: node.name not in teardown.nodes,
    )


def leaving(cluster: Cluster, teardown: Teardown) -> tuple[Node, ...]:
    """The nodes that are taken back, in the order of the file."""
    return tuple(node for node in cluster.nodes if node.name in teardown.nodes)
