"""Phase ``drain``: the pods of a node that leaves move to others, as long as somebody can tell them to.

Only where the cluster lives on. A cluster whose API does not answer must not keep a node from leaving.
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

SECONDS = 120
"""For moving the pods of one node; a disruption budget can keep one for ever."""

_DRAIN = """\
if ! zk_kubectl get --raw /livez >/dev/null 2>&1; then
  zk_tell 'the API server does not answer; the pods of {node} end without being moved'
  exit 0
fi
zk_kubectl cordon {node}
timeout -k 5 {limit} kubectl --kubeconfig /etc/kubernetes/admin.conf drain {node} --ignore-daemonsets \\
  --delete-emptydir-data --force --timeout={seconds}s ||
  zk_tell 'not all pods of {node} could be moved in time; they end with it'
"""


def phase(teardown: Teardown) -> Phase:
    """On the control plane that stays."""

    def steps(context: Context) -> Sequence[Step]:
        return [_drain(node.name) for node in leaving(context.cluster, teardown)]

    return at_the_cluster(
        teardown,
        "drain",
        T("Move the pods away"),
        T("Drains the nodes that leave, where a cluster stays."),
        steps,
    )


def _drain(node: str) -> Step:
    return command(
        f"drain-{node}",
        T("Pods of {node} move to other nodes", node=node),
        T("What they serve goes on elsewhere. If the API server is dead, this is left out."),
        check=(
            f"{UNLESS_GONE}zk_kubectl get --raw /livez >/dev/null 2>&1\n"
            f'[ -z "$(zk_kubectl get node {quote(node)} --ignore-not-found -o name)" ]'
        ),
        apply=_DRAIN.format(node=quote(node), seconds=SECONDS, limit=SECONDS + 30),
        verify=":",
        limit=SECONDS + 120,
    )
