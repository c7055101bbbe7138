"""Processors, memory, disks: what kubeadm insists on, and what etcd and the kubelet need to live."""

from __future__ import annotations

from collections.abc import Iterator

from zkwizard.checks.rule import Rule
from zkwizard.model.cluster import Cluster, Node
from zkwizard.model.facts import Disk, NodeFacts
from zkwizard.model.finding import Finding
from zkwizard.model.text import T

MIN_CPUS = 2
MIN_MEMORY_CONTROL_PLANE = 1700
"""MiB; kubeadm's own limit, as is the number of processors."""
MIN_MEMORY_WORKER = 700
"""MiB, below which kubelet, runtime, kube-proxy and flannel leave nothing for pods."""
NEEDED = {"/": 1024, "/var/lib/containerd": 3072, "/var/lib/etcd": 2560}
"""MiB that have to be free: images of a control plane take about 1.5 GiB unpacked, etcd's quota is 2 GiB."""
EVICTION_PERCENT = 15
"""Below this share of free space the kubelet removes images (imagefs.available, its default)."""
FSYNC_LIMIT = 10.0
"""ms; etcd wants 99 of 100 writes below it."""

CPUS = Rule("cpus", T("The number of processors."), T("2 or more on a control plane."), "NumCPU")
MEMORY_CONTROL_PLANE = Rule("memory", T("The memory."), T("1700 MB or more on a control plane."), "Mem")
MEMORY_WORKER = Rule("memory", T("The memory."), T("700 MB or more on a worker."))
CPU_LEVEL = Rule(
    "cpu-level",
    T("The x86-64 level of the processor."),
    T("x86-64-v2 or later (SSE 4.2, POPCNT), or another architecture."),
)
ARCHITECTURE = Rule("architecture", T("The architecture."), T("amd64 or arm64."))
FSYNC = Rule(
    "fsync",
    T("The time of a small synchronous write below /var/lib."),
    T("Less than 10 ms where etcd runs."),
)


def architecture(cluster: Cluster, node: Node, facts: NodeFacts) -> Iterator[Finding]:
    """What the Kubernetes and flannel projects publish images for and providers sell."""
    if facts.arch in ("amd64", "arm64"):
        yield ARCHITECTURE.ok(node.name, T("{arch}", arch=facts.arch))
    else:
        yield ARCHITECTURE.stop(
            node.name,
            T("{arch}", arch=facts.arch or "?"),
            T("Use a machine with an amd64 or arm64 processor and a 64-bit system."),
        )


def cpus(cluster: Cluster, node: Node, facts: NodeFacts) -> Iterator[Finding]:
    """kubeadm asks this of control planes only."""
    seen = T("{count}", count=facts.cpus or "?")
    if not node.is_control_plane or facts.cpus >= MIN_CPUS:
        yield CPUS.ok(node.name, seen)
    else:
        yield CPUS.ignorable(
            cluster,
            node.name,
            seen,
            T("Take a larger machine, or add NumCPU to kubernetes.ignore_preflight: it works, but slowly."),
        )


def memory(cluster: Cluster, node: Node, facts: NodeFacts) -> Iterator[Finding]:
    """The same limits as kubeadm on control planes; workers have none there."""
    seen = T("{mb} MB", mb=facts.memory_mb or "?")
    if node.is_control_plane:
        if facts.memory_mb >= MIN_MEMORY_CONTROL_PLANE:
            yield MEMORY_CONTROL_PLANE.ok(node.name, seen)
        else:
            fix = T(
                "Take a larger machine, or keep swap on (swap: keep) and add Mem to"
                " kubernetes.ignore_preflight."
            )
            yield MEMORY_CONTROL_PLANE.ignorable(cluster, node.name, seen, fix)
    elif facts.memory_mb >= MIN_MEMORY_WORKER:
        yield MEMORY_WORKER.ok(node.name, seen)
    else:
        fix = T("Take a larger machine, or keep swap on (swap: keep) and run only small pods there.")
        yield MEMORY_WORKER.warn(node.name, seen, fix)


def cpu_level(cluster: Cluster, node: Node, facts: NodeFacts) -> Iterator[Finding]:
    """Kubernetes runs on v1, but images built on current enterprise distributions stop with SIGILL."""
    if facts.x86_level == 1:
        yield CPU_LEVEL.warn(
            node.name,
            T("x86-64-v1."),
            T("Ask the provider for the CPU type `host` in place of `kvm64`, or avoid images that need v2."),
        )
    else:
        seen = (
            T("x86-64-v{level}", level=facts.x86_level)
            if facts.x86_level
            else T("Not an x86-64, or unknown.")
        )
        yield CPU_LEVEL.ok(node.name, seen)


def disks(cluster: Cluster, node: Node, facts: NodeFacts) -> Iterator[Finding]:
    """Space per path; several paths may be on one file system, so the limits are not added up."""
    for disk in facts.disks:
        if disk.path in NEEDED and (disk.path != "/var/lib/etcd" or node.is_control_plane):
            yield _disk(cluster, node, disk)


def _disk(cluster: Cluster, node: Node, disk: Disk) -> Finding:
    needed = NEEDED[disk.path]
    rule = Rule(
        f"disk:{disk.path}",
        T("Free space at {path}.", path=disk.path),
        T(
            "{needed} MB or more, and {percent} % of the file system.",
            needed=needed,
            percent=EVICTION_PERCENT,
        ),
    )
    percent = 100 * disk.free_mb // disk.total_mb if disk.total_mb else 100
    seen = T(
        "{free} MB of {total} MB ({percent} %).", free=disk.free_mb, total=disk.total_mb, percent=percent
    )
    if disk.free_mb < needed:
        fix = T(
            "Free space (apt-get clean; journalctl --vacuum-size=100M) or enlarge the disk at {path}.",
            path=disk.path,
        )
        return rule.stop(node.name, seen, fix)
    if percent < EVICTION_PERCENT and "evictionHard" not in cluster.kubernetes.kubelet:
        fix = T(
            "The kubelet will remove images and at 10 % evict pods: free some space, or set"
            " kubernetes.kubelet.evictionHard."
        )
        return rule.warn(node.name, seen, fix)
    return rule.ok(node.name, seen)


def fsync(cluster: Cluster, node: Node, facts: NodeFacts) -> Iterator[Finding]:
    """Slow writes make etcd lose its leader, and the API server with it."""
    if not node.is_control_plane:
        return
    if facts.fsync_ms <= 0:
        yield FSYNC.ok(node.name, T("Not measured."))
    elif facts.fsync_ms < FSYNC_LIMIT:
        yield FSYNC.ok(node.name, T("{ms} ms on average.", ms=f"{facts.fsync_ms:.1f}"))
    else:
        yield FSYNC.warn(
            node.name,
            T("{ms} ms on average.", ms=f"{facts.fsync_ms:.1f}"),
            T("Make a node with an SSD the control plane, and keep other writers off its disk."),
        )
