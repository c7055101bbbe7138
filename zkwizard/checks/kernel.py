"""The kernel: version, control groups, features and settings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zkwizard.checks.rule import Rule, is_ignored
from zkwizard.model.cluster import Cluster, Driver, Node
from zkwizard.model.facts import Feature, NodeFacts
from zkwizard.model.finding import Finding
from zkwizard.model.text import T

OLDEST = (5, 4)
"""Oldest kernel in the list of kubeadm's system-validators."""
NFTABLES = (5, 13)
"""Oldest kernel for kube-proxy's nftables mode."""
USES = {
    "br_netfilter": T(
        "Loaded, built in or loadable: rules of services apply between pods of one node by it."
    ),
    "overlay": T("Loaded, built in or loadable: the runtime stacks the layers of images by it."),
    "vxlan": T("Loaded, built in or loadable: flannel carries the traffic of pods between nodes by it."),
    "nf_conntrack": T("Loaded, built in or loadable: kube-proxy translates addresses of services by it."),
    "tun": T("Loaded, built in or loadable: ZeroTier makes its interface by it."),
}
STATES = {
    Feature.LOADED: T("Loaded."),
    Feature.BUILT_IN: T("Built in."),
    Feature.LOADABLE: T("Loadable."),
    None: T("Not known."),
}
WANTED = {
    "net.ipv4.ip_forward": ("1", "FileContent--proc-sys-net-ipv4-ip_forward"),
    "net.bridge.bridge-nf-call-iptables": ("1", ""),
    "net.bridge.bridge-nf-call-ip6tables": ("1", ""),
}

VERSION = Rule("kernel", T("The version of the kernel."), T("5.4 or later."), "SystemVerification")
CGROUP = Rule(
    "cgroup",
    T("The version of control groups, by the file system at /sys/fs/cgroup."),
    T("Version 2 (cgroup2fs): the kubelet refuses version 1 since Kubernetes 1.35."),
    "SystemVerification",
)
CONTROLLERS = Rule(
    "cgroup-controllers",
    T("The controllers of control groups."),
    T("cpu, memory and pids, with which the kubelet limits pods."),
    "SystemVerification",
)
TUN_DEVICE = Rule("tun-device", T("The device /dev/net/tun."), T("It is there, as ZeroTier opens it."))


def version(cluster: Cluster, node: Node, facts: NodeFacts) -> Iterator[Finding]:
    """Old kernels, and the one that kube-proxy's nftables mode needs."""
    found = _version(facts.kernel)
    seen = T("{kernel}", kernel=facts.kernel or "?")
    if cluster.kubernetes.kube_proxy_mode == "nftables" and found and found < NFTABLES:
        rule = Rule("kernel", VERSION.checked, T("5.13 or later for kube-proxy's nftables mode."))
        yield rule.stop(
            node.name, seen, T("Set kubernetes.kube_proxy_mode to iptables, or upgrade the kernel.")
        )
    elif found and found < OLDEST:
        fix = T("kubeadm does not know this kernel: upgrade the machine to a current release.")
        yield VERSION.warn(node.name, seen, fix)
    else:
        yield VERSION.ok(node.name, seen)


def _version(release: str) -> tuple[int, int] | None:
    match = re.match(r"(\d{1,6})\.(\d{1,6})", release)
    return (int(match[1]), int(match[2])) if match else None


def cgroup(cluster: Cluster, node: Node, facts: NodeFacts) -> Iterator[Finding]:
    """Version 1 runs only when the kubelet is told so and kubeadm's check is ignored."""
    if facts.cgroup in ("cgroup2fs", ""):
        yield CGROUP.ok(node.name, T("{type}", type=facts.cgroup) if facts.cgroup else T("Not known."))
        return
    allowed = cluster.kubernetes.kubelet.get("failCgroupV1") is False
    seen = T("{type}: version 1.", type=facts.cgroup)
    if allowed and is_ignored(cluster, CGROUP.kubeadm):
        yield CGROUP.warn(
            node.name, seen, T("Both exceptions are in the answers; move to version 2 when you can.")
        )
    else:
        yield CGROUP.stop(
            node.name,
            seen,
            T(
                "Add systemd.unified_cgroup_hierarchy=1 to GRUB_CMDLINE_LINUX in /etc/default/grub,"
                " update-grub,"
                " reboot. Or set kubernetes.kubelet.failCgroupV1 to false and add SystemVerification to"
                " kubernetes.ignore_preflight."
            ),
        )


