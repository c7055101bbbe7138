"""Phase ``control-plane``: static pods of the API server, the controller manager and the scheduler."""

from __future__ import annotations

from zkwizard.model.context import Context
from zkwizard.model.phase import On, Phase
from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.phases.kubeadm import MANIFESTS, init_phase

OUTPUTS = tuple(f"{MANIFESTS}/kube-{name}.yaml" for name in ("apiserver", "controller-manager", "scheduler"))


def steps(context: Context) -> list[Step]:
    """One command, without proxy variables: kubeadm would copy them into the manifests."""
    return [
        init_phase(
            "control-plane",
            T("Manifests of the control plane"),
            T("The kubelet starts the API server, controller manager and scheduler from these files."),
            phase="control-plane all",
            outputs=OUTPUTS,
        )
    ]


PHASE = Phase(
    id="control-plane",
    title=T("Control plane"),
    summary=T("Writes the manifests of the API server, the controller manager and the scheduler."),
    on=On.FIRST_CONTROL_PLANE,
    steps=steps,
)
