"""Phase ``join-token``: a bootstrap token of this run's own, short-lived, that admits the other nodes.

The token is a secret that zkwizard makes. It reaches the node in a root-only file and never a command line;
the document's fixed token of 2020 lets in anybody who read it.
"""

from __future__ import annotations

from zkwizard.model.context import Context
from zkwizard.model.phase import On, Phase
from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.phases.documents.join import TOKEN_HOURS, token_text
from zkwizard.phases.kubeadm import ADMIN, exact_version
from zkwizard.steps import vocabulary
from zkwizard.steps.shell import words

_CREATE = """\
umask 077
zk_folder "$ZK_SECRETS"
zk_f=$ZK_SECRETS/token.yaml
trap 'rm -f "$zk_f"' EXIT
trap 'exit 143' HUP INT TERM
zk_content cat >"$zk_f"
if ! KUBECONFIG={admin} kubeadm token create --config "$zk_f" >/dev/null 2>"$ZK_DIR/token.log"; then
  cat "$ZK_DIR/token.log"
  grep -q 'already exists' "$ZK_DIR/token.log"
fi
"""


def steps(context: Context) -> list[Step]:
    """One command, needed only while a node of the cluster file is not Ready in the cluster.

    A node that was reset keeps its object there, NotReady, and kubeadm lets it join again.
    """
    nodes = context.cluster.nodes
    known = f"zk_kubectl get nodes --no-headers {words(*(node.name for node in nodes))} 2>/dev/null"
    return [
        vocabulary.command(
            "join-token",
            T("A token for the nodes that join"),
            T("Made for this run; it expires after {hours} hours and is not stored.", hours=TOKEN_HOURS),
            check=f"[ \"$({known} | awk '$2 ~ /^Ready/' | wc -l)\" -eq {len(nodes)} ]",
            apply=_CREATE.format(admin=ADMIN),
            verify=":",
            content=token_text(context.cluster, exact_version(context)),
            limit=300,
            retries=5,
        )
    ]


PHASE = Phase(
    id="join-token",
    title=T("Token for the joins"),
    summary=T("Makes a short-lived token with which the other nodes may join."),
    on=On.FIRST_CONTROL_PLANE,
    steps=steps,
    after=("network",),
    each_time=True,
)