def controllers(cluster: Cluster, node: Node, facts: NodeFacts) -> Iterator[Finding]:
    """Some images, for the Raspberry Pi above all, switch the memory controller off."""
    if not facts.cgroup_controllers:
        return
    missing = [name for name in ("cpu", "memory", "pids") if name not in facts.cgroup_controllers]
    if missing:
        fix = T(
            "Add {options} to the kernel's command line (/boot/firmware/cmdline.txt, or GRUB_CMDLINE_LINUX in"
            " /etc/default/grub and update-grub) and reboot.",
            options=" ".join(f"cgroup_enable={name}" for name in missing),
        )
        yield CONTROLLERS.ignorable(cluster, node.name, T("Missing: {names}.", names=", ".join(missing)), fix)
    else:
        yield CONTROLLERS.ok(node.name, T("All of them."))


def features(cluster: Cluster, node: Node, facts: NodeFacts) -> Iterator[Finding]:
    """Loaded, built in or loadable is all the same; only a feature that is nowhere is missing."""
    for module, use in USES.items():
        if module == "tun" and cluster.overlay.driver is not Driver.ZEROTIER:
            continue
        rule = Rule(
            f"kernel-feature:{module}",
            T("Whether the kernel has {module}.", module=module),
            use,
        )
        state = facts.features.get(module)
        if state is Feature.MISSING:
            yield rule.stop(
                node.name,
                T("Missing: not built in, and modprobe finds no module."),
                T(
                    "Install the modules of the running kernel (apt-get install"
                    " linux-modules-extra-{kernel} on Ubuntu,"
                    " linux-image-{arch} on Debian), reboot if the kernel was upgraded, or use"
                    " another kernel.",
                    kernel=facts.kernel,
                    arch=facts.arch,
                ),
            )
        else:
            yield rule.ok(node.name, STATES[state])


def tun_device(cluster: Cluster, node: Node, facts: NodeFacts) -> Iterator[Finding]:
    """Without it ``zerotier-cli join`` says 200 all the same, and the network never appears."""
    if cluster.overlay.driver is not Driver.ZEROTIER:
        return
    if facts.tun_device:
        yield TUN_DEVICE.ok(node.name, T("It is there."))
    elif facts.features.get("tun") is Feature.LOADABLE:
        yield TUN_DEVICE.ok(
            node.name, T("It comes with the module tun."), T("The phase `system` loads the module.")
        )
    else:
        yield TUN_DEVICE.stop(
            node.name,
            T("It is missing."),
            T(
                "modprobe tun; or, in a container, switch on TUN/TAP in the provider's panel and"
                " restart the machine."
            ),
        )


def settings(cluster: Cluster, node: Node, facts: NodeFacts) -> Iterator[Finding]:
    """Settings that the phase ``system`` writes: shown, never in the way."""
    for name, (wanted, kubeadm) in WANTED.items():
        rule = Rule(
            f"sysctl:{name}",
            T("The kernel setting {name}.", name=name),
            T("{wanted}", wanted=wanted),
            kubeadm,
        )
        value = facts.sysctls.get(name)
        fix = T("The phase `system` sets {name} = {wanted}, also for later boots.", name=name, wanted=wanted)
        seen = T("Not there yet.") if value is None else T("{value}", value=value)
        if value == wanted:
            yield rule.ok(node.name, seen)
        else:
            yield rule.ok(node.name, seen, fix)
