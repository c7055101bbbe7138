"""What the kernel offers: modules, whether loaded, built in or loadable; kernel settings; control groups."""

from __future__ import annotations

from dataclasses import dataclass, field

from zkwizard.facts.fact import Fact, first_line
from zkwizard.model.facts import Feature

MODULES = ("br_netfilter", "overlay", "vxlan", "nf_conntrack", "tun")
SYSCTLS = (
    "net/ipv4/ip_forward",
    "net/bridge/bridge-nf-call-iptables",
    "net/bridge/bridge-nf-call-ip6tables",
    "net/ipv4/conf/all/rp_filter",
    "net/ipv4/conf/default/rp_filter",
    "net/ipv4/conf/all/route_localnet",
    "net/netfilter/nf_conntrack_max",
    "fs/inotify/max_user_instances",
    "fs/inotify/max_user_watches",
    "kernel/panic",
    "vm/overcommit_memory",
)
_WORDS = {
    "loaded": Feature.LOADED,
    "builtin": Feature.BUILT_IN,
    "loadable": Feature.LOADABLE,
    "missing": Feature.MISSING,
}


@dataclass(frozen=True)
class Features:
    """State of each module's feature, and whether /dev/net/tun is there."""

    modules: dict[str, Feature] = field(default_factory=dict)
    tun_device: bool = True


# A module that is not there is not a feature that is not there: a kernel may have everything built in and no
# /lib/modules at all, so each module also has its own evidence in /proc or /sys.
FEATURES_SCRIPT = f"""\
read -r r </proc/sys/kernel/osrelease
b=$(grep -oE '/({"|".join(MODULES)})[.]ko' "/lib/modules/$r/modules.builtin")
evidence() {{
  case $1 in
    br_netfilter) [ -d /proc/sys/net/bridge ] ;;
    overlay) grep -qw overlay /proc/filesystems ;;
    vxlan) grep -qw vxlan_dev_create /proc/kallsyms ;;
    nf_conntrack) [ -e /proc/sys/net/netfilter/nf_conntrack_max ] ;;
    tun) [ -e /sys/class/misc/tun ] ;;
    *) false ;;
  esac
}}
config() {{
  case $1 in
    br_netfilter) k=BRIDGE_NETFILTER ;;
    overlay) k=OVERLAY_FS ;;
    vxlan) k=VXLAN ;;
    nf_conntrack) k=NF_CONNTRACK ;;
    *) k=TUN ;;
  esac
  grep -qx "CONFIG_$k=y" "/boot/config-$r" || zcat /proc/config.gz | grep -qx "CONFIG_$k=y"
}}
for m in {" ".join(MODULES)}; do
  if [ -e "/sys/module/$m/initstate" ]; then s=loaded
  elif [ -d "/sys/module/$m" ] || [ "${{b#*/$m.}}" != "$b" ]; then s=builtin
  elif evidence $m || config $m; then s=builtin
  elif timeout 5 modprobe -n -q $m; then s=loadable
  else s=missing
  fi
  echo "$m $s"
done
[ -c /dev/net/tun ] && echo "tun-device yes" || echo "tun-device no"
"""
# By a tool that reads in one go: files of /proc/sys end after the first read, and dash reads byte by byte.
SYSCTLS_SCRIPT = f"""\
cd /proc/sys && grep -H . {" ".join(SYSCTLS)}
"""
CGROUP_SCRIPT = """\
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then echo cgroup2fs; else stat -f -c %T /sys/fs/cgroup; fi
"""


def parse_features(text: str) -> Features:
    """``module state`` lines."""
    words = dict(line.split() for line in text.split("\n") if len(line.split()) == 2)
    modules = {name: _WORDS[words[name]] for name in MODULES if words.get(name) in _WORDS}
    return Features(modules, words.get("tun-device") != "no")


def parse_sysctls(text: str) -> dict[str, str]:
    """``net/ipv4/ip_forward:1`` lines, by the names that sysctl uses."""
    pairs = (line.strip().partition(":") for line in text.split("\n"))
    return {path.replace("/", "."): value.strip() for path, _, value in pairs if path in SYSCTLS}


def parse_controllers(text: str) -> tuple[str, ...]:
    """The words of cgroup.controllers."""
    return tuple(first_line(text).split())


FEATURES = Fact("features", FEATURES_SCRIPT, parse_features)
SYSCTL = Fact("sysctls", SYSCTLS_SCRIPT, parse_sysctls)
CGROUP = Fact("cgroup", CGROUP_SCRIPT, first_line)
CONTROLLERS = Fact(
    "cgroup-controllers", 'read -r line </sys/fs/cgroup/cgroup.controllers && echo "$line"', parse_controllers
)
