"""Rules about the three networks of a cluster: overlay, pods and services."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network

from zkwizard.model.faults import Fault, Keys, path_text, value_fault
from zkwizard.model.reading import Answers
from zkwizard.model.text import T, Text

OVERLAY: Keys = ("overlay", "cidr")
PODS: Keys = ("kubernetes", "pod_subnet")
SERVICES: Keys = ("kubernetes", "service_subnet")
ALL = (OVERLAY, PODS, SERVICES)

NODE_PREFIX = 24
"""What every node takes of the pod subnet (the controller manager's --node-cidr-mask-size)."""
POD_PREFIXES = range(8, NODE_PREFIX + 1)
"""kubeadm allows at most 16 bits between the pod subnet and a node's share of it."""
SERVICE_PREFIXES = range(12, 29)
"""The API server takes at most 20 bits of service addresses, and kubeadm asks for ten of them."""
OVERLAY_PREFIXES = range(8, 31)

_SPECIAL = tuple(IPv4Network(text) for text in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"))
_POOLS = tuple(
    IPv4Network(text)
    for text in (
        "10.42.0.0/16",
        "10.43.0.0/16",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
    )
)


def special(answers: Answers) -> Iterator[Fault]:
    """Networks that no host may have."""
    for keys in ALL:
        network = answers.get(IPv4Network, *keys)
        clash = network and next((one for one in _SPECIAL if one.overlaps(network)), None)
        if clash:
            yield value_fault(
                keys, network, T("a network outside {special}, which is reserved", special=clash)
            )


def sizes(answers: Answers) -> Iterator[Fault]:
    """Networks with room enough, and no more than Kubernetes can handle."""
    for keys, prefixes in ((OVERLAY, OVERLAY_PREFIXES), (SERVICES, SERVICE_PREFIXES), (PODS, POD_PREFIXES)):
        network = answers.get(IPv4Network, *keys)
        if network and network.prefixlen not in prefixes:
            allowed = T("a prefix length from {low} to {high}", low=prefixes[0], high=prefixes[-1])
            yield value_fault(keys, network, allowed)
    pods, nodes = answers.get(IPv4Network, *PODS), len(answers.each("nodes"))
    if pods and pods.prefixlen in POD_PREFIXES and 2 ** (NODE_PREFIX - pods.prefixlen) < nodes:
        allowed = T("room for {count} nodes of /{prefix} each", count=nodes, prefix=NODE_PREFIX)
        yield value_fault(PODS, pods, allowed)


def overlaps(answers: Answers) -> Iterator[Fault]:
    """No two of the three may overlap; a free network is proposed for the one to change.

    ZeroTier's own easy pools hold 10.244.*.*, which is the pod subnet that everybody uses.
    """
    taken: dict[Keys, IPv4Network] = {}
    offered: list[IPv4Network] = []
    for keys in ALL:
        network = answers.get(IPv4Network, *keys)
        if network is None:
            continue
        clash = next((other for other, one in taken.items() if one.overlaps(network)), None)
        if clash:
            others = [one for key in ALL if key != keys and (one := answers.get(IPv4Network, *key))]
            free = propose(network.prefixlen, [*others, *offered, *_hosts(answers)])
            offered.extend([free] if free else [])
            yield Fault(keys, _overlap(answers, keys, clash), _proposal(free))
        taken[keys] = network


def _overlap(answers: Answers, keys: Keys, other: Keys) -> Text:
    network, value = (answers.get(IPv4Network, *way) for way in (keys, other))
    words = {"network": network, "other": path_text(other), "value": value}
    if keys in answers.given:
        return T("{network}, which overlaps {other} ({value})", **words)
    return T("{network} (the default), which overlaps {other} ({value})", **words)


def _proposal(free: IPv4Network | None) -> Text:
    if free is None:
        return T("a network that overlaps no other")
    return T("a network that overlaps no other; {free} is free", free=free)


def _hosts(answers: Answers) -> Iterator[IPv4Network]:
    """Addresses by which nodes are reached: pods and services must not hide them."""
    for index in answers.each("nodes"):
        host = answers.get(str, "nodes", index, "ssh", "host")
        try:
            yield IPv4Network(IPv4Address(host or ""))
        except ValueError:
            continue


def propose(prefix: int, taken: Iterable[IPv4Network]) -> IPv4Network | None:
    """A private network of that prefix length that overlaps none of ``taken``, or None."""
    busy = list(taken)
    for pool in _POOLS:
        if pool.prefixlen > prefix:
            continue
        step = 2 ** (32 - prefix)
        start, last = int(pool.network_address), int(pool.broadcast_address)
        while start <= last:
            candidate = IPv4Network((start, prefix))
            clash = next((one for one in busy if one.overlaps(candidate)), None)
            if clash is None:
                return candidate
            after = int(clash.broadcast_address) + 1
            start = max(start + step, -(-after // step) * step)
    return None
