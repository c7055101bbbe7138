"""What flannel and kube-proxy leave on a machine: the pod network to every other node, and the addresses of
the cluster's two first services. The packets are real; flannel.1 is a vxlan over the overlay.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import struct
import subprocess
import time

from . import cluster, filter_rules, kube_pods, sandboxes, serving, state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MTU = "2750"
_LOOK_SECONDS = 1.0


class PodNetwork:
    """The network of one node; `update` brings it to what the cluster is now."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.built = False
        self.looked = 0.0
        self.peers: dict[str, str] = {}
        self.api: socket.socket | None = None
        self.dns: socket.socket | None = None

    def sockets(self) -> list[socket.socket]:
        """What has to be watched for questions."""
        return [s for s in (self.api, self.dns) if s]

    def answer(self, asked: socket.socket) -> None:
        """One question on one of them."""
        with contextlib.suppress(OSError):
            if asked is self.dns:
                self._answer_name(asked)
            else:
                connection, _ = asked.accept()
                serving.relay(connection, cluster.endpoint())

    def update(self) -> None:
        """Devices once flannel works here, a route for every node that has it, services where kube-proxy is."""
        document = cluster.read()
        node = document.get("nodes", {}).get(self.name)
        if node is None or not cluster.node_has_network(state.node()):
            return
        if not self.built:
            self._build(document, node)
        for name, peer in document.get("nodes", {}).items():
            if name != self.name and cluster.node_has_network(peer["machine"]):
                self._reach(name, cluster.pod_cidr(document, peer), cluster.internal_ip(peer))
        for name in set(self.peers) - set(document.get("nodes", {})):
            _ip("route", "del", self.peers.pop(name))
        if time.monotonic() - self.looked > _LOOK_SECONDS:
            self.looked = time.monotonic()
            sandboxes.follow()

    def _build(self, document: dict[str, Any], node: dict[str, Any]) -> None:
        self.built = True
        base = cluster.pod_cidr(document, node).rpartition(".")[0]
        _write_files(document.get("pod_subnet", ""), base)
        own = cluster.internal_ip(node)
        vxlan = ["link", "add", "flannel.1", "address", _mac(base), "type", "vxlan", "id", "1"]
        for words in (
            ["link", "add", "cni0", "type", "bridge"],
            ["addr", "add", f"{base}.1/24", "dev", "cni0"],
            ["link", "set", "cni0", "mtu", _MTU, "up"],
            [*vxlan, "local", own, "dstport", "8472", "nolearning"],
            ["addr", "add", f"{base}.0/32", "dev", "flannel.1"],
            ["link", "set", "flannel.1", "mtu", _MTU, "up"],
            ["link", "add", "kube-services", "type", "bridge"],
            ["link", "set", "kube-services", "up"],
        ):
            _ip(*words)
        filter_rules.put(document.get("pod_subnet", ""), f"{base}.0/24")
        with contextlib.suppress(OSError), open("/proc/sys/net/ipv4/conf/all/route_localnet", "w") as setting:
            setting.write("1")
        services = ipaddress.ip_network(document.get("service_subnet") or "10.96.0.0/12")
        self.api = _listen(str(services[1]), 443, socket.SOCK_STREAM)
        self.dns = _listen(str(services[10]), 53, socket.SOCK_DGRAM)

    def _reach(self, name: str, cidr: str, overlay: str) -> None:
        if self.peers.get(name) == cidr or not cidr:
            return
        base = cidr.rpartition(".")[0]
        mac = _mac(base)
        _run("bridge", "fdb", "replace", mac, "dev", "flannel.1", "dst", overlay)
        _ip("neigh", "replace", f"{base}.0", "lladdr", mac, "dev", "flannel.1")
        _ip("route", "replace", cidr, "via", f"{base}.0", "dev", "flannel.1", "onlink")
        self.peers[name] = cidr

    def _answer_name(self, asked: socket.socket) -> None:
        """A question for the API's name gets its address, every other one NXDOMAIN; silence without CoreDNS."""
        question, who = asked.recvfrom(512)
        if not any(p["ready"] and p["name"].startswith("coredns-") for p in kube_pods.pods()):
            return
        document = cluster.read()
        labels, at = [], 12
        while question[at]:
            labels.append(question[at + 1 : at + 1 + question[at]].decode(errors="replace"))
            at += question[at] + 1
        known = ".".join(labels) == f"kubernetes.default.svc.{document.get('domain', 'cluster.local')}"
        head = question[:2] + struct.pack(">HHHHH", 0x8580 if known else 0x8583, 1, int(known), 0, 0)
        reply = head + question[12 : at + 5]
        if known:
            api = ipaddress.ip_network(document.get("service_subnet") or "10.96.0.0/12")[1]
            reply += struct.pack(">HHHIH", 0xC00C, 1, 1, 30, 4) + api.packed
        asked.sendto(reply, who)


def _write_files(network: str, base: str) -> None:
    state.write(
        "/run/flannel/subnet.env",
        f"FLANNEL_NETWORK={network}\nFLANNEL_SUBNET={base}.1/24\nFLANNEL_MTU={_MTU}\nFLANNEL_IPMASQ=true\n",
    )
    state.write(
        "/etc/cni/net.d/10-flannel.conflist",
        '{"name":"cbr0","cniVersion":"0.3.1","plugins":[{"type":"flannel"},{"type":"portmap"}]}\n',
    )
    state.write("/opt/cni/bin/flannel", "#!/bin/sh\nexit 0\n", 0o755)


def _mac(base: str) -> str:
    """flannel.1's address on the node with this pod network, known to all without asking."""
    return "0a:58:" + ":".join(f"{int(part):02x}" for part in (*base.split("."), "0"))


def _listen(address: str, port: int, kind: int) -> socket.socket | None:
    _ip("addr", "add", f"{address}/32", "dev", "kube-services")
    listener = socket.socket(socket.AF_INET, kind)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
        if kind == socket.SOCK_STREAM:
            listener.listen(16)
    except OSError:
        listener.close()
        return None
    return listener


def _ip(*words: str) -> None:
    _run("ip", *words)


def _run(*words: str) -> None:
    subprocess.run(words, stderr=subprocess.DEVNULL)
