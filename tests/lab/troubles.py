"""What may be the matter with a machine, done to it with its own means, and undone."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.lab.machine import Machine

HOLDS = """\
cd /; apt-get update -qq
held='touch /run/held; while [ -e /run/held ]; do sleep 0.1; done'
setsid apt-get install -qq socat -o DPkg::Pre-Invoke::="$held" >/run/other-apt 2>&1 </dev/null &
while [ ! -e /run/held ]; do sleep 0.05; done
pgrep -ox apt-get
"""
"""Another apt at work, until /run/held is taken away; prints its process."""

ASKS = """\
#!/bin/sh
[ "$1" = zerotier-one ] || exit 0
cat >/run/questions <<'X'
Template: lab/licence
Type: select
Choices: no, yes
Default: no
Description: Do you agree to the licence?
 Nothing goes on without an answer.
X
cat >/run/asks <<'X'
#!/bin/sh
. /usr/share/debconf/confmodule
db_x_loadtemplatefile /run/questions lab
db_fset lab/licence seen false
db_input critical lab/licence || echo "asked: $?" >>/run/answers
db_go || :
db_get lab/licence
echo "answer: $RET" >>/run/answers
X
chmod 755 /run/asks
/run/asks
"""
"""A postinst hook that asks by debconf, as important as can be."""

_NEEDRESTART = """\
#!/bin/sh
echo "asked by $(cat /proc/$PPID/comm): which services should be restarted?" >>/run/restarts
read -r answer
"""

_FILLS = "/etc/apt/apt.conf.d/99fills"

_DATE = """\
#!/bin/sh
exec /bin/date -d '10 minutes' "$@"
"""

# What the kernel shows of bridges goes, and the configuration that tells that it is built in.
_NO_BRIDGE_FILTER = """\
mkdir -p /run/net && mount -t tmpfs none /run/net && mount --make-private /run/net
for path in /proc/sys/net/*; do
  name=${path##*/}
  [ "$name" != bridge ] || continue
  mkdir "/run/net/$name" && mount --rbind "$path" "/run/net/$name"
done
mount --rbind /run/net /proc/sys/net
mount --bind /dev/null /proc/config.gz
"""

_SWAP_TOOL = """\
#!/bin/sh
# The areas of a machine whose kernel is not its own.
areas=/run/areas
[ -e $areas ] || echo 'Filename Type Size Used Priority' >$areas
mountpoint -q /proc/swaps || mount --bind $areas /proc/swaps
case ${0##*/} in
swapon) grep -q "^$1 " $areas || echo "$1 file 524284 0 -2" >>$areas ;;
swapoff)
  case $1 in -a) set -- '[^F]*' ;; esac
  sed "\\\\|^$1 |d" $areas >$areas.new
  cat $areas.new >$areas
  ;;
esac
"""
_SWAP_GENERATOR = """\
#!/bin/sh
# What systemd's own generator makes of fstab where the machine is no container.
awk '$1 !~ /^#/ && $3 == "swap" { print $1 }' /etc/fstab | while read -r what; do
  unit=$(systemd-escape --path --suffix=swap "$what")
  printf '[Unit]\\nSourcePath=/etc/fstab\\n[Swap]\\nWhat=%s\\n' "$what" >"$1/$unit"
  mkdir -p "$1/swap.target.requires"
  ln -sf "../$unit" "$1/swap.target.requires/$unit"
done
"""
_SWAP_AT_BOOT = """\
#!/bin/sh
# systemd starts units of type swap everywhere but in containers: here this does.
for unit in $(systemctl show --property Requires,Wants --value swap.target); do
  [ "${unit%.swap}" != "$unit" ] || continue
  [ "$(systemctl show --property LoadState --value $unit)" = loaded ] || continue
  swapon "$(systemctl show --property What --value $unit)"
done
"""
SWAPS = ("/swap.img", "/data/swap", "/dev/zram0")
"""By fstab and its generated unit, by a unit of its own, and by a service."""
_ONESHOT = "[Service]\nType=oneshot\nRemainAfterExit=yes\n{lines}\n[Install]\nWantedBy={target}\n"
_UNITS = "/etc/systemd/system"

PROVIDER = "vps-4711"
_CLOUD = """\
datasource_list: [NoCloud]
network: {config: disabled}
cloud_init_modules: [set_hostname, update_hostname, update_etc_hosts]
cloud_config_modules: []
cloud_final_modules: []
"""


def wants_to_ask(machine: Machine) -> None:
    """debconf asks when ZeroTier is installed, and needrestart after every package."""
    machine.write("/etc/lab/postinst", ASKS, 0o755)
    machine.write("/usr/sbin/needrestart", _NEEDRESTART, 0o755)


def wrong_clock(machine: Machine) -> None:
    """Ten minutes ahead, for whoever asks."""
    machine.write("/usr/local/bin/date", _DATE, 0o755)


def right_clock(machine: Machine) -> None:
    """As it is."""
    machine.run("rm /usr/local/bin/date")


def no_bridge_filter(machine: Machine) -> None:
    """A kernel without br_netfilter; its configuration can't be read either."""
    machine.run(_NO_BRIDGE_FILTER)


