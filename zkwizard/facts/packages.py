"""Packages that matter here, and who holds the package manager's lock."""

from __future__ import annotations

import re

from zkwizard.facts.fact import Fact

NAMES = (
    "kubelet",
    "kubeadm",
    "kubectl",
    "cri-tools",
    "kubernetes-cni",
    "containerd",
    "containerd.io",
    "runc",
    "docker.io",
    "docker-ce",
    "cri-dockerd",
    "podman",
    "zerotier-one",
    "iptables",
    "nftables",
    "ethtool",
    "conntrack",
    "socat",
    "chrony",
    "ntp",
    "ntpsec",
    "systemd-timesyncd",
    "ufw",
    "firewalld",
    "cloud-init",
    "apparmor",
)
LOCKS = (
    "/var/lib/dpkg/lock-frontend",
    "/var/lib/dpkg/lock",
    "/var/lib/apt/lists/lock",
    "/var/cache/apt/archives/lock",
)
"""Files that dpkg and apt lock by fcntl(2), so that /proc/locks knows the process."""

_VERSION = re.compile(r"[A-Za-z0-9.+:~^_-]+")

INSTALLED_SCRIPT = f"""\
if command -v dpkg-query >/dev/null; then
  dpkg-query -W -f '${{db:Status-Status}} ${{Package}} ${{Version}}\\n' {" ".join(NAMES)}
else
  rpm -q --qf 'installed %{{NAME}} %{{VERSION}}-%{{RELEASE}}\\n' {" ".join(NAMES)}
fi
"""
# The same number may name files of two file systems, so the process must also have that file open.
LOCK_SCRIPT = f"""\
stat -c '%i %n' {" ".join(LOCKS)} | awk '
  NR == FNR {{ name[$1] = $2; next }}
  {{ sub(/.*:/, "", $6) }}
  $2 != "->" && $6 in name {{ print $5, name[$6] }}' - /proc/locks | while read -r p f; do
  ls -l "/proc/$p/fd" | grep -q "$f\\$" && echo "$p $(cat "/proc/$p/comm")"
done
"""


def parse_installed(text: str) -> dict[str, str]:
    """``installed name version`` lines; packages removed but for their configuration don't count."""
    rows = (line.split() for line in text.split("\n"))
    return {
        row[1]: row[2]
        for row in rows
        if len(row) == 3 and row[0] == "installed" and row[1] in NAMES and _VERSION.fullmatch(row[2])
    }


def parse_lock(text: str) -> str:
    """``unattended-upgr (process 812)``: the first one that holds any of the locks."""
    for line in text.split("\n"):
        pid, _, name = line.strip().partition(" ")
        if pid.isascii() and pid.isdigit():
            return f"{name.strip() or 'a process'} (process {pid})"
    return ""


INSTALLED = Fact("packages", INSTALLED_SCRIPT, parse_installed)
LOCK = Fact("package-lock", LOCK_SCRIPT, parse_lock)
