"""Phase ``preflight``: kubeadm's own checks of the first control plane; ignored ones are in kubeadm.yaml."""

from __future__ import annotations

from zkwizard.model.context import Context
from zkwizard.model.phase import On, Phase
from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.phases.kubeadm import CONFIG, PKI
from zkwizard.steps import vocabulary


def steps(context: Context) -> list[Step]:
    """One command. On a node whose control plane has begun it would stumble over its own ports and files."""
    return [
        vocabulary.command(
            "preflight",
            T("kubeadm's preflight checks"),
            T("It stops on what would fail later; checks that the answers ignore are shown as warnings."),
            check=(
                f'if [ -e "$ZK_HOME/done/certs" ] && [ -e {PKI}/ca.crt ]; then exit 0; fi\n'
                f'[ -e "$ZK_HOME/done/preflight/finished" ] && zk_done_same preflight {CONFIG}'
            ),
            apply=(
                f"zk_done_begin preflight {CONFIG}\n"
                f"kubeadm init phase preflight --config {CONFIG}\n"
                "zk_done_mark preflight"
            ),
            undo="zk_done_forget preflight",
            receipt='[ -e "$ZK_HOME/done/preflight" ]',
            limit=1800,
        )
    ]


PHASE = Phase(
    id="preflight",
    title=T("kubeadm's preflight"),
    summary=T("Lets kubeadm check the machine before the control plane is built."),
    on=On.FIRST_CONTROL_PLANE,
    steps=steps,
)
