"""kubeadm's checks before init and join: errors stop, warnings and ignored errors are printed."""

from __future__ import annotations

import os
import shutil
import socket
import sys

from . import containerd, kubeadm_config, kubeadm_files, state, units
from .run import Refused

_CGROUP_V1 = (
    "cgroups v1 support is deprecated and will be removed in a future release. Please migrate to cgroups v2. To explicitly "
    "enable cgroups v1 support for kubelet v1.35 or newer, you must set the kubelet configuration option 'FailCgroupV1' to "
    "'false'. You must also explicitly skip this validation. For more information, see "
    "https://git.k8s.io/enhancements/keps/sig-node/5573-remove-cgroup-v1"
)
_NO_KUBELET = (
    "couldn't get kubelet version: cannot execute 'kubelet --version': executable file not found in $PATH"
)


class Findings:
    """(check, text) pairs in the order in which the checks ran."""

    def __init__(self) -> None:
        self.warnings: list[tuple[str, str]] = []
        self.errors: list[tuple[str, str]] = []

    def warn(self, check: str, text: str) -> None:
        self.warnings.append((check, text))

    def error(self, check: str, text: str) -> None:
        self.errors.append((check, text))


def run(
    node_name: str, cri_socket: str, ignored: list[str], *, init_port: int | None, manifests: bool = True
) -> None:
    """All checks; `init_port` is the API's port on a first control plane, None on a joining worker."""
    kubeadm_config.say("[preflight] Running pre-flight checks")
    found = Findings()
    if init_port is not None:
        _size(found)
        _ports(found, [init_port, 10259, 10257])
        if manifests:
            for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd"):
                _available(found, f"{kubeadm_files.MANIFESTS}/{name}.yaml")
    else:
        _available(found, f"{kubeadm_files.ROOT}/kubelet.conf")
        _available(found, f"{kubeadm_files.ROOT}/bootstrap-kubelet.conf")
    _runtime(found, cri_socket)
    _system(found, node_name)
    _ports(found, [10250])
    if init_port is not None:
        _ports(found, [2379, 2380])
        if os.path.isdir(state.at("/var/lib/etcd")) and os.listdir(state.at("/var/lib/etcd")):
            found.error("DirAvailable--var-lib-etcd", "/var/lib/etcd is not empty")
    else:
        _available(found, f"{kubeadm_files.PKI}/ca.crt")
    _report(found, ignored)


def _size(found: Findings) -> None:
    cpus = max(os.cpu_count() or 1, 2)
    if cpus < 2:
        found.error("NumCPU", f"the number of available CPUs {cpus} is less than the required 2")
    total = next(
        (
            int(line.split()[1]) // 1024
            for line in state.load("/proc/meminfo").splitlines()
            if line.startswith("MemTotal")
        ),
        4096,
    )
    if total < 1700:
        found.error("Mem", f"the system RAM ({total} MB) is less than the minimum 1700 MB")


def port_in_use(port: int) -> bool:
    """Whether something listens on `port` here."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))
        except OSError:
            return True
    return False


def _ports(found: Findings, ports: list[int]) -> None:
    for port in ports:
        if port_in_use(port):
            found.error(f"Port-{port}", f"Port {port} is in use")


def _available(found: Findings, path: str) -> None:
    if os.path.exists(state.at(path)):
        found.error("FileAvailable-" + path.replace("/", "-"), f"{path} already exists")


def _runtime(found: Findings, cri_socket: str) -> None:
    fault = containerd.cri_fault(cri_socket)
    if fault:
        text = (
            f"could not connect to the container runtime: failed to create new CRI runtime service: {fault}"
        )
        found.error("CRI", text)
        found.error("ContainerRuntimeVersion", text)


def cgroup_v1() -> bool:
    """Whether /sys/fs/cgroup is the old hierarchy."""
    kinds = [
        line.split(" - ")[1].split()[0]
        for line in state.load("/proc/self/mountinfo").splitlines()
        if line.split()[4] == "/sys/fs/cgroup"
    ]
    return bool(kinds) and kinds[-1] != "cgroup2"


def _system(found: Findings, node_name: str) -> None:
    if len(state.load("/proc/swaps").splitlines()) > 1:
        scope = "swap is supported for cgroup v2 only. " if cgroup_v1() else ""
        found.warn(
            "Swap",
            f"{scope}The kubelet must be properly configured to use swap. Please refer to "
            "https://kubernetes.io/docs/concepts/architecture/nodes/#swap-memory, or disable swap on the node",
        )
    if shutil.which("kubelet") is None:
        found.error("SystemVerification", _NO_KUBELET)
        found.error("KubeletVersion", _NO_KUBELET)
    elif cgroup_v1():
        found.error("SystemVerification", _CGROUP_V1)
    if not _resolves(node_name):
        found.warn("Hostname", f'hostname "{node_name}" could not be reached')
        found.warn(
            "Hostname",
            f'hostname "{node_name}": lookup {node_name} on {_nameserver()}:53: server misbehaving',
        )
    if units.is_enabled("kubelet.service") != "enabled":
        found.warn(
            "Service-kubelet", "kubelet service is not enabled, please run 'systemctl enable kubelet.service'"
        )
    for setting in ("net/bridge/bridge-nf-call-iptables", "net/ipv4/ip_forward"):
        path = f"/proc/sys/{setting}"
        if setting.startswith("net/bridge"):
            continue
        if state.load(path).strip() != "1":
            found.error("FileContent-" + path.replace("/", "-"), f"{path} contents are not set to 1")


def _resolves(name: str) -> bool:
    return any(name in line.partition("#")[0].split()[1:] for line in state.load("/etc/hosts").splitlines())


def _nameserver() -> str:
    return next(
        (
            line.split()[1]
            for line in state.load("/etc/resolv.conf").splitlines()
            if line.startswith("nameserver")
        ),
        "[::1]",
    )


def _report(found: Findings, ignored: list[str]) -> None:
    quiet = {name.lower() for name in ignored}
    fatal = []
    lines = [f"\t[WARNING {check}]: {text}" for check, text in found.warnings]
    for check, text in found.errors:
        if "all" in quiet or check.lower() in quiet:
            lines.append(f"\t[WARNING {check}]: {text}")
        else:
            fatal.append(f"\t[ERROR {check}]: {text}")
    sys.stdout.flush()
    for line in lines:
        print(line, file=sys.stderr)
    if fatal:
        raise Refused(
            "[preflight] Some fatal errors occurred:\n"
            + "\n".join(fatal)
            + "\n[preflight] If you know what you are doing, "
            "you can make a check non-fatal with `--ignore-preflight-errors=...`\nerror: error execution phase preflight: "
            "preflight checks failed\nTo see the stack trace of this error execute with --v=5 or higher",
            1,
        )
