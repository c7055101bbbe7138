"""Phase ``pod-links``: the links of the pod network and routes into it. ZeroTier's are never touched."""

from __future__ import annotations

from collections.abc import Sequence

from zkwizard.model.context import Context
from zkwizard.model.phase import Phase
from zkwizard.model.remains import Teardown
from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.phases.teardown.scope import on_each
from zkwizard.steps.shell import quote
from zkwizard.steps.vocabulary import command


def phase(teardown: Teardown) -> Phase:
    """On every node."""
    return on_each(
        teardown,
        "pod-links",
        T("Links of the pod network"),
        T("Deletes cni0 with what hangs on it, flannel's links, and routes into the pod network."),
        steps,
    )


def steps(context: Context) -> Sequence[Step]:
    """Addresses, forwarding entries and most routes go with their links."""
    pods = quote(str(context.cluster.kubernetes.pod_subnet))
    return [
        command(
            "virtual-services",
            T("Services of kube-proxy in IPVS are gone"),
            T("Those alone whose address kube-proxy put on its own link; others stay."),
            check="[ ! -e /sys/class/net/kube-ipvs0 ]",
            apply="zk_virtual_services_out",
            verify=":",
        ),
        command(
            "links",
            T("cni0 and flannel's links are gone"),
            T("With the old bridge there, pods of the next cluster would keep addresses of the old one."),
            check='[ -z "$(zk_left_links)" ]',
            apply="zk_links_out",
        ),
        command(
            "routes",
            T("No route leads into the pod network any more"),
            T("Those of flannel's host-gw and of Calico are not bound to a link that goes."),
            check=f'[ -z "$(zk_left_routes {pods})" ]',
            apply=(
                f"zk_left_routes {pods} | while read -r zk_route; do\n"
                "  ip -4 route delete $zk_route || :\ndone"
            ),
        ),
    ]
