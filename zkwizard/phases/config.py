"""Phase ``config``: the answers as kubeadm's configuration, validated by kubeadm itself."""

from __future__ import annotations

from zkwizard.model.cluster import Node
from zkwizard.model.context import Context
from zkwizard.model.phase import On, Phase
from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.phases.documents.init import init_text
from zkwizard.phases.documents.registration import PATCHES, kubelet_patch
from zkwizard.phases.kubeadm import CONFIG, FOLDER, exact_version
from zkwizard.steps import vocabulary


def steps(context: Context) -> list[Step]:
    """Folder, patches, the file, its validation."""
    return [
        vocabulary.directory(
            "kubeadm-folder",
            T("A folder for kubeadm's configuration, for root alone"),
            T("What the cluster was built with stays beside it."),
            path=FOLDER,
            mode="700",
        ),
        *patches(context.node),
        vocabulary.file(
            "kubeadm-yaml",
            T("kubeadm's configuration"),
            T("Only the input of later phases: a cluster that is built already is not changed by it."),
            path=CONFIG,
            content=init_text(context.cluster, exact_version(context)),
            mode="600",
        ),
        vocabulary.command(
            "kubeadm-yaml-valid",
            T("kubeadm accepts the configuration"),
            T("Unknown fields and impossible values are found before anything is built on them."),
            check=f"kubeadm config validate --config {CONFIG} >/dev/null 2>&1",
            apply=f"kubeadm config validate --config {CONFIG}",
        ),
    ]


def patches(node: Node) -> list[Step]:
    """The folder of patches, which must exist, and this node's own patch for its kubelet."""
    path = f"{PATCHES}/kubeletconfiguration+strategic.yaml"
    content = kubelet_patch(node)
    folder = vocabulary.directory(
        "patches-folder",
        T("A folder for this node's patches"),
        T("kubeadm's configuration is one for all nodes; what differs on one is patched there."),
        path=PATCHES,
    )
    title = T("The kubelet's settings for swap on this node")
    if content:
        why = T("By default the kubelet refuses to start with swap; here it starts, and pods do not use it.")
        return [folder, vocabulary.file("kubelet-patch", title, why, path=path, content=content)]
    why = T("Swap is off here, so that the kubelet keeps its default and refuses to start with swap.")
    return [folder, vocabulary.absent("kubelet-patch", title, why, path=path)]


PHASE = Phase(
    id="config",
    title=T("kubeadm's configuration"),
    summary=T("Writes kubeadm.yaml from the answers and lets kubeadm validate it."),
    on=On.FIRST_CONTROL_PLANE,
    steps=steps,
)
