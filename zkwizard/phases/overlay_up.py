"""Waiting until the overlay really carries packets.

ZeroTier says OK seconds before its peers answer, and from its cache even while it is offline; so the state
counts only together with the address on an interface and a peer that answers a ping.
"""

from __future__ import annotations

from collections.abc import Sequence

from zkwizard.model.context import Context
from zkwizard.model.phase import On, Phase
from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.phases.addresses import uses_zerotier
from zkwizard.phases.proxy import package_proxy, wants_proxy
from zkwizard.phases.tools import tools
from zkwizard.steps.shell import quote, words
from zkwizard.steps.vocabulary import capture, watch

_PERSON = 3600
"""Seconds: somebody may have to authorise the members first."""
_EXISTING = 180
"""Seconds for an overlay that is said to be there already."""


def steps(context: Context) -> Sequence[Step]:
    """Driver ``existing`` has no joining phase, so what all later phases need is installed here."""
    cluster, node = context.cluster, context.node
    existing = not uses_zerotier(cluster)
    others = [peer for peer in context.present if peer != node]
    found = [_address(context)]
    if existing:
        found += package_proxy(context) if wants_proxy(cluster, node) else []
        found.append(tools(context))
    if others:
        found.append(_peers(context))
    found.append(_measured(str(node.overlay_ip)))
    return found


def _address(context: Context) -> Step:
    address = str(context.node.overlay_ip)
    if uses_zerotier(context.cluster):
        matter = f"zk_zt_matter {words(context.cluster.overlay.network, address)}"
    else:
        absent = f"no interface has {address}: is the overlay up, and is this its address there?"
        matter = f"zk_device {quote(address)} >/dev/null || echo {quote(absent)}"
    return watch(
        "address",
        T("The overlay gives this node {address}", address=address),
        T("The whole cluster is built on this address, so nothing else will do."),
        matter=matter,
        limit=_PERSON if uses_zerotier(context.cluster) else _EXISTING,
    )


def _peers(context: Context) -> Step:
    addresses = [str(other.overlay_ip) for other in context.present if other != context.node]
    silent = "no other node answers in the overlay yet: are they up, and does UDP 9993 get through?"
    if not uses_zerotier(context.cluster):
        silent = "no other node answers in the overlay yet: are they up, does a firewall drop ping?"
    return watch(
        "peers",
        T("Another node answers through the overlay"),
        T("An address alone proves nothing: ZeroTier shows it before packets get through."),
        matter=f'[ -n "$(zk_answer {words(*addresses)})" ] || echo {quote(silent)}',
        limit=_PERSON if uses_zerotier(context.cluster) else _EXISTING,
    )


def _measured(address: str) -> Step:
    device = f"zk_device {quote(address)}"
    return capture(
        "interface",
        T("The overlay's interface and its MTU"),
        T("flannel must use this interface and leave room for its own header."),
        values={
            "overlay-device": device,
            "overlay-mtu": (
                f"ip -o link show dev \"$({device})\" | sed -n 's/.* mtu \\([0-9]*\\) .*/\\1/p' | grep ."
            ),
        },
    )


PHASE = Phase(
    id="overlay-up",
    title=T("Wait for the overlay"),
    summary=T("Waits until every node has its overlay address and reaches another node."),
    on=On.ALL,
    steps=steps,
    after=("overlay-authorise",),
)
