"""Phase ``join``: the other nodes join the cluster, and keep trying.

Facts: a join over a bad line times out at any point; the kubelet may finish its bootstrap after kubeadm gave
up; kubeadm refuses to start over on what an interrupted join left.
"""

from __future__ import annotations

from zkwizard.model.context import Context
from zkwizard.model.phase import On, Phase
from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.phases.config import patches
from zkwizard.phases.documents.join import join_text
from zkwizard.phases.documents.registration import cri_socket
from zkwizard.phases.kubelet_start import running
from zkwizard.steps import vocabulary
from zkwizard.steps.shell import quote

ATTEMPT = 1500
"""Seconds that one attempt may take: kubeadm itself waits ten minutes for the API server, then as long for
the kubelet's certificate."""
RETRIES = 8
DELAY = 15

_LASTING = "preflight checks failed|are pinned$|failed to verify JWS"
"""What kubeadm says of faults that no attempt later will heal: they stop at once."""

_JOINED = """\
[ -e /etc/kubernetes/kubelet.conf ] || exit 1
[ "$(zk_ca_hash)" = {ca} ] && grep -qF {server} /etc/kubernetes/kubelet.conf ||
  zk_conflict 'This node belongs to another cluster (see /etc/kubernetes/kubelet.conf). Reset it first.'
"""
_JOIN = """\
zk_joined() (
{joined})
zk_joined && zk_rc=0 || zk_rc=$?
[ "$zk_rc" -ne 65 ] || exit 65
if [ "$zk_rc" -ne 0 ]; then
  zk_again=
  [ ! -e "$ZK_HOME/done/join-begun" ] || zk_again=yes
  if [ "$zk_again" ] && {{ [ -e /etc/kubernetes/pki/ca.crt ] ||
    [ -e /etc/kubernetes/bootstrap-kubelet.conf ]; }}; then
    echo 'clearing what an interrupted attempt left'
    kubeadm reset -f --cri-socket {socket}
  fi
  umask 077
  zk_folder "$ZK_HOME/done"
  zk_folder "$ZK_SECRETS"
  : >"$ZK_HOME/done/join-begun"
  zk_f=$ZK_SECRETS/join.yaml
  trap 'rm -f "$zk_f"' EXIT
  trap 'exit 143' HUP INT TERM
  zk_content cat >"$zk_f"
  {{ kubeadm join --config "$zk_f" 2>&1 && zk_rc=0 || zk_rc=$?; echo "$zk_rc" >"$ZK_DIR/join.code"; }} |
    tee "$ZK_DIR/join.log"
  if [ "$(cat "$ZK_DIR/join.code")" -ne 0 ]; then
    if grep -qF 'already exists in the cluster' "$ZK_DIR/join.log"; then
      [ ! "$zk_again" ] || {{ echo {remembered}; exit 1; }}
      rm -f "$ZK_HOME/done/join-begun"
      zk_conflict {remedy}
    fi
    ! grep -qE {lasting} "$ZK_DIR/join.log" || zk_conflict 'Another attempt would end in the same way.'
    exit 1
  fi
fi
rm -f /etc/kubernetes/bootstrap-kubelet.conf
"""


def steps(context: Context) -> list[Step]:
    """Patches, the join, the kubelet."""
    cluster = context.cluster
    first = cluster.first_control_plane.name
    ca_hash = context.value(first, "ca-hash", f"made by init on {first}")
    joined = _JOINED.format(ca=quote(ca_hash), server=quote(f"https://{cluster.endpoint}:6443"))
    return [
        *patches(context.node),
        vocabulary.command(
            "join",
            T("Join the cluster"),
            T(
                "It is tried again and again: over a line that is slow by day, a join may only come through "
                "hours later."
            ),
            check=joined,
            apply=_JOIN.format(
                joined=joined,
                socket=quote(cri_socket(cluster)),
                lasting=quote(_LASTING),
                remembered=quote(
                    "The cluster still counts this node's former attempt as Ready; that passes in a minute."
                ),
                remedy=quote(
                    f"The cluster remembers this node from before. On {first}: "
                    f"kubectl delete node {context.node.name}. Then run again."
                ),
            ),
            content=join_text(cluster, context.node, ca_hash),
            undo='rm -f "$ZK_HOME/done/join-begun"',
            receipt='[ -e "$ZK_HOME/done/join-begun" ]',
            limit=ATTEMPT,
            retries=RETRIES,
            delay=DELAY,
        ),
        running(),
    ]


PHASE = Phase(
    id="join",
    title=T("Join the nodes"),
    summary=T("Joins the node to the cluster with a token made for this run, and keeps trying."),
    on=On.OTHERS,
    steps=steps,
    after=("join-token",),
    applies=lambda cluster, node: not node.is_control_plane,
)
