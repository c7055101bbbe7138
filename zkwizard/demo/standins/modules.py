"""modprobe and lsmod: what is built into this machine's kernel succeeds, the rest fails as without
/lib/modules.
"""

from __future__ import annotations

import os
import sys

from . import state

# Feature → a path that exists when the kernel has it.
_SIGNS = {
    "br_netfilter": "/proc/sys/net/bridge",
    "nf_conntrack": "/proc/sys/net/netfilter",
    "tun": "/dev/net/tun",
}
_COMMON = (
    "overlay",
    "br_netfilter",
    "vxlan",
    "nf_conntrack",
    "tun",
    "ip_vs",
    "ip_vs_rr",
    "ip_vs_wrr",
    "ip_vs_sh",
    "bridge",
    "veth",
    "ip_tables",
    "ip6_tables",
    "iptable_nat",
    "nf_nat",
    "dm_mod",
    "wireguard",
    "nf_tables",
    "xt_conntrack",
)


def main(argv: list[str]) -> int:
    loaded = state.read(state.mine()).get("modules", [])
    if argv[0] == "lsmod":
        print("Module                  Size  Used by")
        for name in loaded:
            print(f"{name:<19} {32768:>8}  0")
        return 0
    names = [w.replace("-", "_") for w in argv[1:] if not w.startswith("-")]
    every = "-a" in argv or "--all" in argv
    for name in names if every else names[:1]:
        if name not in _COMMON:
            print(
                f"modprobe: FATAL: Module {name} not found in directory /lib/modules/{os.uname().release}",
                file=sys.stderr,
            )
            return 1
        if "-r" not in argv and "-n" not in argv and "--dry-run" not in argv and name not in loaded:
            with state.change(state.mine()) as document:
                document.setdefault("modules", []).append(name)
    return 0
