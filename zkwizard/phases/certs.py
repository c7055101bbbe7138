"""Phase ``certs``: the cluster's certificate authorities and certificates."""

from __future__ import annotations

from zkwizard.model.context import Context
from zkwizard.model.phase import On, Phase
from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.phases.kubeadm import PKI, init_phase, split

_PAIRS = (
    "ca",
    "apiserver",
    "apiserver-kubelet-client",
    "front-proxy-ca",
    "front-proxy-client",
    "etcd/ca",
    "etcd/server",
    "etcd/peer",
    "etcd/healthcheck-client",
    "apiserver-etcd-client",
)
OUTPUTS = (
    *(f"{PKI}/{name}.{end}" for name in _PAIRS for end in ("crt", "key")),
    f"{PKI}/sa.key",
    f"{PKI}/sa.pub",
)


def steps(context: Context) -> list[Step]:
    """One command. New certificates make everything that was built on former ones undone."""
    phases = split(context.cluster)
    later = (*phases[phases.index("certs") + 1 :], "init")
    return [
        init_phase(
            "certs",
            T("Certificates"),
            T("Every part of the control plane proves itself with one; they name the overlay's addresses."),
            phase="certs all",
            outputs=OUTPUTS,
            before=f"zk_done_forget {' '.join(later)}",
        )
    ]


PHASE = Phase(
    id="certs",
    title=T("Certificates"),
    summary=T("Makes the cluster's certificate authorities and certificates."),
    on=On.FIRST_CONTROL_PLANE,
    steps=steps,
)
