"""Rules across values, each with a file that breaks only it."""

from __future__ import annotations

from ipaddress import IPv4Network
from pathlib import Path

import pytest

from zkwizard.model import preflight, providers, syntax, versions
from zkwizard.model.rules import notices
from zkwizard.model.subnets import propose
from zkwizard.store.clusterfile import parse

BASE = {
    "top": "name: zk\n",
    "overlay": "overlay: {network: 0123456789abcdef, cidr: 10.9.8.0/24}\n",
    "kubernetes": "kubernetes: {version: '1.36'}\n",
    "nodes": "nodes:\n",
    "master": "- {name: master, role: control-plane, ssh: {host: 192.0.2.1}, overlay_ip: 10.9.8.118}\n",
    "node1": "- {name: node1, ssh: {host: 192.0.2.2}, overlay_ip: 10.9.8.65}\n",
}


def found(**parts: str) -> list[str]:
    text = "".join((BASE | parts).values())
    cluster, faults = parse(text, Path("cluster.yaml"))
    assert (cluster is None) == bool(faults)
    return [f"{fault.path}: {fault.message}" for fault in faults]


def node(extra: str = "", name: str = "node1", host: str = "192.0.2.2", address: str = "10.9.8.65") -> str:
    return (
        f"- {{name: {name}, ssh: {{host: {host}}}, overlay_ip: {address}{', ' + extra if extra else ''}}}\n"
    )


def kubernetes(extra: str, version: str = "1.36") -> str:
    return f"kubernetes: {{version: '{version}', {extra}}}\n"


CASES = [
    (
        {
            "overlay": "overlay: {network: 0123456789abcdef, cidr: 10.244.7.0/24}\n",
            "master": BASE["master"].replace("10.9.8", "10.244.7"),
            "node1": node(address="10.244.7.65"),
        },
        "kubernetes.pod_subnet: found 10.244.0.0/16 (the default), which overlaps overlay.cidr "
        "(10.244.7.0/24); allowed: a network that overlaps no other; 10.42.0.0/16 is free",
    ),
    (
        {"kubernetes": kubernetes("pod_subnet: 10.100.0.0/16")},
        "kubernetes.service_subnet: found 10.96.0.0/12",
    ),
    (
        {"kubernetes": kubernetes("pod_subnet: 10.9.0.0/16")},
        "kubernetes.pod_subnet: found 10.9.0.0/16, which overlaps",
    ),
    (
        {"kubernetes": kubernetes("pod_subnet: 10.50.0.0/16, service_subnet: 10.50.9.0/24")},
        "kubernetes.service_subnet",
    ),
    ({"kubernetes": kubernetes("pod_subnet: 10.50.0.0/24")}, "room for 2 nodes of /24 each"),
    ({"kubernetes": kubernetes("pod_subnet: 10.50.0.0/25")}, "a prefix length from 8 to 24"),
    ({"kubernetes": kubernetes("service_subnet: 10.96.0.0/11")}, "a prefix length from 12 to 28"),
    ({"kubernetes": kubernetes("pod_subnet: 10.50.1.0/16")}, "which is 10.50.0.0/16 here"),
    ({"kubernetes": kubernetes("pod_subnet: 127.0.0.0/16")}, "a network outside 127.0.0.0/8"),
    ({"kubernetes": kubernetes("runtime: docker")}, "docker is not built yet"),
    (
        {"overlay": "overlay: {network: 0123456789abcdef, cidr: 10.9.8.0/24, controller: hosted}\n"},
        "not built yet",
    ),
    ({"overlay": "overlay: {cidr: 10.9.8.0/24}\n"}, "overlay.network: found nothing"),
    (
        {"overlay": "overlay: {driver: existing, network: 0123456789abcdef, cidr: 10.9.8.0/24}\n"},
        "nothing with driver",
    ),
    ({"overlay": "overlay: {network: 0123456789ABCDEF, cidr: 10.9.8.0/24}\n"}, "in lower case"),
    ({"node1": node(address="10.9.8.0")}, "between the first and the last"),
    ({"node1": node(address="10.9.8.255")}, "between the first and the last"),
    ({"node1": node(address="10.9.8.118")}, "found 10.9.8.118, as nodes[0].overlay_ip has it"),
    ({"node1": node(name="master")}, "found master, as nodes[0].name has it"),
    ({"node1": node(host="192.0.2.1")}, "found 192.0.2.1:22, as nodes[0].ssh.host has it"),
    ({"master": node(name="m", host="192.0.2.9", address="10.9.8.9")}, "nodes: found no control plane"),
    ({"master": "", "node1": "", "nodes": "nodes: []\n"}, "nodes: found an empty list"),
    (
        {"node1": node("role: control-plane")},
        "nodes[1].role: found another control plane; allowed: one only; "
        "several control planes are not built yet",
    ),
    ({"node1": node(name="operator")}, "means nothing else"),
    ({"node1": node(name="localhost")}, "means nothing else"),
    ({"node1": node(name="12")}, "can't be read as an address"),
    ({"node1": node(name="Node1")}, "an RFC 1123 label"),
    ({"node1": node(name="n" * 60)}, "at most 64 together"),
    ({"top": "name: zk\ndomain: cluster.local\n"}, "domain: found cluster.local"),
    ({"top": "name: zk\ndomain: Zk\n"}, "an RFC 1123 subdomain"),
    ({"node1": node("proxy: true")}, "nodes[1].proxy: found true"),
    (
        {"node1": node("taints: [{key: a, effect: NoExecute}, {key: a, effect: NoExecute}]")},
        "each key once per effect",
    ),
    ({"node1": node("taints: [{key: a, effect: Never}]")}, "one of NoSchedule, PreferNoSchedule, NoExecute"),
    ({"node1": node("labels: {node-role.kubernetes.io/worker: ''}")}, "NodeRestriction"),
    ({"node1": node("labels: {a/b/c: ''}")}, "[prefix/]name"),
    ({"node1": node("labels: {a: 'x y'}")}, "at most 63 letters"),
    ({"node1": node("labels: {a: true}")}, "write it in quotes"),
    ({"kubernetes": kubernetes("ignore_preflight: [NumCPUs]")}, "NumCPU is the nearest"),
    ({"kubernetes": kubernetes("ignore_preflight: [all]")}, "would hide"),
    ({"kubernetes": kubernetes("kubelet: {kind: X}")}, "kubernetes.kubelet.kind"),
    ({"kubernetes": kubernetes("kube_proxy: {mode: ipvs}")}, "it is kubernetes.kube_proxy_mode"),
    ({"kubernetes": kubernetes("api_server: {extraArg: []}")}, "extraArgs, the nearest known key"),
    ({"kubernetes": kubernetes("api_server: {extraArgs: {v: 1}}")}, "a list of {name"),
    ({"kubernetes": kubernetes("api_server: {extraArgs: [{name: v, value: 1}]}")}, 'write it in quotes: "1"'),
    ({"kubernetes": kubernetes("api_server: {extraArgs: [{name: --v, value: '1'}]}")}, "without dashes"),
    (
        {"kubernetes": kubernetes("etcd: {extraArgs: [{nam: v, value: '1'}]}")},
        "a mapping with name and value",
    ),
    ({"kubernetes": kubernetes("etcd: {external: {}}")}, "not built yet"),
    ({"kubernetes": kubernetes("etcd: {extraArgs: [{name: listen-client-urls, value: x}]}")}, "etcd_listen"),
    (
        {"kubernetes": kubernetes("etcd: {extraArgs: [{name: experimental-x, value: '1'}]}", "1.37.1")},
        "etcd 3.7 of 1.37 removed them",
    ),
    ({"kubernetes": kubernetes("kubelet: {x: .inf}")}, "a finite number"),
    ({"kubernetes": kubernetes('kubelet: {x: "\\uE000"}')}, "without the character U+E000"),
]


