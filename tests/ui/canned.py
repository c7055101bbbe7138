"""Nodes that always say the same: what real ones said once. For how a screen looks, not for what it does."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

from tests.ports import Unasked
from tests.unit.diagnosis import excerpts
from zkwizard.cli.screens import Live
from zkwizard.model.cluster import Cluster
from zkwizard.model.errors import ConnectionFailed
from zkwizard.model.ports import Completed, Connection, Network, Prompter, StreamSink
from zkwizard.model.text import T

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
notAfter=Nov 25 19:24:02 2026 GMT
issuer=CN=kubernetes
subject=CN=kube-apiserver
@/etc/kubernetes/pki/ca.crt
notAfter=Nov 19 19:24:02 2036 GMT
issuer=CN=kubernetes
subject=CN=kubernetes
@/etc/kubernetes/pki/etcd/server.crt
notAfter=Nov 22 20:08:31 2025 GMT
issuer=CN=etcd-ca
subject=CN=master
"""
_HEALTH = """\
[{"endpoint":"https://10.9.8.118:2379","health":true,"took":"9.118044ms"},
 {"endpoint":"https://10.9.8.65:2379","health":false,"took":"5.000973842s",
  "error":"context deadline exceeded"}]
"""
_STATUS = """\
[{"Endpoint":"https://10.9.8.118:2379","Status":{"header":{"member_id":1366607516942581171,"raft_term":2},
  "version":"3.6.10","dbSize":2097152,"leader":1366607516942581171,"raftIndex":1070,"raftTerm":2}}]
"""
_ADDRESSES = """\
@addresses
127.0.0.1
10.9.8.118
@kubelet
10.9.8.118
@arguments
etcd listen-client-urls https://127.0.0.1:2379,https://203.0.113.1:2379
kube-apiserver advertise-address 10.9.8.118
@names
master 10.9.8.118
@servers
admin.conf https://api.zk.zk.internal:6443
@sans
apiserver     DNS:kubernetes, DNS:master, IP Address:10.96.0.1, IP Address:10.9.8.118
@proxies
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
AWAY = T(
    "{target} does not answer within {seconds} s: is the machine on, is the address right, is "
    "the port open in the provider's firewall?",
    target="203.0.113.3:22",
    seconds=20,
)


_BROKEN = {**excerpts.healthy(), **excerpts.read("swap-on"), **excerpts.read("certificates-soon")}
"""What the nodes' facts and evidence are: swap on one, certificates that expire soon on another."""


def _file(name: str) -> str:
    return (DATA / name).read_text()


def _container(name: str, state: str, attempt: int, minutes: int) -> dict[str, object]:
    """As ``crictl ps -o json`` has it; created so many minutes before 21:00."""
    return {
        "id": f"{name.encode().hex():0<64}"[:64],
        "metadata": {"name": name, "attempt": attempt},
        "image": {"image": "sha256:b425fd9e157e7", "userSpecifiedImage": f"registry.k8s.io/{name}:v1.36.2"},
        "state": f"CONTAINER_{state}",
        "createdAt": f"{1795381200 - 60 * minutes}000000000",
        "labels": {"io.kubernetes.pod.name": f"{name}-master", "io.kubernetes.pod.namespace": "kube-system"},
    }


def _reached(text: str) -> str:
    """Every address answers but the second."""
    tried = re.findall(r"^zk_try ([0-9]+) direct", text, re.M)
    return "".join(f"{n} direct {'28 000 8.001' if n == '1' else '0 200 0.412'}\n" for n in tried)


_CONTAINERS = json.dumps(
    {
        "containers": [
            _container("kube-apiserver", "RUNNING", 0, 64),
            _container("kube-scheduler", "RUNNING", 0, 64),
            _container("kube-controller-manager", "RUNNING", 1, 12),
            _container("kube-controller-manager", "EXITED", 0, 64),
        ]
    }
)
_LOGGED = """\
I1122 20:48:00.118331       1 serving.go:386] Generated self-signed cert in-memory
W1122 20:48:03.002731       1 authentication.go:368] Error looking up in-cluster authentication configuration
E1122 20:48:13.310022       1 leaderelection.go:448] error retrieving resource lock: context deadline exceeded
"""


class CannedConnection(Unasked):
    """Answers the questions that it knows; ``node2`` is out of reach."""

    async def connect(self) -> None:
        if self.node == "node2":
            raise ConnectionFailed(self.node, AWAY)

    async def script(self, text: str, *, limit: float = 60.0) -> Completed:
        await self.connect()
        now = time.time()
        if "zk_left_packages" in text:
            return Completed(_LEFT.encode(), b"", 0, now, now)
        if evidence := re.search(r"^zk_fact\(\) .*\\036([A-Za-z0-9]+) %s", text, re.M):
            return Completed(self._evidence(evidence[1]), b"", 0, now, now)
        nonce = re.search(r"\\036([A-Za-z0-9]+) out-", text)
        said = {
            "nodes": _file("nodes.json"),
            "pods": _file("pods.json"),
            "events": _file("events.json"),
            "join": _file("join.txt"),
            "pings": _PING,
            "certs": _CERTS if self.node == "master" else "",
            "etcd": f"@members\n{_file('etcd-members.json')}\n@health\n{_HEALTH}@status\n{_STATUS}",
            "describe": "Name:               master\nRoles:              control-plane\n",
            "containers": _CONTAINERS,
            "log": _LOGGED,
            "addresses": _ADDRESSES if self.node == "master" else "",
            "versions": "Debian GNU/Linux 12 (bookworm)\n",
            "services": "● kubelet.service - kubelet: The Kubernetes Node Agent\n" * 12,
            "journal-kubelet": _LOGGED * 90,
            "reach": _reached(text),
            "secrets": "5ecretpassw0rd\n",
            "config-kubelet": "--node-ip=10.9.8.118 --password=5ecretpassw0rd\n",
        }
        out = ""
        for name in re.findall(r"^zk_ask (\w+)$", text, re.M) if nonce else ():
            assert nonce
            body = said.get(name.replace("_", "-"), "")
            out += f"\n\x1e{nonce[1]} out-{name}\n{body}\n\x1e{nonce[1]} err-{name}\n0 \n"
        return Completed(out.encode(), b"", 0, now, now)

    def _evidence(self, nonce: str) -> bytes:
        """Facts, and what else an explanation needs."""
        own = {part: text for (node, part), text in _BROKEN.items() if node == self.node}
        own |= {
            "clock-began": "1795381200.000",
            "clock-ended": "1795381200.400",
            "end": "",
            "evidence-end": "",
        }
        return "".join(f"\n\x1e{nonce} {part}\n{text}" for part, text in own.items()).encode()

    async def stream(self, text: str, sink: StreamSink) -> int:
        await self.connect()
        sink.out(b"I1122 20:00:00.0 1 main.go:1] started\nE1122 20:00:01.0 1 main.go:9] it fails\n")
        return 0


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
