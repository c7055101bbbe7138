"""Phase ``etcd``: the static pod of the cluster's database.

Its listen addresses come from kubeadm.yaml. In 2020 the manifest was edited afterwards and then applied with
kubectl; that only made a second object, as the kubelet runs whatever lies in the folder by itself.
"""

from __future__ import annotations

from zkwizard.model.context import Context
from zkwizard.model.phase import On, Phase
from zkwizard.model.step import Step
from zkwizard.model.text import T, Text
from zkwizard.phases.kubeadm import MANIFESTS, init_phase


def steps(context: Context) -> list[Step]:
    """One command."""
    return [
        init_phase(
            "etcd",
            T("The manifest of etcd"),
            _why(context.cluster.kubernetes.etcd_listen == "all"),
            phase="etcd local",
            outputs=(f"{MANIFESTS}/etcd.yaml",),
        )
    ]


def _why(everywhere: bool) -> Text:
    if everywhere:
        return T(
            "As asked, it listens on 0.0.0.0, so on the public side too: close 2379 and 2380 there. "
            "The kubelet starts it from this file; it is not applied with kubectl."
        )
    return T(
        "It listens on the overlay and on loopback only. "
        "The kubelet starts it from this file; it is not applied with kubectl."
    )


PHASE = Phase(
    id="etcd",
    title=T("etcd"),
    summary=T("Writes the manifest from which the kubelet starts the cluster's database."),
    on=On.FIRST_CONTROL_PLANE,
    steps=steps,
)
