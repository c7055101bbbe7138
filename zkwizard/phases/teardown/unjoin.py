"""Phase ``unjoin``: kubeadm takes back what it made, as far as it can.

On a control plane it also takes this node's member out of etcd. It says itself that it leaves network
configuration, packet filter rules and kubeconfig files; and whatever it can't do here the next phases do
without it, so that its failure stops nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from zkwizard.model.context import Context
from zkwizard.model.phase import Phase
from zkwizard.model.remains import Teardown
from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.phases.documents.registration import cri_socket
from zkwizard.phases.teardown.scope import on_each
from zkwizard.steps.shell import quote
from zkwizard.steps.vocabulary import command

SECONDS = 240
"""With an API server that does not answer it waits for it several times."""

_MADE = (
    "zk_left_files /etc/kubernetes/*.conf /etc/kubernetes/manifests/*.yaml /etc/kubernetes/pki/* "
    "/var/lib/kubelet/config.yaml /var/lib/etcd/*"
)


def phase(teardown: Teardown) -> Phase:
    """On every node."""
    return on_each(
        teardown,
        "unjoin",
        T("kubeadm reset"),
        T("Lets kubeadm take back what it made: certificates, manifests, the kubelet's and etcd's data."),
        steps,
    )


def steps(context: Context) -> Sequence[Step]:
    """One command."""
    return [
        command(
            "kubeadm-reset",
            T("kubeadm has taken back what it made"),
            T("It knows its own files best. What it leaves, the next phases take away."),
            check=f'[ -z "$({_MADE})" ] || ! command -v kubeadm >/dev/null',
            apply=(
                f"timeout -k 10 {SECONDS} "
                f"kubeadm reset -f --cri-socket {quote(cri_socket(context.cluster))} ||\n"
                '  zk_tell "kubeadm reset ended with $?; the next phases remove what it left"'
            ),
            verify=":",
            limit=SECONDS + 60,
        )
    ]