def bridge_filter(machine: Machine) -> None:
    """The kernel as it is, but for its configuration, which still can't be read."""
    machine.run("umount -l /proc/sys/net && umount -l /run/net")


def read_only(machine: Machine, folder: str) -> None:
    """As after an error of the disk."""
    machine.run(f"mount --bind {folder} {folder} && mount -o remount,ro,bind {folder}")


def writable(machine: Machine, folder: str) -> None:
    """Mounted as it was."""
    machine.run(f"umount {folder}")


def fill(machine: Machine, but: int = 0) -> None:
    """The disk has `but` bytes left."""
    machine.run("cat /dev/zero >/fill 2>/dev/null || :")
    if but:
        machine.run(f"truncate -s -{but} /fill")


def fill_at_installation(machine: Machine) -> None:
    """A package's own script fails for want of room, and none is left when apt ends."""
    machine.write("/etc/lab/postinst", "#!/bin/sh\ncat /dev/zero >/fill\n", 0o755)
    machine.write(_FILLS, 'DPkg::Post-Invoke { "cat /dev/zero >>/fill || :"; };\n')


def free(machine: Machine) -> None:
    """Room again."""
    machine.run(f"rm -f /fill /etc/lab/postinst {_FILLS}")


@contextmanager
def full_disk(machine: Machine) -> Iterator[None]:
    """A machine with a disk of its own, as small as what is on it."""
    disk = os.statvfs(machine.folder)
    used = (disk.f_blocks - disk.f_bfree) * disk.f_frsize
    resize = "mount", "-o", f"remount,size={used + (1 << 16)}", str(machine.folder)
    subprocess.run(resize, check=True)
    try:
        yield
    finally:
        resize = "mount", "-o", f"remount,size={machine.size}", str(machine.folder)
        subprocess.run(resize, check=True)


def swap_on(machine: Machine) -> None:
    """A running machine swaps, and will at every boot."""
    _swap_tools(machine)
    machine.run(f"swapon {SWAPS[0]}")


def _swap_tools(machine: Machine) -> None:
    for name in ("swapon", "swapoff"):
        (machine.root / "usr/sbin" / name).unlink()
        machine.write(f"/usr/sbin/{name}", _SWAP_TOOL, 0o755)
    machine.write("/etc/fstab", f"tmpfs /mnt tmpfs defaults 0 0\n{SWAPS[0]}\tnone\tswap\tsw\t0\t0\n")


def swaps(machine: Machine) -> None:
    """A machine that is not started yet will swap, in three ways (see SWAPS)."""
    _swap_tools(machine)
    machine.write("/etc/systemd/system-generators/lab-swap", _SWAP_GENERATOR, 0o755)
    machine.write(f"{_UNITS}/data-swap.swap", f"[Swap]\nWhat={SWAPS[1]}\n[Install]\nWantedBy=swap.target\n")
    zram = f"ExecStart=/usr/sbin/swapon {SWAPS[2]}\nExecStop=/usr/sbin/swapoff {SWAPS[2]}"
    machine.write(f"{_UNITS}/zramswap.service", _ONESHOT.format(lines=zram, target="multi-user.target"))
    machine.write("/usr/local/sbin/boot-swap", _SWAP_AT_BOOT, 0o755)
    boot = "ExecStart=/usr/local/sbin/boot-swap"
    machine.write(f"{_UNITS}/boot-swap.service", _ONESHOT.format(lines=boot, target="multi-user.target"))
    for unit, target in (
        ("data-swap.swap", "swap"),
        ("zramswap.service", "multi-user"),
        ("boot-swap.service", "multi-user"),
    ):
        link = machine.root / f"etc/systemd/system/{target}.target.wants" / unit
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(f"{_UNITS}/{unit}")


def cloud_init(machine: Machine) -> None:
    """A machine that is not started yet has its name and its hosts file from the provider, at every boot."""
    (machine.root / "etc/cloud/cloud-init.disabled").unlink()
    machine.write("/etc/cloud/cloud.cfg.d/90-provider.cfg", _CLOUD)
    seed = "/var/lib/cloud/seed/nocloud"
    machine.write(f"{seed}/meta-data", f"instance-id: i-1\nlocal-hostname: {PROVIDER}\n")
    machine.write(f"{seed}/user-data", "#cloud-config\nmanage_etc_hosts: true\n")