@pytest.mark.parametrize(("parts", "expected"), CASES, ids=[case[1][:40] for case in CASES])
def test_one_fault_each(parts: dict[str, str], expected: str) -> None:
    faults = found(**parts)
    assert len(faults) == 1 and expected in faults[0], faults


def test_the_base_and_what_is_allowed() -> None:
    assert found() == []
    assert found(overlay="overlay: {driver: existing, cidr: 10.9.8.0/24}\n") == []
    assert found(kubernetes=kubernetes("etcd: {extraArgs: [{name: experimental-x, value: '1'}]}")) == []
    assert found(kubernetes=kubernetes('kubelet: {failSwapOn: false, x: "a\\nb"}')) == []
    assert (
        found(kubernetes=kubernetes("ignore_preflight: [numcpu, Port-6443, DirAvailable--var-lib-etcd]"))
        == []
    )
    assert found(node1=node("labels: {topology.kubernetes.io/zone: hk, example.com/x: ''}")) == []


def test_faults_in_fields_do_not_hide_faults_across_fields() -> None:
    faults = found(
        kubernetes="kubernetes: {version: '9', pod_subnet: 10.9.8.0/22}\n",
        node1="- {name: master, ssh: {host: '-x', port: x}, overlay_ip: 10.9.9.9, role: boss, rol: 1}\n",
    )
    paths = {fault.split(": ")[0] for fault in faults}
    assert paths >= {
        "kubernetes.version",
        "kubernetes.pod_subnet",
        "nodes[1].name",
        "nodes[1].ssh.host",
        "nodes[1].ssh.port",
        "nodes[1].overlay_ip",
        "nodes[1].role",
        "nodes[1].rol",
    }


def test_a_wrong_value_is_not_replaced_by_its_default_in_rules() -> None:
    faults = found(kubernetes=kubernetes("pod_subnet: 10.96.0.0/33"))
    assert len(faults) == 1


