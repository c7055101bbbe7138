"""Nodes that always say the same: what real ones said once. For how a screen looks, not for what it does."""

from __future__ import annotations

import re
import time
from pathlib import Path

from zkwizard.cli.screens import Live
from zkwizard.model.cluster import Cluster
from zkwizard.model.errors import ConnectionFailed
from zkwizard.model.ports import Completed, Connection, Network, Prompter, StreamSink

DATA = Path(__file__).parent.parent / "unit" / "inspect" / "data"
FILE = """\
name: zk
overlay: {network: 8fa62dfe16000001, cidr: 10.9.8.0/24}
nodes:
  - {name: master, role: control-plane, ssh: {host: 203.0.113.1}, overlay_ip: 10.9.8.118}
  - {name: node1, ssh: {host: 203.0.113.2}, overlay_ip: 10.9.8.65}
  - {name: node2, ssh: {host: 203.0.113.3}, overlay_ip: 10.9.8.129}
"""
_CERTS = """\
@/etc/kubernetes/pki/apiserver.crt
notAfter=Nov 22 20:08:31 2020 GMT
issuer=CN=kubernetes
subject=CN=kube-apiserver
@/etc/kubernetes/pki/ca.crt
notAfter=Nov 19 20:08:31 2021 GMT
issuer=CN=kubernetes
subject=CN=kubernetes
"""
_PING = """\
@10.9.8.118
3 packets transmitted, 3 received, 0% packet loss
rtt min/avg/max/mdev = 211.1/212.4/214.0/1.1 ms
"""
_LEFT = """\
process ours 1966 kubelet
link ours cni0
link ours flannel.1
file ours /etc/kubernetes
file ours /var/lib/kubelet
receipt ours hostname/
receipt ours /etc/hosts
package ours kubelet 1.36.4-1.1
overlay ours 8fa62dfe16000001
end
"""
AWAY = "203.0.113.3:22 does not answer within 20 s: is the machine on, is the address right?"


def _file(name: str) -> str:
    """Far in the future, so that every age is the same one."""
    return (DATA / name).read_text().replace("2026-11-22T", "2999-11-22T")


class CannedConnection(Connection):
    """Answers the questions that it knows; ``node2`` is out of reach."""

    def __init__(self, node: str) -> None:
        self.node = node

    async def connect(self) -> None:
        if self.node == "node2":
            raise ConnectionFailed(self.node, AWAY)

    async def script(self, text: str, *, limit: float = 60.0) -> Completed:
        await self.connect()
        now = time.time()
        if "zk_left_packages" in text:
            return Completed(_LEFT.encode(), b"", 0, now, now)
        nonce = re.search(r"\\036([A-Za-z0-9]+) out-", text)
        said = {
            "nodes": _file("nodes.json"),
            "pods": _file("pods.json"),
            "events": _file("events.json"),
            "join": _file("join.txt"),
            "pings": _PING,
            "certs": _CERTS if self.node == "master" else "",
            "etcd": f"@members\n{_file('etcd-members.json')}\n@health\n[]\n@status\n[]\n",
            "describe": "Name:               master\nRoles:              control-plane\n",
        }
        out = ""
        for name in re.findall(r"^zk_ask (\w+)$", text, re.M) if nonce else ():
            assert nonce
            body = said.get(name.replace("_", "-"), "")
            out += f"\n\x1e{nonce[1]} out-{name}\n{body}\n\x1e{nonce[1]} err-{name}\n0 \n"
        return Completed(out.encode(), b"", 0, now, now)

    async def stream(self, text: str, sink: StreamSink) -> int:
        await self.connect()
        sink.out(b"I1122 20:00:00.0 1 main.go:1] started\nE1122 20:00:01.0 1 main.go:9] it fails\n")
        return 0

    async def close(self) -> None:
        """Nothing is open."""


class CannedNetwork(Network):
    """Three nodes."""

    def connection(self, node: str) -> Connection:
        return CannedConnection(node)

    def fresh(self, node: str) -> Connection:
        return CannedConnection(node)

    async def close(self) -> None:
        """Nothing is open."""


class CannedServices(Live):
    """The command line's services, with these nodes instead of SSH."""

    def network(self, cluster: Cluster, file: Path, ask: Prompter) -> Network:
        return CannedNetwork()
