"""The one-address audit: silent on a cluster that agrees, and a finding for everything that does not."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest

from zkwizard.checks.one_address import expected_names, judge
from zkwizard.inspect.addresses import NodeAddresses
from zkwizard.inspect.nodes import KubeNode
from zkwizard.model.cluster import Cluster, Node, Overlay, Role, Ssh
from zkwizard.model.finding import Finding, Severity

MASTER, WORKER = "10.9.8.118", "10.9.8.65"
CLUSTER = Cluster(
    name="home",
    overlay=Overlay(network="8fa62dfe16000001", cidr=IPv4Network("10.9.8.0/24")),
    nodes=(
        Node(name="master", role=Role.CONTROL_PLANE, ssh=Ssh(host="h1"), overlay_ip=IPv4Address(MASTER)),
        Node(name="node1", ssh=Ssh(host="h2"), overlay_ip=IPv4Address(WORKER)),
    ),
)
NAMES = {name: (address,) for name, address in expected_names(CLUSTER).items()}
SERVER = "https://api.home.zk.internal:6443"
ETCD = {
    "advertise-client-urls": f"https://{MASTER}:2379",
    "initial-advertise-peer-urls": f"https://{MASTER}:2380",
    "listen-client-urls": f"https://127.0.0.1:2379,https://{MASTER}:2379",
    "listen-peer-urls": f"https://{MASTER}:2380",
    "initial-cluster": f"master=https://{MASTER}:2380",
}
GOOD = {
    "master": NodeAddresses(
        addresses=frozenset(["127.0.0.1", MASTER, "203.0.113.4"]),
        node_ip=MASTER,
        arguments={
            ("kube-apiserver", "advertise-address"): MASTER,
            **{("etcd", name): value for name, value in ETCD.items()},
        },
        names=NAMES,
        servers={"admin.conf": SERVER, "scheduler.conf": f"https://{MASTER}:6443"},
        sans={
            "apiserver": frozenset([MASTER, "api.home.zk.internal", "master", "kubernetes"]),
            "etcd/server": frozenset([MASTER, "localhost"]),
            "etcd/peer": frozenset([MASTER]),
        },
        complete=True,
    ),
    "node1": NodeAddresses(
        addresses=frozenset([WORKER]),
        node_ip=WORKER,
        names={**NAMES, "node1": ("127.0.1.1",)},
        servers={"kubelet.conf": SERVER},
        proxies={"containerd": "localhost,10.9.8.0/24,10.244.0.0/16,10.96.0.0/12,.zk.internal"},
        complete=True,
    ),
}


def kube(name: str, address: str, flannel: str) -> KubeNode:
    return KubeNode(name, True, (), (), address, "v1.36.2", "", "", "", "", flannel_ip=flannel)


KNOWN = {"master": kube("master", MASTER, MASTER), "node1": kube("node1", WORKER, WORKER)}


def wrong(seen: dict[str, NodeAddresses], known: dict[str, KubeNode] | None = None) -> list[Finding]:
    found = judge(CLUSTER, seen, KNOWN if known is None else known)
    return [finding for finding in found if finding.severity is not Severity.OK]


def test_a_cluster_that_agrees() -> None:
    findings = list(judge(CLUSTER, GOOD, KNOWN))
    assert [finding for finding in findings if finding.severity is not Severity.OK] == []
    assert {finding.id for finding in findings} == {
        "overlay-address", "node-ip", "hosts", "endpoint", "advertise-address", "etcd-urls",
        "certificate-names", "pod-proxy", "internal-ip", "flannel-address", "no-proxy",
    }  # fmt: skip


def master(**changes: Any) -> dict[str, NodeAddresses]:
    return {**GOOD, "master": replace(GOOD["master"], **changes)}


def worker(**changes: Any) -> dict[str, NodeAddresses]:
    return {**GOOD, "node1": replace(GOOD["node1"], **changes)}


def arguments(pod: str, name: str, value: str) -> dict[tuple[str, str], str]:
    return {**GOOD["master"].arguments, (pod, name): value}


@pytest.mark.parametrize(
    ("seen", "id_", "node", "told"),
    [
        (worker(addresses=frozenset(["203.0.113.7"])), "overlay-address", "node1", "Only 203.0.113.7."),
        (worker(node_ip="203.0.113.7"), "node-ip", "node1", "203.0.113.7"),
        (worker(node_ip=""), "node-ip", "node1", "none"),
        (worker(servers={"kubelet.conf": "https://203.0.113.4:6443"}), "endpoint", "node1", "203.0.113.4"),
        (worker(servers={"kubelet.conf": "https://localhost:8080"}), "endpoint", "node1", "localhost"),
        (worker(names={**NAMES, "master": ("203.0.113.4",)}), "hosts", "node1", "master is 203.0.113.4"),
        (worker(names={**NAMES, "master": ("127.0.1.1",)}), "hosts", "node1", "master is 127.0.1.1"),
        (worker(names={}), "hosts", "node1", "api.home.zk.internal is unknown"),
        (worker(names={**NAMES, "node1": ("203.0.113.7", WORKER)}), "hosts", "node1", "node1 is 203.0.113.7"),
        (worker(proxies={"containerd": "localhost"}), "no-proxy", "node1", "10.9.8.118"),
        (
            worker(proxies={"kubelet": "10.0.0.0/8"}),
            "no-proxy",
            "node1",
            "kubelet lacks api.home.zk.internal",
        ),
        (
            worker(proxies={"containerd": "10.9.8.0/24,api.home.zk.internal,10.96.0.0/12"}),
            "no-proxy",
            "node1",
            "containerd lacks 10.244.0.0/16",
        ),
        (
            master(arguments=arguments("kube-apiserver", "advertise-address", "203.0.113.4")),
            "advertise-address",
            "master",
            "203.0.113.4",
        ),
        (
            master(arguments=arguments("etcd", "advertise-client-urls", "https://203.0.113.4:2379")),
            "etcd-urls",
            "master",
            "advertise-client-urls is https://203.0.113.4:2379",
        ),
        (
            master(arguments=arguments("etcd", "initial-cluster", "other=https://203.0.113.4:2380")),
            "etcd-urls",
            "master",
            "initial-cluster has nothing for master",
        ),
        (
            master(sans={**GOOD["master"].sans, "etcd/peer": frozenset(["localhost"])}),
            "certificate-names",
            "master",
            "etcd/peer lacks 10.9.8.118",
        ),
        (master(proxied_pods=("kube-apiserver",)), "pod-proxy", "master", "kube-apiserver has a proxy"),
    ],
)
def test_each_disagreement_is_one_finding(
    seen: dict[str, NodeAddresses], id_: str, node: str, told: str
) -> None:
    (finding,) = wrong(seen)
    assert (finding.id, finding.node, finding.severity) == (id_, node, Severity.STOP)
    assert told in str(finding.seen) and str(finding.fix)


def test_the_api_servers_view() -> None:
    known = {**KNOWN, "node1": kube("node1", "203.0.113.7", "203.0.113.7")}
    assert [finding.id for finding in wrong(GOOD, known)] == ["internal-ip", "flannel-address"]
    assert wrong(GOOD, {}) == []


@pytest.mark.parametrize(
    "value", ["*", "10.9.8.0/24,10.0.0.0/8,api.home.zk.internal", "10.0.0.0/8,.internal"]
)
def test_settings_that_go_around_the_proxy(value: str) -> None:
    assert wrong(worker(proxies={"containerd": value})) == []


def test_etcd_may_listen_everywhere() -> None:
    listens = {("etcd", name): "https://0.0.0.0:2379" for name in ("listen-client-urls", "listen-peer-urls")}
    assert wrong(master(arguments={**GOOD["master"].arguments, **listens})) == []


def test_a_node_that_was_cut_off_is_not_judged() -> None:
    assert wrong({"node1": NodeAddresses()}) == []


def test_what_is_seen_can_be_said_in_another_language() -> None:
    both = {"master": ("203.0.113.4",), "api.home.zk.internal": ("203.0.113.5",)}
    (finding,) = wrong(worker(names={**NAMES, **both}))
    words = {"{first}; {next}": "{first}／{next}", "{name} is {found} instead of {address}": "{name}={found}"}
    assert finding.seen.render(words.__getitem__) == "master=203.0.113.4／api.home.zk.internal=203.0.113.5"
    (finding,) = wrong(worker(node_ip=""))
    assert finding.seen.render({"{found}": "{found}", "none": "無"}.__getitem__) == "無"
