"""Swap, SELinux, firewalls, kernel settings and the clock."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.phases.answers import cluster, context, only
from tests.unit.phases.scratch_node import ScratchNode, tree
from zkwizard.model.step import Step
from zkwizard.phases import system

FSTAB = (
    "# swap was on /dev/sda5 none swap sw 0 0\n"
    "UUID=1 / ext4 errors=remount-ro 0 1\n"
    "/swap.img\tnone\tswap\tsw\t0\t0\n"
    "  /dev/mapper/交換 none swap defaults 0 0\n"
    "/srv/swap /mnt/swap none bind 0 0"
)
SWAPS = (
    "Filename\tType\tSize\tUsed\tPriority\n/swap.img   file\t1048572\t0\t-2\n/my\\040swap   file\t9\t0\t-3\n"
)
SWAP = ("swap-off", "swap-fstab", "swap-units")


def steps(*ids: str, node: str = "node1") -> list[Step]:
    return only(system.steps(context(node)), *ids)


def test_swap_goes_and_comes_back(scratch: ScratchNode) -> None:
    (scratch.etc / "fstab").write_text(FSTAB)
    (scratch.folder / "swaps").write_text(SWAPS)
    scratch.standin("swapoff", "head -n 1 /proc/swaps >$NODE/h; cat $NODE/h >$NODE/swaps")
    scratch.standin("swapon", "")
    zram = (
        'u=zramswap.service; case "$1" in list-unit-files) [ -e $NODE/masked ] || echo $u enabled enabled ;;'
        " is-enabled) echo enabled ;; is-active) echo active ;;"
        " mask) : >$NODE/masked ;; unmask) rm $NODE/masked ;; esac"
    )
    scratch.standin("systemctl", zram)
    before = tree(scratch.etc)
    first = scratch.run(steps(*SWAP))
    assert first.changed == set(SWAP), first.output
    fstab = (scratch.etc / "fstab").read_text().split("\n")
    assert [line for line in fstab if line.startswith("# zkwizard: ")] == [
        "# zkwizard: /swap.img\tnone\tswap\tsw\t0\t0",
        "# zkwizard:   /dev/mapper/交換 none swap defaults 0 0",
    ]
    assert "systemctl mask zramswap.service" in scratch.calls
    assert scratch.run(steps(*SWAP)).changed == set()
    scratch.undo(steps(*SWAP))
    assert tree(scratch.etc) == before
    assert "systemctl start zramswap.service" in scratch.calls
    assert scratch.calls[-2:] == ["swapon /swap.img", "swapon /my swap"]


def test_swap_is_kept_where_the_answers_say_so() -> None:
    assert steps(*SWAP, node="master") == []
    assert len(steps(*SWAP, node="node1")) == 3


def test_undo_of_fstab_keeps_what_others_added(scratch: ScratchNode) -> None:
    (scratch.etc / "fstab").write_text(FSTAB + "\n")
    (scratch.folder / "swaps").write_text(SWAPS.split("\n")[0] + "\n")
    scratch.run(steps(*SWAP))
    with (scratch.etc / "fstab").open("a") as fstab:
        fstab.write("tmpfs /new tmpfs defaults 0 0\n")
    scratch.undo(steps(*SWAP))
    assert (scratch.etc / "fstab").read_text() == FSTAB + "\ntmpfs /new tmpfs defaults 0 0\n"


def test_selinux_becomes_permissive_and_enforcing_again(scratch: ScratchNode) -> None:
    (scratch.etc / "selinux").mkdir()
    (scratch.etc / "selinux" / "config").write_text("# modes\nSELINUX=enforcing\nSELINUXTYPE=targeted\n")
    before = tree(scratch.etc)
    (scratch.folder / "mode").write_text("Enforcing\n")
    scratch.standin("getenforce", "cat $NODE/mode")
    scratch.standin("setenforce", "[ $1 = 0 ] && echo Permissive >$NODE/mode || echo Enforcing >$NODE/mode")
    assert scratch.run(steps("selinux")).hows == {"selinux": "changed"}
    assert "SELINUX=permissive\n" in (scratch.etc / "selinux" / "config").read_text()
    assert scratch.run(steps("selinux")).changed == set()
    scratch.undo(steps("selinux"))
    assert tree(scratch.etc) == before
    assert (scratch.folder / "mode").read_text() == "Enforcing\n"


def test_without_selinux_firewalls_and_network_manager_nothing_is_done(scratch: ScratchNode) -> None:
    ids = ("selinux", "firewalld", "ufw", "network-manager")
    assert scratch.run(steps(*ids)).hows == dict.fromkeys(ids, "unchanged")


def test_ufw_gets_only_the_rules_that_it_lacks(scratch: ScratchNode) -> None:
    scratch.standin(
        "ufw",
        "r=$NODE/rules; touch $r\n"
        'case "$*" in\nstatus) echo "Status: active" ;;\n"show added") sed "s/^/ufw /" $r ;;\n'
        '*delete*) echo "$*" | sed "s/delete //" >$NODE/x; grep -vxFf $NODE/x $r >$NODE/y\n'
        'cat $NODE/y >$r ;;\n*) echo "$*" >>$r ;;\nesac',
    )
    (scratch.folder / "rules").write_text("allow 22/tcp\nallow from 10.9.8.0/24\n")
    assert scratch.run(steps("ufw")).changed == {"ufw"}
    rules = (scratch.folder / "rules").read_text().splitlines()
    assert rules[2:] == [
        "allow from 10.244.0.0/16",
        "route allow from 10.244.0.0/16",
        "route allow to 10.244.0.0/16",
    ]
    assert scratch.run(steps("ufw")).changed == set()
    scratch.undo(steps("ufw"))
    assert (scratch.folder / "rules").read_text() == "allow 22/tcp\nallow from 10.9.8.0/24\n"


def test_firewalld_trusts_now_and_after_a_reload(scratch: ScratchNode) -> None:
    scratch.standin(
        "firewall-cmd",
        'f=$NODE/now; case "$*" in *--permanent*) f=$NODE/stored ;; esac; touch $f; a=${*##*-source=}\n'
        'case "$*" in *--query*) grep -qxF "$a" $f ;; *--add*) echo "$a" >>$f ;;\n'
        '*--remove*) grep -vxF "$a" $f >$NODE/y; cat $NODE/y >$f ;; esac',
    )
    scratch.standin("systemctl", "")
    assert scratch.run(steps("firewalld")).changed == {"firewalld"}
    for name in ("now", "stored"):
        assert (scratch.folder / name).read_text() == "10.9.8.0/24\n10.244.0.0/16\n"
    assert scratch.run(steps("firewalld")).changed == set()
    scratch.undo(steps("firewalld"))
    assert (scratch.folder / "stored").read_text() == ""


def test_network_manager_is_told_and_reloaded(scratch: ScratchNode) -> None:
    scratch.standin("systemctl", "")
    before = tree(scratch.etc)
    assert scratch.run(steps("network-manager")).changed == {"network-manager"}
    assert scratch.calls[-2:] == [
        "systemctl reload NetworkManager.service",
        "systemctl is-active --quiet NetworkManager.service",
    ]
    scratch.undo(steps("network-manager"))
    assert tree(scratch.etc) == before


def test_kernel_settings_are_raised_never_lowered(scratch: ScratchNode) -> None:
    scratch.standin(
        "sysctl",
        "case $1 in -n) cat $NODE/$2 ;;\n"
        "-q) sed 's/ //g' $3 | while IFS== read k v; do echo $v >$NODE/$k; done ;;\n"
        "-qw) echo ${2#*=} >$NODE/${2%%=*} ;; esac",
    )
    (scratch.folder / "fs.inotify.max_user_instances").write_text("128\n")
    (scratch.folder / "fs.inotify.max_user_watches").write_text("1048576\n")
    step = steps("inotify")[0]
    writable = step.check.replace("! -w /proc", "! -e /proc")
    found = [replace(step, check=writable)]
    first = scratch.run(found)
    assert first.changed == {"inotify"}, first.output
    assert (
        scratch.etc / "sysctl.d/60-zkwizard-inotify.conf"
    ).read_text() == "fs.inotify.max_user_instances = 512\n"
    assert scratch.run(found).changed == set()
    scratch.undo(found)
    assert (scratch.folder / "fs.inotify.max_user_instances").read_text() == "128\n"
    assert not (scratch.etc / "sysctl.d/60-zkwizard-inotify.conf").exists()


def test_a_kernel_without_a_feature_is_refused_with_its_name(scratch: ScratchNode) -> None:
    step = steps("modules")[0]
    scratch.standin("modprobe", "exit 1")
    result = scratch.run([replace(step, apply=step.apply.replace("vxlan", "no_such"))])
    assert result.codes == {"modules": 65}
    assert "neither as a module nor built in: no_such" in result.output


def test_the_clock_never_stops_a_run(scratch: ScratchNode) -> None:
    for synchronised, ntp, can, wanted in (
        ("yes", "no", "no", "unchanged"),
        ("no", "yes", "yes", "unchanged"),
        ("no", "no", "yes", "changed"),
    ):
        answer = f"NTPSynchronized) echo {synchronised} ;; NTP) echo {ntp} ;; CanNTP) echo {can} ;;"
        scratch.standin("timedatectl", f"case $4 in {answer} *) exit 1 ;; esac")
        assert scratch.run(steps("clock")).hows == {"clock": wanted}
    scratch.standin("timedatectl", "echo no")
    result = scratch.run(steps("clock"))
    assert result.hows == {"clock": "unchanged"}
    assert "no time service" in result.output


def test_without_dbus_the_clock_is_judged_by_the_services(scratch: ScratchNode) -> None:
    scratch.standin("timedatectl", "echo 'Failed to connect to bus: No such file or directory' >&2; exit 1")
    result = scratch.run(steps("clock"))
    assert result.hows == {"clock": "unchanged"}
    assert result.output.startswith("warning: timedatectl does not answer here")
    scratch.standin("systemctl", '[ "$3" = chrony.service ]')
    result = scratch.run(steps("clock"))
    assert (result.hows, result.output) == ({"clock": "unchanged"}, "")


def test_only_zerotier_needs_tun() -> None:
    existing = cluster(overlay={"driver": "existing", "cidr": "10.9.8.0/24"})
    assert "tun\n" in steps("modules")[0].content
    assert "tun\n" not in only(system.steps(context(of=existing)), "modules")[0].content
