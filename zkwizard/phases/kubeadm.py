"""kubeadm on the first control plane, one phase at a time: what these phases share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zkwizard.model import versions
from zkwizard.model.cluster import Cluster
from zkwizard.model.context import Context
from zkwizard.model.step import Step
from zkwizard.model.text import Text
from zkwizard.steps import vocabulary
from zkwizard.steps.shell import quote

FOLDER = "/etc/kubernetes/zkwizard"
CONFIG = f"{FOLDER}/kubeadm.yaml"
ADMIN = "/etc/kubernetes/admin.conf"
PKI = "/etc/kubernetes/pki"
MANIFESTS = "/etc/kubernetes/manifests"

_SINCE_1_35 = ("preflight", "certs", "kubeconfig", "etcd", "control-plane", "kubelet-start")
SPLIT: Mapping[str, tuple[str, ...]] = {minor.name: _SINCE_1_35 for minor in versions.MINORS}
"""Phases of kubeadm init that zkwizard runs one by one, in the order of each minor."""


def split(cluster: Cluster) -> tuple[str, ...]:
    """The phases that are run one by one, and that the rest of init therefore skips."""
    return SPLIT[cluster.kubernetes.minor]


def exact_version(context: Context) -> str:
    """The version to install, without the v: as asked for, or as the first control plane found it."""
    first = context.cluster.first_control_plane.name
    return context.cluster.kubernetes.exact or context.value(first, "kubernetes-version", "read by packages")


def init_phase(
    id: str,
    title: Text,
    why: Text,
    *,
    phase: str,
    outputs: Sequence[str],
    before: str = "",
) -> Step:
    """One phase of kubeadm init (``certs all``), done when its ``outputs`` are there and match."""
    command = f"kubeadm init phase {phase} --config {quote(CONFIG)}"
    return vocabulary.once(
        id,
        title,
        why,
        name=id,
        config=CONFIG,
        outputs=outputs,
        apply=f"{before}\n{command}" if before else command,
        limit=300,
    )
