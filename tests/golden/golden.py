"""The exact programs, for a reviewer who wants to read what will be typed on a node.

A scenario is one node of a fixed cluster, with its facts and with everything that earlier phases captured;
``<scenario>/<phase>.sh`` is the program of one phase there. ``ZKWIZARD_GOLDEN=write pytest tests/golden``
writes the files anew; the change then shows in the diff.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from zkwizard.model.cluster import Cluster
from zkwizard.model.context import Context
from zkwizard.model.facts import CloudInit, Feature, NodeFacts, OsRelease, Swap, ZeroTier
from zkwizard.model.phase import Phase
from zkwizard.model.step import Step
from zkwizard.steps.render import render

HERE = Path(__file__).parent

NODES = [
    {
        "name": "master",
        "role": "control-plane",
        "provider": "腾讯云",
        "region": "上海",
        "ssh": {"host": "203.0.113.18"},
        "overlay_ip": "10.9.8.118",
    },
    {"name": "node1", "provider": "搬瓦工", "ssh": {"host": "198.51.100.65"}, "overlay_ip": "10.9.8.65"},
    {"name": "node2", "provider": "UCloud", "ssh": {"host": "192.0.2.129"}, "overlay_ip": "10.9.8.129"},
]
PLAIN = {
    "name": "blog",
    "domain": "m4d3bug.com",
    "overlay": {"network": "8fa62dfe16000001", "cidr": "10.9.8.0/24"},
    "kubernetes": {"version": "1.36"},
    "nodes": NODES,
}
PROXIED = {
    **PLAIN,
    "proxy": {"url": "http://zk%40home@10.9.8.10:1081", "no_proxy": ["mirrors.example.cn", "10.0.0.0/8"]},
    "mirrors": {
        "packages": {"kubernetes": {"url": "https://mirrors.example.cn/kubernetes/core:/stable:/v1.36/deb/"}},
        "images": {
            "registries": {"docker.io": "https://docker.example.cn", "ghcr.io": "http://10.9.8.9:5000"}
        },
    },
    "nodes": [NODES[0], {**NODES[1], "proxy": True, "labels": {"place": "los-angeles"}}, NODES[2]],
}

DEBIAN = NodeFacts(
    os=OsRelease("debian", "12", "bookworm", "Debian GNU/Linux 12 (bookworm)", "debian"),
    kernel="6.1.0-28-amd64",
    arch="amd64",
    cpus=2,
    memory_mb=7941,
    hostname="VM-0-7-debian",
    machine_id="1c2a8e8e1f3f4d5f9a6b7c8d9e0f1a2b",
    virtualization="kvm",
    cgroup="cgroup2fs",
    features=dict.fromkeys(("br_netfilter", "overlay", "vxlan", "nf_conntrack", "tun"), Feature.LOADABLE),
    clock_synchronised=True,
    zerotier=ZeroTier("1.14.1", "fb76685eeb", True, ()),
    user="root",
    home="/root",
)
UBUNTU = replace(
    DEBIAN,
    os=OsRelease("ubuntu", "24.04", "noble", "Ubuntu 24.04.1 LTS", "debian"),
    kernel="6.8.0-49-generic",
    cpus=1,
    memory_mb=961,
    hostname="10-23-4-129",
    swaps=(Swap("/swap.img", "file", 1024),),
    fstab_swap=("/swap.img none swap sw 0 0",),
    firewalls=("ufw",),
    cloud_init=CloudInit(present=True, preserve_hostname=False, manage_etc_hosts="true", from_data=True),
    zerotier=ZeroTier("1.14.1", "62c708298b", True, ()),
    user="ubuntu",
    home="/home/ubuntu",
)
VALUES = {
    ("master", "zerotier-member"): "fb76685eeb",
    ("node1", "zerotier-member"): "70525d2afc",
    ("node2", "zerotier-member"): "62c708298b",
    **{(name, "overlay-device"): "ztogyc37qx" for name in ("master", "node1", "node2")},
    **{(name, "overlay-mtu"): "2800" for name in ("master", "node1", "node2")},
    ("operator", "flannel-mtu"): "1390",
    ("master", "kubernetes-version"): "1.36.4",
    ("master", "kubernetes-package"): "1.36.4-1.1",
    ("master", "pause-image"): "registry.k8s.io/pause:3.10.2",
    ("master", "ca-hash"): "sha256:db1105ebb5b6312930253d9f477808d624f5da1669db979d75e6f5b2cbb99c01",
    ("master", "pod-networks"): "master 10.244.0.0/24\nnode1 10.244.1.0/24\nnode2 10.244.2.0/24",
}
"""What the phases before have captured; phases add what they need of others here."""


def _scenario(answers: Mapping[str, object], node: str, **facts: NodeFacts) -> Context:
    cluster = Cluster.model_validate(answers)
    return Context(cluster, cluster.node(node), facts, VALUES)


SCENARIOS = {
    "control-plane-debian": _scenario(PLAIN, "master", master=DEBIAN, node1=DEBIAN, node2=UBUNTU),
    "worker-behind-proxy": _scenario(PROXIED, "node1", master=DEBIAN, node1=DEBIAN, node2=UBUNTU),
    "small-ubuntu-worker": _scenario(PLAIN, "node2", master=DEBIAN, node1=DEBIAN, node2=UBUNTU),
}


def program(phase: Phase, context: Context) -> str:
    """The text of the phase's program, empty when it has nothing to do on this node."""
    if context.node.name not in phase.nodes(context.cluster):
        return ""
    steps = [step for step in phase.steps(context) if isinstance(step, Step)]
    return render(phase.id, str(phase.title), context.node.name, steps).text if steps else ""


def check(scenario: str, phase: Phase, folder: str = "") -> None:
    """Compare with the file; there is no file where there is nothing to do."""
    path = HERE / scenario / folder / f"{phase.id}.sh"
    text = program(phase, SCENARIOS[scenario])
    if os.environ.get("ZKWIZARD_GOLDEN") == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        if text:
            path.write_text(text)
    assert text == (path.read_text() if path.exists() else ""), f"{path} differs"
