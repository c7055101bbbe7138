"""Packages that are there already, and whoever is installing some at the moment."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zkwizard.checks.ownership import is_ours
from zkwizard.checks.rule import Rule
from zkwizard.model.cluster import Cluster, Node, Runtime
from zkwizard.model.facts import NodeFacts
from zkwizard.model.finding import Finding
from zkwizard.model.text import T

LOCK = Rule("package-lock", T("Who holds the lock of the package manager."), T("Nobody."))
CONTAINERD = Rule(
    "containerd",
    T("The installed containerd."),
    T("None, or containerd.io 2 or later: older ones can't tell the kubelet their cgroup driver."),
    "ContainerRuntimeVersion",
)
DISTRIBUTIONS = ("docker.io", "containerd", "runc")
"""Packages of Debian and Ubuntu that exclude containerd.io."""
DOCKER = Rule("docker", T("Docker on a node whose runtime is containerd."), T("Absent, or not in use."))
CRI_DOCKERD = Rule(
    "runtime",
    T("The container runtime in the answers."),
    T("containerd: with cri-dockerd, kubectl exec and port-forward fail since Kubernetes 1.36."),
)


def version(text: str) -> tuple[int, ...]:
    """``1:1.36.2-1.1`` as (1, 36, 2): the numbers of the upstream version, without epoch and revision."""
    match = re.match(r"(?:\d+:)?v?(\d{1,9}(?:\.\d{1,9})*)", text)
    return tuple(int(part) for part in match[1].split(".")) if match else ()


def lock(cluster: Cluster, node: Node, facts: NodeFacts) -> Iterator[Finding]:
    """Fresh servers run their first upgrade by themselves: it is waited for, never ended."""
    if facts.package_lock:
        fix = T("zkwizard waits for it. On a new server it is the first automatic upgrade, a few minutes.")
        yield LOCK.warn(node.name, T("{holder}", holder=facts.package_lock), fix)
    else:
        yield LOCK.ok(node.name, T("Nobody."))


def kubelet(cluster: Cluster, node: Node, facts: NodeFacts) -> Iterator[Finding]:
    """zkwizard builds clusters and does not upgrade them; kubeadm never goes back a version."""
    wanted = cluster.kubernetes.version
    rule = Rule(
        "kubelet-version",
        T("The installed kubelet against the version in the answers."),
        T("None, or {wanted}.", wanted=wanted),
        "KubeletVersion",
    )
    installed = facts.packages.get("kubelet", "")
    have, want = version(installed), version(wanted)
    seen = T("{version}", version=installed) if installed else T("None.")
    if not have or not want or have[: len(want)] == want:
        yield rule.ok(node.name, seen)
    elif is_ours(cluster, facts):
        fix = T(
            "This node runs {have} in this cluster: write that into kubernetes.version, or upgrade"
            " it by kubeadm upgrade.",
            have=".".join(map(str, have)),
        )
        yield rule.stop(node.name, seen, fix)
    elif have > want:
        fix = T(
            "Remove the newer packages: apt-get remove --allow-change-held-packages kubelet kubeadm kubectl"
        )
        yield rule.stop(node.name, seen, fix)
    else:
        yield rule.warn(
            node.name, seen, T("The phase `packages` installs {wanted} in its place.", wanted=wanted)
        )


def containerd(cluster: Cluster, node: Node, facts: NodeFacts) -> Iterator[Finding]:
    """The distribution's packages exclude containerd.io, and the phase `runtime` refuses to remove them."""
    others = [name for name in DISTRIBUTIONS if name in facts.packages]
    names = others or [name for name in ("containerd.io",) if name in facts.packages]
    listed = ", ".join(f"{name} {facts.packages[name]}" for name in names)
    seen = T("{packages}", packages=listed) if names else T("None.")
    if cluster.kubernetes.runtime is not Runtime.CONTAINERD or not names:
        yield CONTAINERD.ok(node.name, seen)
    elif others:
        fix = T(
            "It is the distribution's, and excludes containerd.io, which zkwizard installs. If what runs"
            " in it may go: apt-get remove {packages}",
            packages=" ".join(others),
        )
        yield CONTAINERD.stop(node.name, seen, fix)
    elif version(facts.packages["containerd.io"])[:1] < (2,):
        fix = T("The phase `runtime` upgrades it to 2 from Docker's repository; its containers restart.")
        yield CONTAINERD.warn(node.name, seen, fix)
    else:
        yield CONTAINERD.ok(node.name, seen)


def docker(cluster: Cluster, node: Node, facts: NodeFacts) -> Iterator[Finding]:
    """Docker uses the same containerd, and its package switches the part off that the kubelet needs.

    The distribution's own (docker.io) is judged with its containerd.
    """
    if cluster.kubernetes.runtime is not Runtime.CONTAINERD or "docker.io" in facts.packages:
        return
    if "docker-ce" not in facts.packages:
        yield DOCKER.ok(node.name, T("Absent."))
        return
    seen = T("docker-ce {version}", version=facts.packages["docker-ce"])
    if facts.services.get("docker") == "active":
        fix = T(
            "It can stay: the phase `runtime` rewrites /etc/containerd/config.toml and restarts"
            " containerd, and"
            " Docker's containers go on. Docker drops forwarded packets by default; flannel lets"
            " those of pods pass."
        )
        yield DOCKER.warn(node.name, seen, fix)
    else:
        yield DOCKER.ok(node.name, seen)


def cri_dockerd(cluster: Cluster, node: Node, facts: NodeFacts) -> Iterator[Finding]:
    """Mirantis/cri-dockerd#560 and #569."""
    if cluster.kubernetes.runtime is Runtime.DOCKER and version(cluster.kubernetes.version) >= (1, 36):
        fix = T(
            "Set kubernetes.runtime to containerd. With docker zkwizard switches the feature gate"
            " ExtendWebSocketsToKubelet off, which is the known way around."
        )
        yield CRI_DOCKERD.warn(
            node.name, T("docker, with Kubernetes {v}.", v=cluster.kubernetes.version), fix
        )
