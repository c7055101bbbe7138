"""What Kubernetes wants of the system, now and after a reboot.

Sources: kubernetes.io (container runtimes, swap), kubeadm 1.36's preflight, and flannel's README, which asks
for br_netfilter although kubeadm does not check it any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from zkwizard.model.context import Context
from zkwizard.model.phase import On, Phase
from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.phases.addresses import uses_zerotier
from zkwizard.phases.firewall import firewalls
from zkwizard.phases.swap import swap_off
from zkwizard.steps.shell import words
from zkwizard.steps.vocabulary import command, file, kernel_minimums, kernel_settings, modules, where

_MODULES = ("overlay", "br_netfilter", "vxlan", "nf_conntrack")
_FORWARDING = {
    "net.ipv4.ip_forward": "1",
    "net.bridge.bridge-nf-call-iptables": "1",
    "net.bridge.bridge-nf-call-ip6tables": "1",
}
_OF_OTHERS = (
    "net.ipv4.conf.all.route_localnet",
    "net.netfilter.nf_conntrack_max",
    "net.netfilter.nf_conntrack_tcp_timeout_close_wait",
    "net.netfilter.nf_conntrack_tcp_timeout_established",
    "kernel.panic",
    "kernel.panic_on_oops",
    "vm.overcommit_memory",
)
"""What kube-proxy and the kubelet set without asking (their sources; route_localnet: seen on a real node)."""
_INOTIFY = {"fs.inotify.max_user_instances": 512, "fs.inotify.max_user_watches": 524288}
_NM_RELOAD = "! zk_active NetworkManager.service || systemctl reload NetworkManager.service"


def steps(context: Context) -> Sequence[Step]:
    """Facts only leave out what the machine does not have; what a step changes is asked on the node."""
    own = context.own
    found = [_selinux()] if own is None or own.selinux else []
    found += firewalls(context)
    if not context.node.keeps_swap:
        found += swap_off()
    tun = ("tun",) if uses_zerotier(context.cluster) else ()
    found += [
        modules(
            "modules",
            T("The kernel has what containers and flannel need"),
            T("Layered file systems, filtering of bridged packets, VXLAN, connection tracking."),
            path="/etc/modules-load.d/zkwizard.conf",
            names=(*_MODULES, *tun),
        ),
        _noted(),
        kernel_settings(
            "forwarding",
            T("The kernel forwards and filters the pods' packets"),
            T("kubeadm refuses to go on without ip_forward, and services fail without the bridge's."),
            path="/etc/sysctl.d/99-zkwizard.conf",
            settings=_FORWARDING,
        ),
        kernel_minimums(
            "inotify",
            T("Enough inotify watches"),
            T("kubelet, containerd and every pod's log take some; Debian's default of 128 is soon used up."),
            path="/etc/sysctl.d/60-zkwizard-inotify.conf",
            settings=_INOTIFY,
        ),
    ]
    if own is None or own.network_manager:
        found.append(_network_manager())
    return [*found, _clock()]


def _noted() -> Step:
    """Only while no cluster runs here: then they are still the machine's own."""
    each = f"for zk_s in {words(*_OF_OTHERS)}; do"
    known = 'zk_has_note sysctl "$zk_s" || ! sysctl -n "$zk_s" >/dev/null 2>&1'
    return command(
        "settings-noted",
        T("Kernel settings that Kubernetes will change are noted"),
        T("kube-proxy and the kubelet set them without asking; a reset puts them back."),
        check=f"[ ! -e /etc/kubernetes/kubelet.conf ] || exit 0\n{each}\n  {known} || exit 1\ndone",
        apply=f'{each}\n  {known} || zk_note sysctl "$zk_s" "$(sysctl -n "$zk_s")"\ndone',
        undo=f'{each}\n  zk_setting_back "$zk_s" "$(sysctl -n "$zk_s" 2>/dev/null || :)"\ndone',
        receipt=" || ".join(f"zk_has_note sysctl {name}" for name in _OF_OTHERS),
    )


