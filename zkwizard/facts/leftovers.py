"""What an earlier cluster left, whether ours or another: files, links, packet filter chains.

The places are those that ``kubeadm reset`` leaves as they are (seen after a real one) and those of other
distributions of Kubernetes. ZeroTier's interfaces are never among them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from zkwizard.facts.fact import Fact, first_line, number

FILES = (
    "/etc/kubernetes/manifests/*.yaml",
    "/etc/kubernetes/*.conf",
    "/etc/cni/net.d/*",
    "/run/flannel/subnet.env",
    "/usr/local/bin/kubelet",
    "/usr/local/bin/kubeadm",
    "/usr/local/bin/k3s",
    "/usr/local/bin/k0s",
    "/var/lib/rancher",
    "/var/lib/k0s",
    "/var/snap/microk8s",
)
FULL = ("/var/lib/etcd", "/var/lib/cni/networks", "/var/lib/calico", "/var/lib/dockershim")
"""Directories that count when something is in them."""
LINKS = ("cni0", "flannel*", "kube-ipvs0", "kube-bridge", "nodelocaldns", "cilium_*", "cali*", "vxlan.calico")

_CHAINS = "KUBE|FLANNEL|CNI|cali|CILIUM"

PATHS_SCRIPT = f"""\
for f in {" ".join(FILES)}; do
  [ -e "$f" ] || continue
  case $f in /usr/local/bin/kube*) dpkg -S "$f" || rpm -qf "$f" ;; *) false ;; esac >/dev/null ||
    echo "path $f"
done
for d in {" ".join(FULL)}; do [ -d "$d" ] && [ -n "$(ls -A "$d")" ] && echo "path $d"; done
cd /sys/class/net && for l in {" ".join(LINKS)}; do [ -e "$l" ] && echo "link $l"; done
"""
# The legacy tools would load their modules when asked, so they are asked only where their tables exist.
CHAINS_SCRIPT = f"""\
count() {{ awk -v n="$1" '
  /^:({_CHAINS})[-_]/ {{ c++ }}
  /^[*]/ {{ t = $1 }}
  t == "*filter" && (/^:INPUT (DROP|REJECT)/ || /^-A INPUT -j (DROP|REJECT)/) {{ b = 1 }}
  END {{ if (c) print "chains", n, c; if (b) print "blocked", n }}'; }}
timeout 5 iptables-save | count iptables
timeout 5 ip6tables-save | count ip6tables
[ -n "$(cat /proc/net/ip_tables_names)" ] && timeout 5 iptables-legacy-save | count iptables-legacy
"""
SERVER_SCRIPT = "sed -n 's/^ *server: *//p' /etc/kubernetes/kubelet.conf"

_LINK = re.compile(r"link [!-~]{1,15}")
_SERVER = re.compile(r"https?://\S{1,300}")


@dataclass(frozen=True)
class Filters:
    """Chains left behind, and whether IPv4's INPUT lets in only what a rule accepts."""

    chains: tuple[str, ...] = ()
    input_blocked: bool = False


def parse_paths(text: str) -> tuple[str, ...]:
    """Paths as they are, links as ``link cni0``."""
    found = []
    for line in (line.strip() for line in text.split("\n")):
        if line.startswith("path /"):
            found.append(line[len("path ") :])
        elif _LINK.fullmatch(line):
            found.append(line)
    return tuple(dict.fromkeys(found))


def parse_filters(text: str) -> Filters:
    """``chains iptables 34`` and ``blocked iptables`` lines."""
    rows = [line.split() for line in text.split("\n")]
    chains = [f"chains {row[1]} {number(row[2])}" for row in rows if len(row) == 3 and row[0] == "chains"]
    blocked = any(row[:1] == ["blocked"] and row[1:2] != ["ip6tables"] for row in rows)
    return Filters(tuple(chains), blocked)


def parse_server(text: str) -> str:
    """The address of the API server."""
    word = first_line(text).strip("\"'")
    return word if _SERVER.fullmatch(word) else ""


PATHS = Fact("leftovers", PATHS_SCRIPT, parse_paths)
CHAINS = Fact("chains", CHAINS_SCRIPT, parse_filters)
SERVER = Fact("kubelet-server", SERVER_SCRIPT, parse_server)
