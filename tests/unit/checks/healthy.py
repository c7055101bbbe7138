"""Three nodes that are as they should be; each test changes one thing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from zkwizard.checks.preflight import judge
from zkwizard.model.cluster import Cluster
from zkwizard.model.facts import (
    CloudInit,
    Disk,
    Feature,
    Interface,
    NodeFacts,
    OsRelease,
    ZeroTier,
    ZeroTierNetwork,
)
from zkwizard.model.finding import Finding, Severity

NETWORK = "8fa62dfe16000001"
MODULES = ("br_netfilter", "overlay", "vxlan", "nf_conntrack", "tun")
SERVER = "https://api.zk.zk.internal:6443"


def answers(**changes: Any) -> Cluster:
    """A control plane and two workers; ``changes`` replace top-level keys of the file."""
    nodes = [
        {
            "name": "master",
            "role": "control-plane",
            "ssh": {"host": "203.0.113.1"},
            "overlay_ip": "10.9.8.118",
        },
        {"name": "node1", "ssh": {"host": "203.0.113.2"}, "overlay_ip": "10.9.8.65"},
        {"name": "node2", "ssh": {"host": "node2.example.org"}, "overlay_ip": "10.9.8.129"},
    ]
    data = {"name": "zk", "overlay": {"cidr": "10.9.8.0/24", "network": NETWORK}, "nodes": nodes}
    return Cluster.model_validate(data | changes)


def machine(number: int, **changes: Any) -> NodeFacts:
    """A fresh Debian 12 on KVM at some provider."""
    base = NodeFacts(
        os=OsRelease("debian", "12", "bookworm", "Debian GNU/Linux 12 (bookworm)", "debian"),
        kernel="6.1.0-18-amd64",
        arch="amd64",
        cpus=2,
        memory_mb=3900,
        hostname=f"vps{number}",
        machine_id=f"{number:032x}",
        product_uuid=f"4c4c4544-{number:04d}",
        virtualization="kvm",
        interfaces=(
            Interface("lo", 65536, "", ("127.0.0.1/8", "::1/128")),
            Interface("eth0", 1500, f"52:54:00:00:00:{number:02x}", (f"203.0.113.{number}/24", "fe80::1/64")),
        ),
        routes=("203.0.113.0/24", "fe80::/64"),
        routed_by={"203.0.113.0/24": "eth0", "fe80::/64": "eth0"},
        default_interface="eth0",
        nameservers=("127.0.0.53", "9.9.9.9"),
        disks=(
            Disk("/", 30000, 40000),
            Disk("/var/lib/etcd", 30000, 40000),
            Disk("/var/lib/containerd", 30000, 40000),
        ),
        fsync_ms=1.2,
        cgroup="cgroup2fs",
        features=dict.fromkeys(MODULES, Feature.LOADABLE),
        sysctls={"net.ipv4.ip_forward": "0"},
        cloud_init=CloudInit(True, False, "false"),
        clock_offset=0.2 * number,
        clock_synchronised=True,
        listening={"tcp/22": "sshd", "udp/68": "dhclient"},
        x86_level=3,
        user="debian",
        home="/home/debian",
    )
    return replace(base, **changes)


def joined(number: int, address: str, **changes: Any) -> NodeFacts:
    """The same machine in the running cluster."""
    base = machine(number)
    member = f"fb76685ee{number:x}"
    zerotier = ZeroTier(
        "1.14.1", member, True, (ZeroTierNetwork(NETWORK, "OK", "ztogyc37qx", 2800, (f"{address}/24",)),)
    )
    pods = f"10.244.{number}."
    return replace(
        base,
        hostname=f"node{number}.zk.internal",
        interfaces=(
            *base.interfaces,
            Interface("ztogyc37qx", 2800, "02:fb:76:7e:a0:c6", (f"{address}/24",)),
            Interface("flannel.1", 2750, "c2:12:dc:de:54:21", (f"{pods}0/32",)),
            Interface("cni0", 2750, "fa:00:bb:de:d6:29", (f"{pods}1/24",)),
        ),
        routes=(*base.routes, "10.9.8.0/24", "10.244.9.0/24", f"{pods}0/24"),
        routed_by={
            **base.routed_by,
            "10.9.8.0/24": "ztogyc37qx",
            "10.244.9.0/24": "flannel.1",
            f"{pods}0/24": "cni0",
        },
        sysctls={"net.ipv4.ip_forward": "1"},
        features=dict.fromkeys(MODULES, Feature.LOADED),
        zerotier=zerotier,
        kubelet_server=SERVER,
        packages={"kubelet": "1.36.2-1.1", "containerd.io": "2.1.9-1"},
        services={"kubelet": "active", "containerd": "active"},
        leftovers=(
            "/etc/kubernetes/kubelet.conf",
            "/etc/cni/net.d/10-flannel.conflist",
            "link cni0",
            "chains iptables 35",
        ),
        listening={
            "tcp/10250": "kubelet",
            "tcp/10248": "kubelet",
            "tcp/10249": "kube-proxy",
            "tcp/10256": "kube-proxy",
            "tcp/8081": "flanneld",
            "udp/8472": "",
            "tcp/9993": "zerotier-one",
            "udp/9993": "zerotier-one",
        },
        **changes,
    )


def fresh() -> dict[str, NodeFacts]:
    return {"master": machine(1), "node1": machine(2), "node2": machine(3)}


def with_master(**changes: Any) -> dict[str, NodeFacts]:
    return fresh() | {"master": machine(1, **changes)}


def with_worker(**changes: Any) -> dict[str, NodeFacts]:
    return fresh() | {"node1": machine(2, **changes)}


def bad(findings: list[Finding]) -> list[tuple[str, str, str]]:
    """Node, severity and id of everything that is not as expected."""
    return [
        (found.node, str(found.severity), found.id) for found in findings if found.severity is not Severity.OK
    ]


def judged(facts: dict[str, NodeFacts], **changes: Any) -> list[tuple[str, str, str]]:
    return bad(judge(answers(**changes), facts))