def _selinux() -> Step:
    config = "/etc/selinux/config"
    return where(
        "command -v getenforce >/dev/null",
        command(
            "selinux",
            T("SELinux is permissive"),
            T("kubeadm's own documents ask for it: enforcing breaks pods that write to the node."),
            check=f'[ "$(getenforce)" != Enforcing ] && ! grep -qs "^SELINUX=enforcing" {config}',
            apply=(
                'zk_note selinux mode "$(getenforce)"\n'
                f"if grep -qs '^SELINUX=enforcing' {config}; then\n"
                f"  sed 's/^SELINUX=enforcing/SELINUX=permissive/' {config} >\"$ZK_DIR/selinux\"\n"
                f'  zk_put {config} 644 <"$ZK_DIR/selinux"\nfi\n'
                '[ "$(getenforce)" != Enforcing ] || setenforce 0'
            ),
            undo=(
                f"zk_restore {config}\n"
                'if [ "$(zk_noted selinux mode || :)" = Enforcing ]; then setenforce 1; fi\n'
                "zk_forget selinux mode"
            ),
            receipt=f"zk_has_note selinux mode || zk_may_restore {config}",
        ),
    )


def _network_manager() -> Step:
    """NetworkManager takes interfaces that it does not know, and their addresses with them."""
    names = ";".join(f"interface-name:{prefix}*" for prefix in ("flannel", "cni", "veth", "zt"))
    path = "/etc/NetworkManager/conf.d/90-zkwizard.conf"
    step = file(
        "network-manager",
        T("NetworkManager leaves the cluster's interfaces alone"),
        T("It would take the addresses off interfaces that it did not make."),
        path=path,
        content=f"[keyfile]\nunmanaged-devices={names}\n",
    )
    step = replace(step, apply=f"{step.apply}\n{_NM_RELOAD}", undo=f"{step.undo}\n{_NM_RELOAD}")
    return where("zk_active NetworkManager.service", step)


def _clock() -> Step:
    """Never stops a run: some providers set the clock from outside, where nothing can be switched on.

    Without D-Bus timedatectl says nothing at all, and only the services themselves can be asked for.
    """
    show = "timedatectl show --value -p"
    known = words(*(f"{name}.service" for name in ("systemd-timesyncd", "chrony", "ntpsec", "ntp")))
    return command(
        "clock",
        T("The clock is kept right"),
        T("Certificates are refused by a node whose clock is wrong, and etcd's leases run out."),
        check=(
            f"zk_can=$({show} CanNTP 2>/dev/null) || zk_can=unknown\n"
            'if [ "$zk_can" = unknown ]; then\n'
            f"  for zk_u in {known}; do ! zk_active $zk_u || exit 0; done\n"
            "  echo 'warning: timedatectl does not answer here, and no time service is known to run'\n"
            "  exit 0\nfi\n"
            f'[ "$({show} NTPSynchronized)" = yes ] || [ "$({show} NTP)" = yes ] || {{\n'
            '  [ "$zk_can" != yes ] &&\n'
            "    echo 'warning: no time service is installed, so nobody corrects this clock'\n}"
        ),
        apply=(
            f'zk_note clock ntp "$({show} NTP)"\n'
            "timedatectl set-ntp true || echo 'warning: the time service could not be switched on'"
        ),
        verify=":",
        undo=(
            'if [ "$(zk_noted clock ntp || :)" = no ]; then timedatectl set-ntp false || :; fi\n'
            "zk_forget clock ntp"
        ),
        receipt="zk_has_note clock ntp",
    )


PHASE = Phase(
    id="system",
    title=T("Prepare the system"),
    summary=T("Swap, kernel modules and settings, firewall, SELinux and the clock, now and after a reboot."),
    on=On.ALL,
    steps=steps,
)
