"""Phase ``files``: what Kubernetes and its networks keep on disk.

Never the folder /etc/cni/net.d itself: containerd ends when it goes ("cni conf dir is removed", seen on a
real cluster). A configuration of another network in it stays, and is told.
"""

from __future__ import annotations

from collections.abc import Sequence

from zkwizard.model.context import Context
from zkwizard.model.phase import Phase
from zkwizard.model.remains import Teardown
from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.phases.teardown.scope import on_each
from zkwizard.steps.vocabulary import command

PATHS = (
    "/etc/kubernetes",
    "/etc/flannel",
    "/etc/calico",
    "/etc/cilium",
    "/run/flannel",
    "/run/calico",
    "/run/kubernetes",
    "/usr/libexec/kubernetes",
    "/var/lib/kubelet",
    "/var/lib/etcd",
    "/var/lib/calico",
    "/var/lib/dockershim",
    "/var/lib/cri-dockerd",
    "/var/lib/kube-proxy",
    "/var/lib/kube-router",
    "/var/log/pods",
    "/var/log/containers",
    "/var/log/calico",
)
"""What reset commands of the field remove, without CNI, which may have other users."""
LISTED = " ".join(PATHS)


def phase(teardown: Teardown) -> Phase:
    """On every node."""
    return on_each(
        teardown,
        "files",
        T("Files of the cluster"),
        T("Deletes Kubernetes' and the pod network's folders; other networks' CNI configurations stay."),
        steps,
    )


def steps(context: Context) -> Sequence[Step]:
    """Never past a mount."""
    return [
        command(
            "folders",
            T("The cluster's folders are gone"),
            T("Certificates, manifests, etcd's data, logs: of use to this cluster alone."),
            check=f'[ -z "$(zk_left_files {LISTED})" ]',
            apply=f'[ -z "$(zk_left_mounts)" ]\nzk_remove $(zk_left_files {LISTED})',
            limit=600,
        ),
        command(
            "cni",
            T("flannel's configuration, plugin and address records are gone"),
            T("The folder that containerd watches stays, and so does what another network put there."),
            check='[ -z "$(zk_left_cni)" ]',
            apply='zk_foreign_cni | sed "s/^/stays: /"\nzk_remove $(zk_left_cni)',
        ),
    ]
