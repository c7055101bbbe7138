"""Rules that look at several values of the cluster file at once.

They work on ``Answers``: every value that is right on its own, whatever else is wrong, so that all faults are
told together. What zkwizard does not build yet is refused here in those words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator
from ipaddress import IPv4Address, IPv4Network

from zkwizard.model import subnets
from zkwizard.model.cluster import Cluster, ControllerKind, Driver, Role, Runtime
from zkwizard.model.faults import Fault, Keys, path_text, shown, value_fault
from zkwizard.model.freeform import freeform
from zkwizard.model.phase import OPERATOR
from zkwizard.model.reading import Answers
from zkwizard.model.text import T, Text

HOSTNAME_LIMIT = 64
"""Bytes that Linux gives a hostname (HOST_NAME_MAX)."""
DNS_LIMIT = 253

Rule = Callable[[Answers], Iterator[Fault]]


def check(answers: Answers) -> list[Fault]:
    """All faults across values."""
    return [fault for rule in RULES for fault in rule(answers)]


def not_built(answers: Answers) -> Iterator[Fault]:
    """What the file can say and zkwizard can't do yet."""
    if answers.get(Runtime, "kubernetes", "runtime") is Runtime.DOCKER:
        allowed = T("containerd; docker is not built yet")
        yield value_fault(("kubernetes", "runtime"), "docker", allowed)
    kind = answers.get(ControllerKind, "overlay", "controller")
    if kind not in (None, ControllerKind.BY_HAND):
        allowed = T("by-hand; a {kind} controller is not built yet", kind=kind)
        yield value_fault(("overlay", "controller"), kind, allowed)


def control_planes(answers: Answers) -> Iterator[Fault]:
    """One control plane: it is what all other nodes join."""
    nodes = answers.each("nodes")
    roles = {index: answers.get(Role, "nodes", index, "role") for index in nodes}
    if ("nodes",) in answers.lengths and not nodes:
        yield Fault(("nodes",), T("an empty list"), T("at least one node, with role control-plane"))
    elif nodes and all(role is Role.WORKER for role in roles.values()):
        yield Fault(("nodes",), T("no control plane"), T("one node with role control-plane"))
    several = [index for index, role in roles.items() if role is Role.CONTROL_PLANE][1:]
    for index in several:
        found = T("another control plane")
        yield Fault(("nodes", index, "role"), found, T("one only; several control planes are not built yet"))


def overlay_network(answers: Answers) -> Iterator[Fault]:
    """The network id belongs to the driver zerotier and to no other."""
    driver = answers.get(Driver, "overlay", "driver")
    network = answers.get(str, "overlay", "network")
    keys = ("overlay", "network")
    if driver is Driver.ZEROTIER and network == "":
        yield Fault(
            keys, T("nothing"), T("the ZeroTier network id, 16 hexadecimal digits, with driver zerotier")
        )
    if driver is Driver.EXISTING and network:
        yield value_fault(keys, network, T("nothing with driver existing: that network is left as it is"))


def overlay_addresses(answers: Answers) -> Iterator[Fault]:
    """Every node has an address of its own inside the overlay."""
    cidr = answers.get(IPv4Network, "overlay", "cidr")
    for index in answers.each("nodes"):
        keys = ("nodes", index, "overlay_ip")
        address = answers.get(IPv4Address, *keys)
        if cidr is None or address is None:
            continue
        if address not in cidr:
            yield value_fault(keys, address, T("an address inside {cidr} (overlay.cidr)", cidr=cidr))
        elif cidr.prefixlen < 31 and address in (cidr.network_address, cidr.broadcast_address):
            allowed = T("an address between the first and the last of {cidr} (overlay.cidr)", cidr=cidr)
            yield value_fault(keys, address, allowed)


def unique(answers: Answers) -> Iterator[Fault]:
    """Names, overlay addresses and machines, each once."""
    nodes = answers.each("nodes")
    named: dict[Keys, Hashable] = {("nodes", i, "name"): answers.get(str, "nodes", i, "name") for i in nodes}
    placed: dict[Keys, Hashable] = {
        ("nodes", i, "overlay_ip"): answers.get(IPv4Address, "nodes", i, "overlay_ip") for i in nodes
    }
    reached: dict[Keys, Hashable] = {("nodes", i, "ssh", "host"): _machine(answers, i) for i in nodes}
    yield from _twice(named, T("a name that no other node has"))
    yield from _twice(placed, T("an address that no other node has"))
    yield from _twice(reached, T("another machine, or another port of it: each node once"))
    for index in nodes:
        yield from _taints_twice(answers, index)


def _machine(answers: Answers, index: int) -> tuple[str, int, str] | None:
    """What tells one machine from another: behind different bastions one address can be two machines."""
    host = answers.get(str, "nodes", index, "ssh", "host")
    port = answers.get(int, "nodes", index, "ssh", "port")
    jump = answers.get(str, "nodes", index, "ssh", "jump")
    return None if host is None or port is None or jump is None else (host.lower(), port, jump)


