"""The measured overlay: whether a cluster can live on these links, and which MTU pods should get."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from zkwizard.checks.rule import Rule
from zkwizard.model.cluster import Cluster
from zkwizard.model.facts import LinkPath, Measurement
from zkwizard.model.finding import Finding
from zkwizard.model.text import T

LOSS_STOP = 10.0
"""Percent. OpenShift's assisted-service allows workers 10 % and control planes none."""
RTT_WARN, RTT_STOP = 300.0, 1000.0
"""ms to or from a control plane; assisted-service: 100 among control planes, 1000 to workers."""
ETCD_RTT_WARN = 100.0
"""ms between control planes: etcd's default heartbeat."""
MDEV_WARN = 100.0
"""ms; a jitter that lets leases and probes miss their time."""
VXLAN_OVERHEAD = 50
POD_MTU_WARN, POD_MTU_STOP = 1280, 576
"""Bytes left for pods: IPv6's minimum, and IPv4's, below which ordinary programs fail."""
SAFE_MTU = 1390
"""Outer MTU whose packets ZeroTier sends as one UDP datagram of at most 1432 bytes; pods get 1340."""


def judge_links(cluster: Cluster, measurements: Iterable[Measurement]) -> list[Finding]:
    """Findings per direction, named by the sending node."""
    return [
        finding
        for measurement in measurements
        for judged in (_loss, _latency, _path, _mtu)
        for finding in judged(cluster, measurement)
    ]


def propose_mtu(measurements: Sequence[Measurement]) -> int | None:
    """flannel's Backend.MTU for all nodes: None (the interface's) where full packets came through.

    Otherwise what every link carries, but at most SAFE_MTU: larger packets leave as two UDP datagrams, and
    links that drop one drop both. All nodes need the same value (zerotier/ZeroTierOne#975, #593).
    """
    known = [item for item in measurements if item.received and item.path_mtu > 0]
    if not known:
        return None
    largest = max(item.path_mtu for item in known)
    if all(item.path_mtu >= (item.interface_mtu or largest) for item in known):
        return None
    return min(SAFE_MTU, *(item.path_mtu for item in known))


def _loss(cluster: Cluster, link: Measurement) -> Iterator[Finding]:
    rule = Rule(
        f"link-loss:{link.source}:{link.target}",
        T("Lost packets from {source} to {target}.", source=link.source, target=link.target),
        T("None; 10 % are the limit."),
    )
    seen = T("{lost} of {sent} lost.", lost=max(0, link.sent - link.received), sent=link.sent)
    if link.sent <= 0 or link.received <= 0:
        fix = T(
            "No answer: see that both are in the overlay (zerotier-cli listnetworks says OK), and"
            " that the firewalls"
            " of both and of their providers let UDP 9993 in."
        )
        yield rule.stop(link.source, seen, fix)
    elif link.loss >= LOSS_STOP:
        fix = T(
            "Let UDP 9993 in at both providers so that the path is direct, or use another provider or region."
        )
        yield rule.stop(link.source, seen, fix)
    elif link.loss > 0:
        fix = T("Run the phase `links` again; if it stays, expect pods to be slow over this link.")
        yield rule.warn(link.source, seen, fix)
    else:
        yield rule.ok(link.source, seen)


def _latency(cluster: Cluster, link: Measurement) -> Iterator[Finding]:
    """Only what involves a control plane counts: between workers it is the pods' own affair."""
    control_planes = sum(
        node.is_control_plane for node in cluster.nodes if node.name in (link.source, link.target)
    )
    if not control_planes or link.received <= 0:
        return
    warn = ETCD_RTT_WARN if control_planes == 2 else RTT_WARN
    rule = Rule(
        f"link-rtt:{link.source}:{link.target}",
        T("The round trip time from {source} to {target}.", source=link.source, target=link.target),
        T("Less than {warn} ms on average; {stop} ms are the limit.", warn=round(warn), stop=round(RTT_STOP)),
    )
    seen = T("{avg} ms, varying by {mdev} ms.", avg=f"{link.rtt_avg:.1f}", mdev=f"{link.rtt_mdev:.1f}")
    if link.rtt_avg > RTT_STOP:
        yield rule.stop(
            link.source, seen, T("Leave this node out, or move it or the control plane to a nearer region.")
        )
    elif link.rtt_avg > warn and control_planes == 2:
        fix = T(
            "Put all control planes into one region. Or set kubernetes.etcd.extraArgs: heartbeat-interval to"
            " {beat} and election-timeout to {election}.",
            beat=min(5000, round(link.rtt_max) or 100),
            election=min(50000, 10 * round(link.rtt_max) or 1000),
        )
        yield rule.warn(link.source, seen, fix)
    elif link.rtt_avg > warn or link.rtt_mdev > MDEV_WARN:
        fix = T(
            "It works, slowly: see that the path is direct, and keep what talks to the API server near to it."
        )
        yield rule.warn(link.source, seen, fix)
    else:
        yield rule.ok(link.source, seen)


def _path(cluster: Cluster, link: Measurement) -> Iterator[Finding]:
    rule = Rule(
        f"link-path:{link.source}:{link.target}",
        T("How packets go from {source} to {target}.", source=link.source, target=link.target),
        T("Directly, not through a relay."),
    )
    if link.path is LinkPath.RELAYED:
        fix = T(
            "Let UDP 9993 in at the firewalls of {source} and {target} and of their providers;"
            " behind a symmetric"
            " NAT give one of them a public address.",
            source=link.source,
            target=link.target,
        )
        yield rule.warn(link.source, T("Relayed: slow, and throttled by whoever relays."), fix)
    else:
        yield rule.ok(link.source, T("{path}", path=link.path.value))


def _mtu(cluster: Cluster, link: Measurement) -> Iterator[Finding]:
    if link.path_mtu <= 0 or link.received <= 0:
        return
    pods = link.path_mtu - VXLAN_OVERHEAD
    rule = Rule(
        f"link-mtu:{link.source}:{link.target}",
        T("The largest packet from {source} to {target}.", source=link.source, target=link.target),
        T(
            "At least {least} bytes, so that pods have {pods}.",
            least=POD_MTU_WARN + VXLAN_OVERHEAD,
            pods=POD_MTU_WARN,
        ),
    )
    seen = T("{mtu} bytes, {pods} for pods.", mtu=link.path_mtu, pods=pods)
    if pods < POD_MTU_STOP:
        yield rule.stop(
            link.source, seen, T("Raise the MTU of the overlay's network at its controller, to 2800 say.")
        )
    elif pods < POD_MTU_WARN:
        fix = T(
            "flannel gets this MTU on all nodes; IPv6 and some VPNs in pods will not work. Look for"
            " a tunnel below."
        )
        yield rule.warn(link.source, seen, fix)
    elif link.interface_mtu and link.path_mtu < link.interface_mtu:
        fix = T("Larger ones are dropped on the way: flannel gets a smaller MTU, the same on all nodes.")
        yield rule.ok(link.source, seen, fix)
    else:
        yield rule.ok(link.source, seen)
