"""The kubelet: ends with the real words where the real one would, else reports this machine and runs its
static pods.
"""

from __future__ import annotations

import calendar
import os
import re
import signal
import socket
import subprocess
import sys
import time

from . import (
    cluster,
    containerd,
    klog,
    kubeadm_files,
    kubeadm_token,
    packages,
    pod_network,
    sandboxes,
    serving,
    state,
    supervisor,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_PERIOD = 0.2
_PORTS = {
    "etcd": [("0.0.0.0", 2379), ("0.0.0.0", 2380), ("127.0.0.1", 2381)],
    "kube-apiserver": [("0.0.0.0", 6443)],
    "kube-controller-manager": [("127.0.0.1", 10257)],
    "kube-scheduler": [("127.0.0.1", 10259)],
}
_START_SECONDS = 0.6


def main(argv: list[str]) -> int:
    if "--version" in argv:
        print("Kubernetes v" + (packages.version_of("kubelet") or "1.36.2-1.1").partition("-")[0])
        return 0
    flags = dict(re.findall(r"--([\w-]+)=(\S*)", " ".join(argv[1:])))
    fault = _fault(flags)
    if fault:
        line = klog.line("E", "run.go:72", f'"command failed" err="{fault}"')
        state.note("kubelet.service", f"kubelet[{os.getpid()}]: {line}")
        print(line, file=sys.stderr)
        return 1
    return _Kubelet(flags).run()


def _fault(flags: dict[str, str]) -> str | None:
    path = flags.get("config", "/var/lib/kubelet/config.yaml")
    config = state.load(path)
    if not config:
        return (
            f"failed to load kubelet config file, path: {path}, error: failed to load Kubelet config file {path}, error failed to read "
            f'kubelet config file \\"{path}\\", error: open {path}: no such file or directory'
        )
    if len(state.load("/proc/swaps").splitlines()) > 1 and not re.search(
        r"^failSwapOn:\s*false", config, re.M
    ):
        return "failed to run Kubelet: running with swap on is not supported, please disable swap or set --fail-swap-on flag to false"
    endpoint = re.search(r"^containerRuntimeEndpoint:\s*\"?([^\s\"]+)", config, re.M)
    runtime = containerd.cri_fault(
        endpoint[1] if endpoint and endpoint[1] else "unix:///run/containerd/containerd.sock"
    )
    if runtime:
        return "failed to run Kubelet: " + runtime.replace('"', '\\"')
    if not any(
        os.path.exists(state.at(f"{kubeadm_files.ROOT}/{f}"))
        for f in ("kubelet.conf", "bootstrap-kubelet.conf")
    ):
        return (
            "failed to run Kubelet: unable to load bootstrap kubeconfig: stat /etc/kubernetes/bootstrap-kubelet.conf: no such file or "
            "directory"
        )
    if _refused():
        return "failed to run Kubelet: cannot create certificate signing request: Unauthorized"
    return None


def _refused() -> bool:
    """Whether it has no certificate yet, and the API server does not know its token (any more)."""
    if os.path.exists(state.at(f"{kubeadm_files.ROOT}/kubelet.conf")) or cluster.api_fault():
        return False
    own = re.search(r"token: (\w+)\.(\w+)", state.load(f"{kubeadm_files.ROOT}/bootstrap-kubelet.conf"))
    if not own:
        return False
    known = kubeadm_token.valid(own[1])
    return known is None or known["secret"] != own[2]


def _expired(certificate: str) -> str:
    """When a certificate expired, "" while it is valid or not there. It is read when its server starts."""
    shown = subprocess.run(
        ["openssl", "x509", "-noout", "-enddate", "-in", state.at(certificate)],
        capture_output=True,
        text=True,
    )
    if shown.returncode != 0:
        return ""
    ends = time.strptime(shown.stdout.strip().partition("=")[2], "%b %d %H:%M:%S %Y %Z")
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", ends) if calendar.timegm(ends) < state.now() else ""


def _ip_json(*words: str) -> Any:
    import json

    shown = subprocess.run(["ip", "-j", *words], capture_output=True, text=True)
    return json.loads(shown.stdout or "[]") if shown.returncode == 0 else []


def addresses() -> dict[str, list[str]]:
    """Interface → IPv4 addresses of this machine."""
    found = {}
    for link in _ip_json("-4", "addr"):
        own = [a["local"] for a in link.get("addr_info", [])]
        if own and link["ifname"] not in ("lo", "cni0", "flannel.1", "kube-services"):
            found[link["ifname"]] = own
    return found


class _Kubelet:
    """One running kubelet."""

    def __init__(self, flags: dict[str, str]) -> None:
        self.flags = flags
        self.name = flags.get("hostname-override") or state.hostname().lower()
        self.since = state.now()
        self.sockets: dict[tuple[str, int], socket.socket] = {}
        self.pods: dict[str, int] = {}
        self.ended = False
        self.api_expired = ""
        self.reported: dict[str, Any] = {}
        self.certificate = ""
        self.network = pod_network.PodNetwork(self.name)
        self._tables = "", ""
        self._own: tuple[dict[str, list[str]], str] = {}, ""

    def run(self) -> int:
        """Report and serve until ended."""
        signal.signal(signal.SIGTERM, self._end)
        self._listen("127.0.0.1", 10248)
        self._listen("0.0.0.0", 10250)
        supervisor.ready("kubelet.service")
        state.note(
            "kubelet.service",
            f"kubelet[{os.getpid()}]: " + klog.line("I", "server.go:1270", '"Started kubelet"'),
        )
        while not self.ended:
            self._static_pods()
            self._register()
            self._report()
            self.network.update()
            self._serve()
        for pid in self.pods.values():
            os.kill(pid, signal.SIGKILL)
        with state.change(state.mine()) as document:
            document.get("kubelet", {})["running"] = False
        return 0

    def _end(self, *_: object) -> None:
        self.ended = True

    def _listen(self, host: str, port: int) -> None:
        if (host, port) in self.sockets:
            return
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError:
            listener.close()
            return
        listener.listen(64)
        listener.setblocking(False)
        self.sockets[(host, port)] = listener

    def _serve(self) -> None:
        """Accept and close, so that a connection shows that the port is alive."""
        import select

        end = time.monotonic() + _PERIOD
        while (left := end - time.monotonic()) > 0 and not self.ended:
            services = self.network.sockets()
            readable, _, _ = select.select([*self.sockets.values(), *services], [], [], left)
            for listener in readable:
                if listener in services:
                    self.network.answer(listener)
                    continue
                try:
                    connection, _ = listener.accept()
                except OSError:
                    continue
                serving.answer(connection, self.certificate)

    def _static_pods(self) -> None:
        """A process of its own for each manifest, under the component's name, on the component's ports."""
        texts = {name: state.load(f"{kubeadm_files.MANIFESTS}/{name}.yaml") for name in _PORTS}
        wanted = {name for name, text in texts.items() if text} if self._started() else set()
        if "etcd" not in wanted:
            wanted.discard("kube-apiserver")
        for name in set(self.pods) - wanted:
            os.kill(self.pods[name], signal.SIGKILL)
            os.waitpid(self.pods.pop(name), 0)
        for name in sorted(wanted - set(self.pods)):
            port = re.search(r"--secure-port=(\d+)", texts[name]) if name == "kube-apiserver" else None
            if name == "kube-apiserver":
                self.api_expired = _expired(f"{kubeadm_files.PKI}/apiserver.crt")
            if name == "etcd":
                sandboxes.write_etcd()
            self.pods[name] = self._pod(name, [("0.0.0.0", int(port[1]))] if port else _PORTS[name])

    def _started(self) -> bool:
        return state.now() - self.since >= _START_SECONDS

    def _pod(self, name: str, places: list[tuple[str, int]]) -> int:
        """Fork a process that only listens; it ends with its kubelet."""
        pid = os.fork()
        if pid:
            return pid
        with open("/proc/self/comm", "w") as comm:
            comm.write(name[:15])
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        for listener in [*self.sockets.values(), *self.network.sockets()]:
            listener.close()
        if name == "kube-apiserver":
            self.certificate = f"{kubeadm_files.PKI}/apiserver"
        self.sockets, self.network = {}, pod_network.PodNetwork(self.name)
        kubelet = os.getppid()
        for place in places:
            self._listen(*place)
        while os.getppid() == kubelet:
            self._serve()
        os._exit(0)

    def _register(self) -> None:
        """Bootstrap and register once the API can be reached."""
        document = cluster.read()
        bootstrap = state.at(f"{kubeadm_files.ROOT}/bootstrap-kubelet.conf")
        config = f"{kubeadm_files.ROOT}/kubelet.conf"
        if not document.get("endpoint") or (
            self.name in document.get("nodes", {}) and os.path.exists(state.at(config))
        ):
            return
        if document.get("ca") != state.load(f"{kubeadm_files.PKI}/ca.crt") or cluster.api_fault():
            return
        cluster.register(state.node(), self.name)
        subject = f"/O=system:nodes/CN=system:node:{self.name}"
        proof = "".join(kubeadm_files.client_certificate(subject))
        state.write(kubeadm_files.KUBELET_CERTIFICATE, proof, 0o600)
        if os.path.exists(bootstrap):
            os.unlink(bootstrap)
            state.write(
                config, kubeadm_files.kubeconfig("system:node", document["endpoint"], self.name), 0o600
            )

    def _report(self) -> None:
        own, default = self._addresses()
        system = state.load("/etc/os-release")
        pretty = re.search(r'PRETTY_NAME="([^"]*)"', system)
        report = {
            "running": True, "since": self.since, "name": self.name, "addresses": own, "default_address": default,
            "internal_ip": self._internal_ip(own, default), "api_expired": self.api_expired,
            "os": pretty[1] if pretty else "Linux", "kernel": os.uname().release,
            "version": "v" + (packages.version_of("kubelet") or "1.36.2-1.1").partition("-")[0], "runtime": containerd.version(),
        }  # fmt: skip
        if report != self.reported:
            with state.change(state.mine()) as document:
                document["kubelet"] = report
            self.reported = report

    def _addresses(self) -> tuple[dict[str, list[str]], str]:
        """Those of the interfaces and that of the default route; asked for when the kernel's own tables of
        addresses and routes differ from the last time.
        """
        tables = state.load("/proc/net/fib_trie"), state.load("/proc/net/route")
        if tables != self._tables or not self._own[1]:
            self._tables, self._own = tables, (addresses(), kubeadm_files.default_address())
        return self._own

    def _internal_ip(self, own: dict[str, list[str]], default: str) -> str:
        """--node-ip, else the hostname's address in /etc/hosts, else the default route's."""
        if self.flags.get("node-ip"):
            return self.flags["node-ip"]
        everything = [a for group in own.values() for a in group]
        for line in state.load("/etc/hosts").splitlines():
            words = line.partition("#")[0].split()
            if self.name in words[1:] and words[0] in everything:
                return words[0]
        return default