def _taints_twice(answers: Answers, index: int) -> Iterator[Fault]:
    """Kubernetes refuses two taints with the same key and effect."""
    taints = ("nodes", index, "taints")
    pairs: dict[Keys, Hashable] = {}
    for i in answers.each(*taints):
        key, effect = (answers.get(str, *taints, i, name) for name in ("key", "effect"))
        if key is not None and effect is not None:
            pairs[(*taints, i, "key")] = (key, effect)
    yield from _twice(pairs, T("each key once per effect"))


def _twice(values: dict[Keys, Hashable], allowed: Text) -> Iterator[Fault]:
    """A fault for every value that was there before."""
    first: dict[Hashable, Keys] = {}
    for keys, value in values.items():
        if value is None:
            continue
        if value in first:
            text = ":".join(str(part) for part in value if part) if isinstance(value, tuple) else str(value)
            found = T("{value}, as {first} has it", value=shown(text), first=path_text(first[value]))
            yield Fault(keys, found, allowed)
        first.setdefault(value, keys)


def names(answers: Answers) -> Iterator[Fault]:
    """Names that would be taken for something else, or be too long together with the domain."""
    domain = answers.get(str, "domain")
    if domain is not None and f".{domain}".endswith((".cluster.local", ".localhost")):
        yield value_fault(
            ("domain",), domain, T("a domain that Kubernetes or the system does not use itself")
        )
    for index in answers.each("nodes"):
        keys = ("nodes", index, "name")
        name = answers.get(str, *keys)
        if name is None:
            continue
        if name in ("localhost", OPERATOR):
            yield value_fault(keys, name, T("a name that means nothing else here"))
        if re.fullmatch(r"[0-9]+|0x[0-9a-f]+", name):
            yield value_fault(keys, name, T("a name that can't be read as an address: with a letter"))
        if domain is not None and len(f"{name}.{domain}") > HOSTNAME_LIMIT:
            found = T(
                "{name}.{domain}, {count} characters",
                name=name,
                domain=shown(domain),
                count=len(name + domain) + 1,
            )
            yield Fault(
                keys, found, T("at most {limit} together: Linux allows no more", limit=HOSTNAME_LIMIT)
            )


def endpoint(answers: Answers) -> Iterator[Fault]:
    """The name of the API server is made of two answers and has to be a name."""
    name, domain = answers.get(str, "name"), answers.get(str, "domain")
    if name is not None and domain is not None and len(f"api.{name}.{domain}") > DNS_LIMIT:
        found = T("api.{name}.{domain}", name=shown(name), domain=shown(domain))
        yield Fault(("domain",), found, T("a name of at most {limit} characters", limit=DNS_LIMIT))


def proxies(answers: Answers) -> Iterator[Fault]:
    """A node can't use a proxy that is not there."""
    if ("proxy",) in answers.given:
        return
    for index in answers.each("nodes"):
        if answers.get(bool, "nodes", index, "proxy"):
            allowed = T("false, or a section proxy with its url at the top of the file")
            yield value_fault(("nodes", index, "proxy"), "true", allowed)


RULES: tuple[Rule, ...] = (
    not_built,
    control_planes,
    overlay_network,
    subnets.special,
    subnets.sizes,
    subnets.overlaps,
    overlay_addresses,
    unique,
    names,
    endpoint,
    proxies,
    freeform,
)


def notices(cluster: Cluster) -> list[Text]:
    """What is allowed and still worth a line before anything happens."""
    return [*_unprotected(cluster), *_exposed(cluster), *_idle(cluster)]


def _unprotected(cluster: Cluster) -> Iterator[Text]:
    packages = cluster.mirrors.packages
    for name in type(packages).model_fields:
        mirror = getattr(packages, name)
        if mirror is not None and mirror.url.startswith("http://"):
            yield T("mirrors.packages.{name}: plain http; the signing key protects the packages", name=name)
        if mirror is not None and mirror.key.startswith("http://"):
            yield T(
                "mirrors.packages.{name}.key: a key over plain http can be replaced on the way", name=name
            )
    for host, url in cluster.mirrors.images.registries.items():
        if url.startswith("http://"):
            yield T(
                "mirrors.images.registries.{host}: images over plain http can be replaced on the way",
                host=host,
            )


def _exposed(cluster: Cluster) -> Iterator[Text]:
    if cluster.kubernetes.etcd_listen == "all":
        yield T("kubernetes.etcd_listen: etcd listens on public addresses too; close 2379 and 2380 there")
    if not cluster.overlay.cidr.is_private:
        yield T(
            "overlay.cidr: {cidr} belongs to others in the Internet, who become unreachable",
            cidr=cluster.overlay.cidr,
        )


def _idle(cluster: Cluster) -> Iterator[Text]:
    if cluster.proxy and not any(node.proxy for node in cluster.nodes):
        yield T("proxy: no node uses it; nodes that shall say proxy: true")
    for node in cluster.nodes:
        if _inside(node.ssh.host, cluster.overlay.cidr):
            yield T(
                "{node}: ssh.host lies in the overlay, so work on the overlay can cut the login",
                node=node.name,
            )


def _inside(host: str, cidr: IPv4Network) -> bool:
    try:
        return IPv4Address(host) in cidr
    except ValueError:
        return False
