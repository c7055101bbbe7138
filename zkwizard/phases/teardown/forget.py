"""Phase ``forget``: the cluster that stays forgets the nodes that left, so that they may join again.

A kubelet that still runs would register its node anew, so this comes when it has stopped.
"""

from __future__ import annotations

from collections.abc import Sequence

from zkwizard.model.context import Context
from zkwizard.model.phase import Phase
from zkwizard.model.remains import Teardown
from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.phases.teardown.scope import UNLESS_GONE, at_the_cluster, leaving
from zkwizard.steps.shell import quote
from zkwizard.steps.vocabulary import command

ID = "forget"


def phase(teardown: Teardown) -> Phase:
    """On the control plane that stays."""

    def steps(context: Context) -> Sequence[Step]:
        return [_forget(node.name) for node in leaving(context.cluster, teardown)]

    return at_the_cluster(
        teardown,
        ID,
        T("The cluster forgets the nodes"),
        T("Deletes the node objects of the nodes that left."),
        steps,
        after=("unjoin",),
    )


def _forget(node: str) -> Step:
    name = quote(node)
    silent = (
        f"the cluster still lists {node}: its API server does not answer. When it does, run the same reset "
        f"again, or on the control plane: kubectl delete node {node}"
    )
    return command(
        f"forget-{node}",
        T("{node} is no longer a node of the cluster", node=node),
        T("With its object still there it could not join again."),
        check=(
            f"{UNLESS_GONE}zk_kubectl get --raw /livez >/dev/null 2>&1\n"
            f'[ -z "$(zk_kubectl get node {name} --ignore-not-found -o name)" ]'
        ),
        apply=(
            f"zk_kubectl get --raw /livez >/dev/null 2>&1 || {{ echo {quote(silent)}; exit 1; }}\n"
            f"zk_kubectl delete node {name} --ignore-not-found"
        ),
    )
