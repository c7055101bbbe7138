"""Everything of a practice node that a reset must leave as it was: files, links, rules, settings, units."""

from __future__ import annotations

from tests.practice.commands import inside
from zkwizard.demo.practice import Practice

_NOT_THE_MACHINE = (
    "/proc /sys /dev /tmp /root/.pyenv /var/lib/practice /usr/local/lib/practice /usr/local/share/practice"
)
_FIND = (
    "find / /usr/local -xdev \\( -name 'practice-*.ready' "
    + " ".join(f"-o -path {path}" for path in _NOT_THE_MACHINE.split())
    + " \\) -prune -o "
)
_FILES = _FIND + r"-printf '%p\t%y %m %U:%G %l\n' || :"
_SUMS = _FIND + "-type f -exec sha256sum {} + 2>/dev/null || :"
_UNITS = """\
systemctl list-unit-files --no-legend | while read -r unit _; do
  echo "$unit $(systemctl is-enabled "$unit" 2>/dev/null) $(systemctl is-active "$unit" 2>/dev/null)"
done
"""
_RULES = """\
for tool in iptables-nft iptables-legacy ip6tables-nft ip6tables-legacy; do
  $tool-save 2>/dev/null | grep -E '^(-A|:[^ ]* -)|^:[^ ]* DROP' | sed "s/^/$tool /; s/ \\[[0-9:]*\\]//"
done
"""
_STATE = """\
hostname; cat /etc/hostname; sed 1d /proc/swaps; ip -o link | sed 's/^[0-9]*: //; s/@.*//; s/:.*//'
ip -o -4 addr | awk '{ print $2, $4 }'; ip route; ip netns; cut -d' ' -f2 /proc/self/mounts |
  grep -vx /run/netns
for key in kernel.panic kernel.panic_on_oops vm.overcommit_memory fs.inotify.max_user_watches; do
  sysctl "$key"; done
for f in $(find /proc/sys/net -type f -perm -200 ! -path '*/neigh/*' ! -path '*/conf/[!ad]*'); do
  echo "$f $(cat "$f" 2>/dev/null)"; done
"""


def files(practice: Practice, node: str) -> dict[str, str]:
    """Path → kind, mode, owner, link target and content's hash."""
    found = dict(line.split("\t") for line in inside(practice, node, _FILES).splitlines())
    for line in inside(practice, node, _SUMS).splitlines():
        digest, _, path = line.partition("  ")
        found[path] = f"{found.get(path, '')} {digest}"
    return found


def machine(practice: Practice, node: str) -> set[str]:
    """Lines about everything that is no file."""
    return {
        line.strip()
        for text in (_UNITS, _RULES, _STATE)
        for line in inside(practice, node, text).splitlines()
    }


def rules(practice: Practice, node: str) -> list[str]:
    """The packet filter's rules, chains and policies that are not the default, in their order."""
    return inside(practice, node, _RULES).splitlines()