def test_same_address_behind_different_bastions_is_two_machines() -> None:
    master = BASE["master"].replace("{host: 192.0.2.1}", "{host: 10.0.0.5, jump: a.example}")
    node1 = BASE["node1"].replace("{host: 192.0.2.2}", "{host: 10.0.0.5, jump: 'u@b.example:2222,c.example'}")
    assert found(master=master, node1=node1) == []


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (
            syntax.PROXY_URL,
            ["http://10.9.8.1:7890", "http://u%40x@p.example:1/"],
            [
                "https://a:1",
                "http://a",
                "http://a:0",
                "http://a:99999",
                "http://a:1/x",
                "http://a:1?x",
                "http://[::1]:1",
                "http://u:@a:1",
                "http://u%zz@a:1",
                "http://@a:1",
                "HTTP://a:1",
            ],
        ),
        (
            syntax.MIRROR_URL,
            ["http://a", "https://a.b:8443/core:/stable:/v1.36/deb/"],
            [
                "ftp://a",
                "https://u@a/",
                "https://a/?x",
                "https://a/$(x)",
                "https://a/ b",
                "https:///x",
                "https://-a/",
            ],
        ),
        (
            syntax.HOST,
            ["a", "a.b", "1.2.3.4", "2001:db8::1", "my_host"],
            ["", "-a", "a b", "1.2.3", "1.2.3.400", "a..b", "fe80::1%eth0", "$(x)", "a" * 64],
        ),
        (
            syntax.JUMP,
            ["a", "u@a", "u@a:22,b", "[::1]:22"],
            ["", "-oProxyCommand=x", "a,", "a b", "a:0", "@a", "[a]"],
        ),
        (syntax.USER, ["root", "me@corp.example", "a-b"], ["", "-l", "a b", "a;b", "é"]),
        (
            syntax.NO_PROXY,
            ["localhost", ".svc", "*.example", "10.0.0.0/8", "::1", "a:80"],
            ["", "a,b", "-x", "a b"],
        ),
        (
            syntax.REGISTRY,
            ["docker.io", "localhost:5000"],
            ["docker", "https://docker.io", "_default", "-a.b"],
        ),
        (
            syntax.IMAGE_REPOSITORY,
            ["registry.k8s.io", "a.b:5000/c/d-e"],
            ["", "http://a", "a.b/C", "a.b/c:tag", "-a"],
        ),
    ],
)
def test_single_texts(kind: syntax.Syntax, good: list[str], bad: list[str]) -> None:
    assert [text for text in good if kind.refuse(text)] == []
    assert [text for text in bad if not kind.refuse(text)] == []


def test_two_proposals_are_not_the_same() -> None:
    overlay = "overlay: {driver: existing, cidr: 10.9.0.0/16}\n"
    faults = found(
        overlay=overlay, kubernetes=kubernetes("pod_subnet: 10.9.0.0/16, service_subnet: 10.9.0.0/16")
    )
    assert ["10.42.0.0/16 is free" in faults[0], "10.43.0.0/16 is free" in faults[1]] == [True, True]


def test_proposals_are_free() -> None:
    taken = [IPv4Network(text) for text in ("10.0.0.0/9", "10.128.0.0/10", "10.192.0.0/16")]
    free = propose(16, taken)
    assert free == IPv4Network("10.193.0.0/16")
    assert (
        propose(12, [IPv4Network("10.0.0.0/8"), IPv4Network("172.16.0.1/32"), IPv4Network("100.64.0.0/10")])
        is None
    )


def test_notices() -> None:
    text = "".join(BASE.values()) + (
        "proxy: {url: 'http://10.9.8.9:1'}\n"
        "mirrors: {packages: {zerotier: {url: 'http://m.example'}}, images: {registries: {ghcr.io: 'http://m.example'}}}\n"
    )
    text = text.replace("192.0.2.2", "10.9.8.65").replace("'1.36'", "'1.36', etcd_listen: all")
    cluster, faults = parse(text, Path("c"))
    assert cluster, faults
    said = "\n".join(str(text) for text in notices(cluster))
    for word in (
        "mirrors.packages.zerotier",
        "registries.ghcr.io",
        "etcd_listen",
        "proxy:",
        "node1: ssh.host",
    ):
        assert word in said
    quiet, _ = parse("".join(BASE.values()), Path("c"))
    assert quiet and notices(quiet) == []


def test_versions_and_preflight_names() -> None:
    assert [minor.name for minor in versions.MINORS] == ["1.35", "1.36", "1.37"]
    assert versions.refusal("1.36.2") is None and versions.find("1.36.2") is versions.MINORS[1]
    assert versions.refusal("v1.36") and versions.refusal("1.36.2-rc.1") and versions.refusal("1.036")
    assert preflight.refusal("Port-x") and preflight.refusal("FileAvailable-$(x)")


def test_providers_are_found_by_any_of_their_names() -> None:
    for name in ("tencent", "騰訊雲", "Tencent Cloud 騰訊雲", " QCLOUD "):
        found_provider = providers.find(name)
        assert found_provider and found_provider.id == "tencent"
    assert providers.find("my cellar") is None
    ids = [provider.id for provider in providers.PROVIDERS]
    assert len(set(ids)) == len(ids) >= 16
    aws = providers.find("aws")
    assert aws and aws.usual_user("debian") == "admin" and aws.usual_user() == "ec2-user"
