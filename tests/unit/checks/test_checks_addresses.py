"""Checks of addresses and identities, both ways: ranges that are taken, ways out, what clones share."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.checks.healthy import NETWORK, fresh, judged, machine, with_master, with_worker
from zkwizard.model.facts import Interface, ZeroTier, ZeroTierNetwork


def without_ipv4(number: int) -> tuple[Interface, ...]:
    lo, eth0 = machine(number).interfaces
    return (lo, replace(eth0, addresses=("2001:db8::7/64", "fe80::1/64", "169.254.7.7/16")))


def test_ipv6_alone_does_not_reach_every_registry() -> None:
    facts = with_worker(interfaces=without_ipv4(2))
    assert judged(facts) == [("node1", "warn", "ipv4-way-out")]
    mirror = {"images": {"registries": {"ghcr.io": "https://ghcr.example"}}}
    assert judged(facts, mirrors=mirror) == []
    overlay = Interface("ztogyc37qx", 2800, "", ("10.9.8.65/24",))
    pods = Interface("cni0", 2750, "", ("10.244.1.1/24",))
    facts = with_worker(interfaces=(*without_ipv4(2), overlay, pods))
    assert ("node1", "warn", "ipv4-way-out") in judged(facts)


def test_a_proxy_is_a_way_out_of_ipv6() -> None:
    nodes = [
        {"name": "master", "role": "control-plane", "ssh": {"host": "m.example"}, "overlay_ip": "10.9.8.118"},
        {"name": "node1", "ssh": {"host": "n.example"}, "overlay_ip": "10.9.8.65", "proxy": True},
    ]
    facts = {"master": machine(1), "node1": replace(machine(2), interfaces=without_ipv4(2))}
    assert judged(facts, nodes=nodes, proxy={"url": "http://proxy.example:3128"}) == []


@pytest.mark.parametrize(
    ("field", "severity", "ident"),
    [
        ("machine_id", "stop", "machine-id"),
        ("product_uuid", "warn", "product-uuid"),
        ("hostname", "warn", "hostname"),
    ],
)
def test_what_clones_share(field: str, severity: str, ident: str) -> None:
    facts = with_worker(**{field: getattr(machine(1), field)})
    assert judged(facts) == [("master", severity, ident), ("node1", severity, ident)]
    nothing: dict[str, Any] = {field: ""}
    empty = {name: replace(known, **nothing) for name, known in fresh().items()}
    assert judged(empty) == []


def test_shared_mac_and_zerotier_identity() -> None:
    zerotier = ZeroTier("1.14.1", "fb76685eeb", True, ())
    facts = {name: replace(known, zerotier=zerotier) for name, known in fresh().items()}
    assert {ident for _, _, ident in judged(facts)} == {"zerotier-identity"}
    facts = with_worker(interfaces=machine(1).interfaces)
    assert {ident for _, _, ident in judged(facts)} == {"mac"}


def link(*addresses: str, name: str = "eth1", number: int = 1) -> dict[str, Any]:
    return {"interfaces": (*machine(number).interfaces, Interface(name, 1500, "", addresses))}


@pytest.mark.parametrize(
    ("changes", "severity", "ident"),
    [
        (link("10.244.7.1/24"), "stop", "range:kubernetes.pod_subnet"),
        (link("10.97.0.5/16"), "stop", "range:kubernetes.service_subnet"),
        (link("10.9.8.3/24"), "stop", "range:overlay.cidr"),
        (
            {"routes": ("10.244.7.0/24",), "routed_by": {"10.244.7.0/24": "eth0"}},
            "stop",
            "range:kubernetes.pod_subnet",
        ),
        ({"routes": ("10.240.0.0/12",)}, "warn", "range:kubernetes.pod_subnet"),
    ],
)
def test_ranges_that_are_taken(changes: dict[str, Any], severity: str, ident: str) -> None:
    assert judged(with_master(**changes)) == [("master", severity, ident)]


def test_ranges_of_the_cluster_itself_are_not_taken() -> None:
    assert judged(with_master(**link("10.244.0.1/24", name="cni0"))) == []
    assert judged(with_master(routes=("0.0.0.0/0", "fd00::/8"))) == []


def test_overlay_address_elsewhere() -> None:
    found = judged(with_master(**link("10.9.8.118/32")))
    assert ("master", "stop", "overlay-address") in found
    on_wrong_node = judged(with_worker(**link("10.9.8.118/24", name="ztogyc37qx", number=2)))
    assert on_wrong_node == [("node1", "stop", "overlay-address-owner")]


def test_another_zerotier_network_is_not_the_overlay() -> None:
    other = ZeroTierNetwork("1111111111111111", "OK", "ztother", 2800, ("10.9.8.118/24",))
    changes = link("10.9.8.118/24", name="ztother") | {
        "zerotier": ZeroTier("1.14.1", "fb76685eeb", True, (other,))
    }
    assert judged(with_master(**changes)) == [
        ("master", "stop", "range:overlay.cidr"),
        ("master", "stop", "overlay-address"),
    ]


def test_an_existing_overlay_has_to_be_there() -> None:
    overlay = {"driver": "existing", "cidr": "10.9.8.0/24"}
    assert judged(fresh(), overlay=overlay) == [
        (name, "stop", "overlay-address") for name in ("master", "node1", "node2")
    ]
    addresses = {"master": "10.9.8.118/24", "node1": "10.9.8.65/24", "node2": "10.9.8.129/24"}
    facts = {
        name: replace(known, interfaces=(*known.interfaces, Interface("wg0", 1420, "", (addresses[name],))))
        for name, known in fresh().items()
    }
    assert judged(facts, overlay=overlay) == []


def test_zerotier_with_another_address() -> None:
    network = ZeroTierNetwork(NETWORK, "OK", "ztogyc37qx", 2800, ("10.9.8.7/24",))
    found = judged(with_master(zerotier=ZeroTier("1.14.1", "fb76685eeb", True, (network,))))
    assert found == [("master", "warn", "zerotier")]
