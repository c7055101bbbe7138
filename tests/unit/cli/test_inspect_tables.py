"""The tables as a person sees them on a terminal of 80 columns. ZKWIZARD_GOLDEN=write writes them anew."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from zkwizard.cli.tables import show
from zkwizard.engine.inside.inspection import Link, NodeReport, NodesReport, PeersReport
from zkwizard.inspect import events as inspect_events
from zkwizard.inspect import nodes as inspect_nodes
from zkwizard.inspect import pods as inspect_pods
from zkwizard.inspect.certs import Certificate
from zkwizard.inspect.containers import CriContainer
from zkwizard.inspect.etcd import Etcd, Member
from zkwizard.inspect.question import Answer
from zkwizard.inspect.trouble import Kind, Trouble
from zkwizard.model.errors import ConnectionFailed
from zkwizard.model.facts import LinkPath, ZeroTier, ZeroTierNetwork
from zkwizard.model.text import T
from zkwizard.tables import ages, certs, containers, etcd, events, nodes, peers, pods
from zkwizard.tables.table import Column, Note, Row, Table

REAL = Path(__file__).parent.parent / "inspect" / "data"
GOLDEN = Path(__file__).parent / "data"
NOW = ages.moment("2026-11-22T19:57:25Z")


def drawn(table: Table, width: int = 80) -> str:
    """As on a terminal of that width, without its colours."""
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=True, color_system=None, highlight=False)
    show(table, console)
    return file.getvalue()


def compare(name: str, text: str) -> None:
    golden = GOLDEN / f"{name}.txt"
    if os.environ.get("ZKWIZARD_GOLDEN") == "write":
        golden.write_text(text)
    assert text == golden.read_text()
    assert max(map(len, text.splitlines())) <= 80


def answered(name: str) -> Answer:
    return Answer((REAL / name).read_text(), "", 0)


def kube() -> dict[str, inspect_nodes.KubeNode]:
    found = inspect_nodes.parse(answered("nodes.json"))
    assert not isinstance(found, Trouble)
    return {node.name: node for node in found}


def zerotier(*, online: bool = True, running: bool = True, status: str = "OK") -> ZeroTier:
    network = ZeroTierNetwork("8fa62dfe16000001", status, "ztogyc37qx", 2800, ("10.9.8.65/24",))
    return ZeroTier("1.14.1", "70525d2afc", online, (network,), running)


def report(**changes: NodeReport) -> NodesReport:
    known = kube()
    link = Link("master", LinkPath.DIRECT, 212.4, 0.0, "10.200.0.11/9993", 104)
    reports = {
        "master": NodeReport("master", "10.9.8.118", known["master"], zerotier()),
        "node1": NodeReport("node1", "10.9.8.65", known["node1"], zerotier(), link),
        "node2": NodeReport(
            "node2", "10.9.8.129", known["node2"], zerotier(), replace(link, path=LinkPath.RELAYED)
        ),
    }
    return NodesReport(tuple({**reports, **changes}.values()), None, {})


def test_nodes_that_are_well() -> None:
    compare("nodes", drawn(nodes.table(report(), NOW)))


def test_nodes_in_trouble() -> None:
    silent = inspect_nodes.Condition(
        "Ready",
        "Unknown",
        "NodeStatusUnknown",
        "Kubelet stopped posting node status.",
        "2026-11-22T19:50:00Z",
    )
    known = kube()
    dead = replace(known["node1"], ready=False, conditions=(silent,))
    lost = replace(known["node2"], internal_ip="10.200.0.13", unschedulable=True)
    told = report(
        node1=NodeReport("node1", "10.9.8.65", dead, None, None, "root@203.0.113.7:22 does not answer"),
        node2=NodeReport(
            "node2",
            "10.9.8.129",
            lost,
            zerotier(online=False, status="ACCESS_DENIED"),
            Link("master", LinkPath.RELAYED, 0.0, 100.0, tunneled=True),
        ),
        node3=NodeReport("node3", "10.9.8.7", None, zerotier(running=False), Link("master")),
        stranger=NodeReport("stranger", "", replace(known["node2"], name="stranger")),
    )
    compare("nodes-in-trouble", drawn(nodes.table(told, NOW)))


def test_nodes_without_an_api_server() -> None:
    blind = NodesReport(
        tuple(replace(node, kube=None) for node in report().nodes),
        Trouble(Kind.API_DOWN, T("The API server does not answer.")),
        {"node2": ConnectionFailed("node2", "gone")},
    )
    compare("nodes-without-api", drawn(nodes.table(blind, NOW)))


def test_pods() -> None:
    found = inspect_pods.parse(answered("pods.json"))
    assert not isinstance(found, Trouble)
    compare("pods", drawn(pods.table(found, NOW)))


def test_events() -> None:
    found = inspect_events.parse(answered("events.json"))
    assert not isinstance(found, Trouble)
    compare("events", drawn(events.table(found, ages.moment("2026-11-22T20:10:15Z"))))


def test_peers() -> None:
    links = {
        "master": (
            Link("node1", LinkPath.DIRECT, 212.41, 0.0, "203.0.113.7/9993", 104),
            Link("node2", LinkPath.RELAYED, 389.0, 33.3),
        ),
        "node1": (Link("master", LinkPath.DIRECT, 212.9, 0.0, "198.51.100.4/44180", 106), Link("node2")),
    }
    told = PeersReport({"master": zerotier(), "node1": zerotier(online=False)}, links, {})
    compare("peers", drawn(peers.table(told)))


def test_certificates() -> None:
    now = 1_795_377_445.0
    day = 86400
    known: dict[str, tuple[Certificate, ...] | Trouble] = {
        "master": (
            Certificate("admin.conf", "/etc/kubernetes/admin.conf", now - day, "kubernetes"),
            Certificate("apiserver", "/etc/kubernetes/pki/apiserver.crt", now + 20 * day, "kubernetes"),
            Certificate("ca", "/etc/kubernetes/pki/ca.crt", now + 3640 * day, "kubernetes", authority=True),
            Certificate("scheduler.conf", "/etc/kubernetes/scheduler.conf", 0, ""),
        ),
        "node1": Trouble(Kind.REFUSED, T("There is no openssl to read certificates with.")),
    }
    compare("certs", drawn(certs.table(known, now)))


def test_etcd_members() -> None:
    urls = ("https://10.9.8.118:2379",)
    found = Etcd(
        (
            Member(
                "12f72a4bcabdbdb3", "master", (), urls, False, True, "9.118044ms", "", "3.6.10", 2097152, True
            ),
            Member("60d1bdfd321c9c71", "node1", (), (), error="context deadline exceeded"),
            Member("70d1bdfd321c9c71", "", (), (), learner=True),
        )
    )
    compare("etcd", drawn(etcd.table(found)))


def test_containers() -> None:
    found = (
        CriContainer("40c79950ff8ce", "etcd", "running", 0, "", "etcd-master", "kube-system", NOW or 0),
        CriContainer(
            "f7cd2be629b05", "kube-apiserver", "exited", 12, "", "kube-apiserver-master", "kube-system", 1
        ),
    )
    compare("containers", drawn(containers.table("master", found, NOW)))


def test_what_a_node_says_can_not_act_on_the_terminal() -> None:
    hostile = "a\x1b]0;owned\x07b\r\nc\x9b2Jd\u202e"
    pod = inspect_pods.Pod(hostile, hostile, hostile, hostile, 0, 1, 0, "", "", (), hostile)
    text = drawn(pods.table([pod], NOW))
    assert not set(text) & set("\x1b\x07\r\x9b\u202e")


def test_elsewhere_lines_stay_whole() -> None:
    file = io.StringIO()
    long = "x" * 300
    table = Table([Column("A"), Column("B", fold=True)], [Row("1", ["1", long])], [Note(long)])
    show(table, Console(file=file, force_terminal=False, highlight=False))
    assert file.getvalue().splitlines() == ["A  B", f"1  {long}", long]


def test_ages_as_kubectl_shortens_them() -> None:
    known = {
        0: "0s",
        119: "119s",
        125: "2m5s",
        180: "3m",
        660: "11m",
        10800: "3h",
        11040: "3h4m",
        172800: "2d",
    }
    assert {seconds: ages.span(seconds) for seconds in known} == known
    assert ages.since("2026-11-22T19:56:49Z", NOW) == "36s"
    assert ages.since("", NOW) == "" and ages.since("rubbish", NOW) == ""
