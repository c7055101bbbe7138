"""Phase ``stop``: the kubelet ends, so that nothing comes back while it is taken away."""

from __future__ import annotations

from collections.abc import Sequence

from zkwizard.model.context import Context
from zkwizard.model.phase import Phase
from zkwizard.model.remains import Teardown
from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.phases.teardown.scope import on_each
from zkwizard.steps.vocabulary import command

UNIT = "kubelet.service"


def phase(teardown: Teardown) -> Phase:
    """The first phase on every node; the control plane begins it when all others are finished."""
    return on_each(
        teardown,
        "stop",
        T("Stop the kubelet"),
        T("Stops and disables the kubelet. The container runtime goes on: others may use it too."),
        steps,
        after=("drain",),
        leader_last=True,
    )


def steps(context: Context) -> Sequence[Step]:
    """One unit, where there is one."""
    return [
        command(
            "kubelet-stopped",
            T("The kubelet is stopped and disabled"),
            T("It would start again every pod that ends."),
            check=f'[ -z "$(zk_left_unit {UNIT})" ]',
            apply=(
                f"systemctl disable --now {UNIT} || systemctl stop {UNIT}\n"
                f"systemctl reset-failed {UNIT} 2>/dev/null || :"
            ),
            limit=180,
        )
    ]
