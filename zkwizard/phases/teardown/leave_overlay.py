"""Phase ``leave-overlay``: the node leaves the ZeroTier network, if asked for. The last change of all.

From then on the node is reached by its public address alone; so a node whose only SSH connections come
through the overlay refuses.
"""

from __future__ import annotations

from collections.abc import Sequence

from zkwizard.model.cluster import Cluster, Node
from zkwizard.model.context import Context
from zkwizard.model.phase import Phase
from zkwizard.model.remains import Teardown
from zkwizard.model.step import Stays, Step
from zkwizard.model.text import T
from zkwizard.phases.addresses import uses_zerotier
from zkwizard.phases.teardown.put_back import undone
from zkwizard.phases.teardown.scope import on_each
from zkwizard.steps.shell import quote
from zkwizard.steps.vocabulary import command

_ONLY_WAY = (
    "Every SSH connection to this node comes through the overlay. Give ssh.host a public address first."
)


def phase(teardown: Teardown) -> Phase:
    """On the nodes where it was asked for."""

    def wanted(cluster: Cluster, node: Node) -> bool:
        return teardown.leave_overlay and uses_zerotier(cluster)

    def steps(context: Context) -> Sequence[Step]:
        return [_other_way(context), *(step for step in undone(context, stays=True) if _goes(step, teardown))]

    return on_each(
        teardown,
        "leave-overlay",
        T("Leave the overlay"),
        T("Leaves the ZeroTier network that zkwizard joined."),
        steps,
        applies=wanted,
    )


def _goes(step: Step, teardown: Teardown) -> bool:
    return Stays.OVERLAY in step.stays and (teardown.packages or Stays.PACKAGES not in step.stays)


def _other_way(context: Context) -> Step:
    """Local addresses of the connections to sshd: at least one must not be the overlay's."""
    own = quote(str(context.node.overlay_ip))
    return command(
        "other-way",
        T("The node is reached without the overlay"),
        T("Otherwise leaving it would cut the only way to the machine."),
        check=(
            f"zk_ways=$(ss -Htn state established '( sport = :{context.node.ssh.port} )' 2>/dev/null |\n"
            '  awk \'{ sub(/:[0-9]*$/, "", $3); gsub(/[][]|::ffff:/, "", $3); print $3 }\')\n'
            f'[ -z "$zk_ways" ] || printf "%s\\n" "$zk_ways" | grep -qvxF {own} ||\n'
            f"  zk_conflict {quote(_ONLY_WAY)}"
        ),
        apply="exit 1",
    )
