"""Phase ``kubelet-start``: the kubelet gets its configuration and starts the static pods."""

from __future__ import annotations

from zkwizard.model.context import Context
from zkwizard.model.phase import On, Phase
from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.phases.kubeadm import init_phase
from zkwizard.steps import vocabulary

OUTPUTS = ("/var/lib/kubelet/config.yaml", "/var/lib/kubelet/kubeadm-flags.env")


def steps(context: Context) -> list[Step]:
    """Write and start; then make sure that it runs, as it may have been stopped since."""
    return [
        init_phase(
            "kubelet-start",
            T("The kubelet's configuration"),
            T("With node-ip, so that it registers the overlay's address and not that of the default route."),
            phase="kubelet-start",
            outputs=OUTPUTS,
        ),
        running(),
    ]


def running() -> Step:
    """The kubelet runs, now and after a reboot."""
    return vocabulary.service(
        "kubelet-running",
        T("The kubelet runs"),
        T("It starts the pods of this node, and tells the control plane that the node is alive."),
        unit="kubelet.service",
    )


PHASE = Phase(
    id="kubelet-start",
    title=T("The kubelet of the control plane"),
    summary=T("Writes the kubelet's configuration and starts it."),
    on=On.FIRST_CONTROL_PLANE,
    steps=steps,
)
