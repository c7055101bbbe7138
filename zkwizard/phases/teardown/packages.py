"""Phase ``remove-packages``: the packages that zkwizard installed, if they shall go too.

Tools of the distribution (curl, iptables, …) stay: others may have come to need them.
"""

from __future__ import annotations

from collections.abc import Sequence

from zkwizard.model.cluster import Cluster, Node
from zkwizard.model.context import Context
from zkwizard.model.phase import Phase
from zkwizard.model.remains import Teardown
from zkwizard.model.step import Stays, Step
from zkwizard.model.text import T
from zkwizard.phases.teardown.put_back import undone
from zkwizard.phases.teardown.scope import on_each
from zkwizard.steps.vocabulary import command

NAMES = (
    "kubelet",
    "kubeadm",
    "kubectl",
    "cri-tools",
    "kubernetes-cni",
    "containerd.io",
    "zerotier-one",
)
"""Packages that zkwizard installs for the cluster alone."""

DATA = "/var/lib/containerd /run/containerd /etc/containerd /opt/containerd"
CNI = "/opt/cni /etc/cni"
"""Others may use them too, and then have their configuration there."""


def phase(teardown: Teardown) -> Phase:
    """On the nodes where it was asked for."""

    def wanted(cluster: Cluster, node: Node) -> bool:
        return teardown.packages

    return on_each(
        teardown,
        "remove-packages",
        T("Remove packages"),
        T("Removes the packages that zkwizard installed, and the images and data of its runtime."),
        steps,
        applies=wanted,
    )


def steps(context: Context) -> Sequence[Step]:
    """containerd's data only where zkwizard brought containerd, which is noted before the package is gone."""
    return [
        command(
            "runtime-noted",
            T("Whose the runtime's data are"),
            T("Where containerd was before zkwizard, its images stay."),
            check='zk_has_note runtime data || [ "$(zk_noted package containerd.io || :)" != absent ]',
            apply="zk_note runtime data ours",
        ),
        *(step for step in undone(context, stays=True) if Stays.OVERLAY not in step.stays),
        command(
            "runtime-data",
            T("Images and data of the runtime are gone"),
            T("Nothing reads them without it."),
            check="! zk_has_note runtime data",
            apply=(
                f"zk_remove $(zk_left_files {DATA})\n"
                f"zk_foreign_cni | grep -q . || zk_remove $(zk_left_files {CNI})\n"
                "zk_forget runtime data"
            ),
            verify=":",
        ),
    ]
