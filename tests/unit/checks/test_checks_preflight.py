"""Every check both ways: silent on a healthy cluster, and heard when one thing is wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.checks.healthy import (
    SERVER,
    answers,
    bad,
    fresh,
    joined,
    judged,
    machine,
    with_master,
    with_worker,
)
from zkwizard.checks.preflight import CHECKS, judge
from zkwizard.model.facts import CloudInit, Disk, Feature, NodeFacts, OsRelease, Swap
from zkwizard.model.finding import Severity

ETC = "/etc/kubernetes/manifests/kube-apiserver.yaml"
APISERVER = {
    "tcp/6443": "kube-apiserver",
    "tcp/2379": "etcd",
    "tcp/2380": "etcd",
    "tcp/10257": "kube-controller",
}


def test_a_healthy_cluster_has_no_fault() -> None:
    findings = judge(answers(), fresh())
    assert bad(findings) == []
    assert len({(found.id, found.node) for found in findings}) == len(findings) > 100


def test_its_second_run_has_no_fault() -> None:
    facts = {
        "master": joined(1, "10.9.8.118"),
        "node1": joined(2, "10.9.8.65"),
        "node2": joined(3, "10.9.8.129"),
    }
    master = facts["master"]
    facts["master"] = replace(
        master,
        listening={**master.listening, **APISERVER},
        leftovers=(*master.leftovers, ETC, "/var/lib/etcd"),
        kubelet_server="https://10.9.8.118:6443",
    )
    assert bad(judge(answers(), facts)) == []


def test_every_finding_says_its_four_parts_to_a_person() -> None:
    for finding in judge(answers(), fresh()):
        for part in (finding.checked, finding.seen, finding.expected, finding.fix):
            text = str(part)
            assert text.strip()
            assert "{" not in text


def test_nodes_without_facts_are_left_out() -> None:
    assert {found.node for found in judge(answers(), {"node1": machine(2)})} == {"", "node1"}
    assert judge(answers(), {})


def test_facts_without_anything_are_survived() -> None:
    nothing = NodeFacts(OsRelease("", "", "", "", ""), "", "", 0, 0, "", "")
    for finding in judge(answers(), dict.fromkeys(("master", "node1", "node2"), nothing)):
        assert str(finding.seen)
    assert len(CHECKS) > 30


def os(ident: str, version: str, family: str = "debian") -> dict[str, Any]:
    return {"os": OsRelease(ident, version, "", f"{ident} {version}", family)}


MASTER: list[tuple[dict[str, Any], str, str]] = [
    (os("rocky", "9.4", "rhel"), "stop", "os"),
    (os("arch", "", "arch"), "stop", "os"),
    (os("debian", "10"), "stop", "os"),
    (os("debian", ""), "warn", "os"),
    (os("ubuntu", "18.04"), "stop", "os"),
    ({"systemd": False}, "stop", "systemd"),
    ({"virtualization": "openvz"}, "stop", "virtualization"),
    ({"virtualization": "lxc"}, "stop", "virtualization"),
    ({"virtualization": "systemd-nspawn"}, "warn", "virtualization"),
    ({"arch": "armhf"}, "stop", "architecture"),
    ({"cpus": 1}, "stop", "cpus"),
    ({"memory_mb": 1699}, "stop", "memory"),
    ({"x86_level": 1}, "warn", "cpu-level"),
    ({"disks": (Disk("/", 500, 40000),)}, "stop", "disk:/"),
    ({"disks": (Disk("/var/lib/etcd", 2000, 4000),)}, "stop", "disk:/var/lib/etcd"),
    ({"disks": (Disk("/var/lib/containerd", 5000, 40000),)}, "warn", "disk:/var/lib/containerd"),
    ({"fsync_ms": 12.0}, "warn", "fsync"),
    ({"read_only": ("/etc",)}, "stop", "writable"),
    ({"kernel": "4.19.0-26-amd64"}, "warn", "kernel"),
    ({"cgroup": "tmpfs"}, "stop", "cgroup"),
    ({"cgroup_controllers": ("cpu", "pids")}, "stop", "cgroup-controllers"),
    ({"features": {"vxlan": Feature.MISSING}}, "stop", "kernel-feature:vxlan"),
    ({"features": {"br_netfilter": Feature.MISSING}}, "stop", "kernel-feature:br_netfilter"),
    ({"features": {"tun": Feature.LOADED}, "tun_device": False}, "stop", "tun-device"),
    ({"selinux": "Enforcing"}, "warn", "selinux"),
    ({"firewalls": ("ufw",)}, "warn", "firewall"),
    ({"input_blocked": True}, "warn", "firewall"),
    ({"clock_synchronised": False}, "warn", "clock-synchronised"),
    ({"clock_offset": 9.0}, "warn", "clock-skew"),
    ({"clock_offset": -40.0}, "stop", "clock-skew"),
    ({"cloud_init": CloudInit(True, False, "true", from_data=True)}, "warn", "cloud-init"),
    ({"package_lock": "apt-get (process 812)"}, "warn", "package-lock"),
    ({"packages": {"kubelet": "1.37.1-1.1"}}, "stop", "kubelet-version"),
    ({"packages": {"kubelet": "1.30.0-1.1"}}, "warn", "kubelet-version"),
    ({"packages": {"containerd": "1.6.20~ds1-1+b1", "runc": "1.1.5"}}, "stop", "containerd"),
    ({"packages": {"containerd": "2.1.3~ds1-1"}}, "stop", "containerd"),
    ({"packages": {"docker.io": "26.1.5"}, "services": {"docker": "active"}}, "stop", "containerd"),
    ({"packages": {"containerd.io": "1.7.28-1"}}, "warn", "containerd"),
    ({"packages": {"docker-ce": "5:29.0.0"}, "services": {"docker": "active"}}, "warn", "docker"),
    ({"kubelet_server": "https://10.0.0.1:6443"}, "stop", "leftovers:cluster"),
    ({"leftovers": ("/usr/local/bin/k3s",)}, "stop", "leftovers:distribution"),
    ({"leftovers": ("/usr/local/bin/kubelet",)}, "stop", "leftovers:binaries"),
    ({"leftovers": (ETC,)}, "stop", "leftovers:kube-apiserver.yaml"),
    ({"leftovers": ("/var/lib/etcd",)}, "stop", "leftovers:etcd"),
    ({"leftovers": ("/etc/kubernetes/admin.conf",)}, "warn", "leftovers:kubeconfig"),
    ({"leftovers": ("/etc/cni/net.d/05-cilium.conflist",)}, "stop", "leftovers:cni"),
    ({"leftovers": ("/etc/cni/net.d/87-podman-bridge.conflist",)}, "warn", "leftovers:cni"),
    ({"leftovers": ("link cni0", "chains iptables 151")}, "warn", "leftovers:network"),
    ({"complete": False}, "stop", "facts"),
    ({"listening": {"tcp/6443": "nginx"}}, "stop", "port:tcp/6443"),
    ({"listening": {"tcp/8081": "java"}}, "stop", "port:tcp/8081"),
    ({"listening": {"tcp/10256": "java"}}, "warn", "port:tcp/10256"),
    ({"listening": {"tcp/2379": "etcd"}}, "stop", "port:tcp/2379"),
    ({"listening": {"udp/9993": "other"}}, "stop", "port:udp/9993"),
    ({"nameservers": ("10.96.0.53",)}, "stop", "range:kubernetes.service_subnet"),
]


@pytest.mark.parametrize(("changes", "severity", "ident"), MASTER, ids=lambda value: str(value)[:40])
def test_one_fault_on_the_control_plane(changes: dict[str, Any], severity: str, ident: str) -> None:
    assert judged(with_master(**changes)) == [("master", severity, ident)]


WORKER: list[tuple[dict[str, Any], list[tuple[str, str, str]]]] = [
    ({"cpus": 1}, []),
    ({"memory_mb": 900}, []),
    ({"memory_mb": 600}, [("node1", "warn", "memory")]),
    ({"fsync_ms": 50.0}, []),
    ({"disks": (Disk("/var/lib/etcd", 1, 4000),)}, []),
    ({"leftovers": ("/var/lib/etcd",)}, [("node1", "warn", "leftovers:etcd")]),
    ({"listening": {"tcp/6443": "nginx"}}, []),
    ({"swaps": (Swap("/dev/sda2", "partition", 1024),), "fstab_swap": ("/dev/sda2 none swap sw 0 0",)}, []),
    ({"network_manager": True}, []),
    ({"sysctls": {}}, []),
]


@pytest.mark.parametrize(("changes", "expected"), WORKER, ids=lambda value: str(value)[:40])
def test_workers_have_their_own_limits(changes: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    assert judged(with_worker(**changes)) == expected


@pytest.mark.parametrize(
    ("changes", "name", "ident"),
    [
        ({"cpus": 1}, "NumCPU", "cpus"),
        ({"memory_mb": 1000}, "mem", "memory"),
        ({"leftovers": ("/var/lib/etcd",)}, "DirAvailable--var-lib-etcd", "leftovers:etcd"),
        (
            {"leftovers": (ETC,)},
            "FileAvailable--etc-kubernetes-manifests-kube-apiserver.yaml",
            "leftovers:kube-apiserver.yaml",
        ),
        ({"listening": {"tcp/6443": "nginx"}}, "all", "port:tcp/6443"),
    ],
)
def test_what_the_answers_ignore_only_warns(changes: dict[str, Any], name: str, ident: str) -> None:
    assert judged(with_master(**changes), kubernetes={"ignore_preflight": [name]}) == [
        ("master", "warn", ident)
    ]


def test_cgroup_version_1_needs_both_exceptions() -> None:
    facts = with_master(cgroup="tmpfs")
    ignored = {"ignore_preflight": ["SystemVerification"]}
    allowed = {"kubelet": {"failCgroupV1": False}}
    assert judged(facts, kubernetes=ignored) == [("master", "stop", "cgroup")]
    assert judged(facts, kubernetes=allowed) == [("master", "stop", "cgroup")]
    assert judged(facts, kubernetes=ignored | allowed) == [("master", "warn", "cgroup")]


def test_own_eviction_limits_silence_the_share_of_free_space() -> None:
    facts = with_master(disks=(Disk("/", 5000, 50000),))
    assert judged(facts) == [("master", "warn", "disk:/")]
    assert judged(facts, kubernetes={"kubelet": {"evictionHard": {"nodefs.available": "1Gi"}}}) == []


def test_nftables_needs_a_kernel() -> None:
    facts = with_master(kernel="5.10.0-30-amd64")
    assert judged(facts) == []
    assert judged(facts, kubernetes={"kube_proxy_mode": "nftables"}) == [("master", "stop", "kernel")]


def test_tun_matters_only_to_zerotier() -> None:
    facts = with_master(features={"tun": Feature.MISSING}, tun_device=False)
    assert ("master", "stop", "tun-device") in judged(facts)
    ids = [ident for _, _, ident in judged(facts, overlay={"driver": "existing", "cidr": "10.9.8.0/24"})]
    assert "tun-device" not in ids
    assert "kernel-feature:tun" not in ids


def test_a_loadable_tun_brings_its_device() -> None:
    assert judged(with_master(tun_device=False)) == []


def test_kubelet_of_the_running_cluster_is_not_upgraded() -> None:
    facts = with_master(kubelet_server=SERVER, packages={"kubelet": "1.35.9-1.1"})
    assert judged(facts) == [("master", "stop", "kubelet-version")]
    assert judged(with_master(packages={"kubelet": "1.36.2-1.1"}), kubernetes={"version": "1.36.2"}) == []


def test_docker_with_a_version_that_breaks_exec() -> None:
    found = judged(fresh(), kubernetes={"runtime": "docker"})
    assert {ident for _, _, ident in found} == {"runtime"}
    assert judged(fresh(), kubernetes={"runtime": "docker", "version": "1.35"}) == []


def test_what_the_distribution_installed_is_named_with_the_way_out() -> None:
    packages = {"docker.io": "26.1.5", "containerd": "1.7.24~ds1", "containerd.io": "1.7.28-1"}
    found = [f for f in judge(answers(), with_worker(packages=packages)) if f.severity is Severity.STOP]
    assert [(str(f.seen), str(f.fix).partition(": ")[2]) for f in found] == [
        ("docker.io 26.1.5, containerd 1.7.24~ds1", "apt-get remove docker.io containerd")
    ]


def test_two_control_planes_are_worse_than_one() -> None:
    nodes = [
        {
            "name": "master",
            "role": "control-plane",
            "ssh": {"host": "203.0.113.1"},
            "overlay_ip": "10.9.8.118",
        },
        {"name": "node1", "role": "control-plane", "ssh": {"host": "203.0.113.2"}, "overlay_ip": "10.9.8.65"},
    ]
    assert judged(fresh(), nodes=nodes) == [("", "warn", "etcd-members")]


def test_swap_says_what_will_happen() -> None:
    facts = with_worker(swaps=(Swap("/dev/sda2", "partition", 1024),))
    finding = next(found for found in judge(answers(), facts) if found.id == "swap" and found.node == "node1")
    assert finding.severity is Severity.OK
    assert "1024 MB" in str(finding.seen)
    assert "swap: keep" in str(finding.fix)
