"""The packet filter rules of kube-proxy, the kubelet and flannel, as they stood on a real node, put into the node's
own filter. Those that would redirect packets are left out, as nobody stands behind their addresses here.

A kernel that lacks a match loses the rule with it, and one without a packet filter all of them.
"""

from __future__ import annotations

import shutil
import subprocess

_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
_HINTS = ["KUBE-IPTABLES-HINT", "KUBE-KUBELET-CANARY", "KUBE-PROXY-CANARY"]
_FILTER = [
    "KUBE-EXTERNAL-SERVICES", "KUBE-FIREWALL", "KUBE-FORWARD", "KUBE-KUBELET-CANARY", "KUBE-NODEPORTS",
    "KUBE-PROXY-CANARY", "KUBE-PROXY-FIREWALL", "KUBE-SERVICES",
]  # fmt: skip
_NAT = [
    "KUBE-KUBELET-CANARY", "KUBE-MARK-MASQ", "KUBE-NODEPORTS", "KUBE-POSTROUTING", "KUBE-PROXY-CANARY", "KUBE-SERVICES",
]  # fmt: skip
_NEW = "-m conntrack --ctstate NEW -m comment --comment"
_JUMPS = [
    f'-A INPUT {_NEW} "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL',
    '-A INPUT -m comment --comment "kubernetes health check service ports" -j KUBE-NODEPORTS',
    f'-A INPUT {_NEW} "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES',
    "-A INPUT -j KUBE-FIREWALL",
    f'-A FORWARD {_NEW} "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL',
    '-A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD',
    f'-A FORWARD {_NEW} "kubernetes service portals" -j KUBE-SERVICES',
    f'-A OUTPUT {_NEW} "kubernetes service portals" -j KUBE-SERVICES',
    "-A OUTPUT -j KUBE-FIREWALL",
    '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT',
]
_NAT_JUMPS = [
    '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    '-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    '-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING',
    "-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000",
    "-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN",
    '-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE',
    '-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this '
    'chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS',
]


def put(pods: str, own: str) -> None:
    """Once; ``pods`` is the pod network, ``own`` this node's share of it."""
    for tool, more in (("iptables", _flannel(pods, own)), ("ip6tables", ([], [], [], []))):
        save, restore = (shutil.which(f"{tool}-{verb}", path=_PATH) for verb in ("save", "restore"))
        if not save or not restore:
            continue
        here = subprocess.run([save], capture_output=True, text=True).stdout
        if ":KUBE-SERVICES " in here:
            continue
        for table, chains, rules in (
            ("mangle", _HINTS, []),
            ("filter", [*_FILTER, *more[0]], [*_JUMPS, *more[1]]),
            ("nat", [*_NAT, *more[2]], [*_NAT_JUMPS, *more[3]]),
        ):
            _restore(restore, table, chains, rules)


def _flannel(pods: str, own: str) -> tuple[list[str], list[str], list[str], list[str]]:
    masq = '-m comment --comment "flanneld masq"'
    forward = '-m comment --comment "flanneld forward"'
    return (
        ["FLANNEL-FWD"],
        [
            f"-A FORWARD {forward} -j FLANNEL-FWD",
            f"-A FLANNEL-FWD -s {pods} {forward} -j ACCEPT",
            f"-A FLANNEL-FWD -d {pods} {forward} -j ACCEPT",
        ],
        ["FLANNEL-POSTRTG"],
        [
            f"-A POSTROUTING {masq} -j FLANNEL-POSTRTG",
            f"-A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 {masq} -j RETURN",
            f"-A FLANNEL-POSTRTG -s {own} -d {pods} {masq} -j RETURN",
            f"-A FLANNEL-POSTRTG -s {pods} ! -d 224.0.0.0/4 {masq} -j MASQUERADE",
        ],
    )


def _restore(restore: str, table: str, chains: list[str], rules: list[str]) -> None:
    """All at once; where the kernel refuses that, rule by rule."""
    head = f"*{table}\n" + "".join(f":{chain} - [0:0]\n" for chain in chains)
    if _feed(restore, head + "".join(f"{rule}\n" for rule in rules) + "COMMIT\n"):
        return
    _feed(restore, f"{head}COMMIT\n")
    for rule in rules:
        _feed(restore, f"*{table}\n{rule}\nCOMMIT\n")


def _feed(restore: str, text: str) -> bool:
    done = subprocess.run([restore, "--noflush"], input=text.encode(), capture_output=True)
    return done.returncode == 0
