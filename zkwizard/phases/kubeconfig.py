"""Phase ``kubeconfig``: how the parts of the control plane, and its administrator, log in to it."""

from __future__ import annotations

from zkwizard.model.context import Context
from zkwizard.model.phase import On, Phase
from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.phases.kubeadm import init_phase

OUTPUTS = tuple(
    f"/etc/kubernetes/{name}.conf"
    for name in ("admin", "super-admin", "kubelet", "controller-manager", "scheduler")
)


def steps(context: Context) -> list[Step]:
    """One command; it needs the certificate authority of the phase before."""
    return [
        init_phase(
            "kubeconfig",
            T("Kubeconfig files"),
            T("admin.conf is for people; super-admin.conf overrules all permissions and stays on this node."),
            phase="kubeconfig all",
            outputs=OUTPUTS,
        )
    ]


PHASE = Phase(
    id="kubeconfig",
    title=T("Kubeconfig files"),
    summary=T("Writes the files with which the control plane's parts and its administrator log in."),
    on=On.FIRST_CONTROL_PLANE,
    steps=steps,
)
