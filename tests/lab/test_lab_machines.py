"""Machines that are not as they should be: busy, full, read-only, cloned, or managed by somebody else."""

from __future__ import annotations

import re
from collections.abc import Callable
from operator import not_

import pytest

from tests.lab import looks, stories, troubles
from tests.lab.lab import OVERLAY
from tests.lab.machine import Machine
from tests.lab.operator import SITE6
from tests.lab.stories import ACCEPTS, Chain, Place, Told, causes
from tests.waiting import until
from zkwizard.phases.names import CLOUD_INIT

_PROBE = ("probe", "--accept-new-host-keys")


def finding(text: str, head: str) -> str:
    """The part of what `probe` printed that begins with `head`."""
    rows = text.splitlines()
    at = next((number for number, row in enumerate(rows) if " ".join(row.split()).startswith(head)), None)
    assert at is not None, f"{head} is not in\n{text}"
    rest = rows[at + 1 :]
    end = next((number for number, row in enumerate(rest) if not row.startswith(" ")), len(rest))
    return "\n".join(rows[at : at + 1 + end])


def untouched(machine: Machine) -> bool:
    """Whether zkwizard ran nothing there and changed nothing."""
    kept = machine.run("ls /var/lib/zkwizard/runs /var/lib/zkwizard/receipts 2>/dev/null || :")
    return kept in ("", "/var/lib/zkwizard/runs:\n")


# Busy: another apt, debconf, needrestart, and a configuration file that is there already.


def another_apt(place: Place) -> None:
    """It is waited for, and named before and while that lasts; questions of packages are not asked."""
    machine, operator = place.machine, place.operator
    operator.writes(place.document())
    troubles.wants_to_ask(machine)
    holder = machine.run(troubles.HOLDS).strip()
    running = operator.begin("run", *ACCEPTS, "--until", "overlay-join")
    whose = f"process {holder} (apt-get), which holds /var/lib/dpkg/lock-frontend"
    running.says(f"tools: waits for {whose}", 120)
    machine.run("rm /run/held")
    ended = running.ended(240)
    assert ended.code == 0, ended.err
    assert f"Who holds the lock of the package manager: apt-get (process {holder})" in ended.err
    assert "zkwizard waits for it." in ended.err
    assert ended.err.count("waits for process") == 1, "it is said once"
    until(lambda: machine.run("pgrep -x apt-get || :"), "the other apt has ended", fits=not_)
    assert "Setting up socat" in machine.run("cat /run/other-apt"), "the other one was not disturbed"
    assert looks.dpkg_is_whole(machine)


def packages_that_ask(place: Place) -> None:
    """debconf took its defaults, needrestart was kept out, and a changed file is not asked for, nor lost."""
    machine = place.machine
    assert machine.run("cat /run/answers") == "asked: 30\nanswer: no\n", "30: not asked, as nobody is there"
    by_hand = machine.run("cat /run/restarts").splitlines()
    machine.write("/etc/containerd/config.toml", "# written by hand\n")
    ended = place.runs("--phase", "runtime")
    assert ended.code == 0, ended.err
    assert "plugins.'io.containerd.cri.v1.runtime'" in machine.read("/etc/containerd/config.toml")
    before = "/var/lib/zkwizard/receipts/before/etc/containerd/config.toml"
    assert machine.read(before) == "# written by hand\n"
    asked = machine.run("cat /run/restarts").splitlines()
    assert asked == by_hand and len(by_hand) == 1, "once, by the other apt; never by zkwizard's"


# Full.


def full_from_the_beginning(place: Place) -> None:
    """The probe stops the run."""
    place.operator.writes(place.document())
    ended = place.runs()
    assert ended.code == 1
    assert "STOP: Free space at /: " in ended.err
    assert "enlarge the disk at /" in ended.err
    assert "probe@master" in ended.err.splitlines()[-2]
    assert untouched(place.machine)


def full_before_a_job(place: Place) -> None:
    """No room even for the program."""
    troubles.fill(place.machine)
    hosts = place.machine.read("/etc/hosts")
    ended = place.runs("--phase", "names")
    assert ended.code == 1, "the node was reached"
    assert "the node could not take the job" in ended.err
    assert "No space left on device" in ended.err
    assert causes(ended) == ["master: The disk of master is full."]
    assert "journalctl --vacuum-size" in ended.err
    assert place.machine.read("/etc/hosts") == hosts
    assert place.machine.run("find /var/lib/zkwizard/runs -name program") == ""
    troubles.free(place.machine)
    again = place.runs("--phase", "names")
    assert again.code == 0, again.err


def full_during_an_installation(place: Place) -> None:
    """dpkg can't even write what it did; the words about it need room, too."""
    machine = place.machine
    machine.run("apt-get update -qq && apt-get install -qq --no-install-recommends gpg >/dev/null")
    troubles.fill_at_installation(machine)
    ended = place.runs("--phase", "runtime")
    assert ended.code == 1
    assert "containerd-package: failed" in ended.err
    assert "| No space left on device: the disk at / is full" in ended.err
    print(ended.err)
    assert causes(ended) == ["master: The disk of master is full."], ended.err
    troubles.free(machine)
    assert not looks.dpkg_is_whole(machine)
    again = place.runs("--phase", "runtime")
    assert again.code == 0, again.err
    assert looks.dpkg_is_whole(machine)


# Two machines with everything that the probe stops for.


def many_faults(place: Place) -> None:
    """All are told at once, each with what to do, and the run changes nothing."""
    master, node = place.machines
    place.operator.writes(place.document())
    own_id = node.read("/etc/machine-id")
    troubles.wrong_clock(node)
    node.run(f"echo {master.read('/etc/machine-id').strip()} >/etc/machine-id")
    node.write("/etc/cni/net.d/05-cilium.conflist", "{}\n")
    node.write("/etc/cni/net.d/99-loopback.conf", "{}\n")
    server = "    server: https://203.0.113.5:6443\n"
    master.write("/etc/kubernetes/kubelet.conf", f"clusters:\n- cluster:\n{server}  name: default\n")
    troubles.no_bridge_filter(master)
    troubles.read_only(master, "/etc")
    told = place.operator.run(*_PROBE)
    assert told.code == 1
    for head, *words in (
        ("STOP master: Whether the kernel has br_netfilter", "modprobe finds no module", "linux-image-amd64"),
        ("STOP master: Whether /etc and /var can be written to", "Read-only: /etc.", "mount -o remount,rw"),
        (
            "STOP master: Whether the node is in a cluster already",
            "https://203.0.113.5:6443",
            "zkwizard reset",
        ),
        ("STOP master: /etc/machine-id", "also on node1", "systemd-machine-id-setup"),
        ("STOP node1: /etc/machine-id", "also on master", "systemd-machine-id-setup"),
        ("STOP node1: The clock against the other node's", "seen: +", "chronyc makestep"),
        (
            "STOP node1: Network configurations in /etc/cni/net.d",
            "05-cilium.conflist",
            "mv 05-cilium.conflist",
        ),
    ):
        part = finding(told.out, head)
        assert all(word in " ".join(part.split()) for word in words), part
    ahead = re.search(r"that of the machine where zkwizard runs\.\n +seen: +\+(\d+)\.", told.out)
    assert ahead and 590 < int(ahead[1]) < 610, "a busy machine answers late"
    stops = [row for row in told.out.splitlines() if row.startswith("STOP")]
    assert len(stops) == 7, stops
    ended = place.runs()
    assert ended.code == 1
    assert "FAILED: 4 findings say stop" in ended.err and "FAILED: 3 findings say stop" in ended.err
    assert "overlay-join" not in ended.err
    assert causes(ended) == [], "the findings have said it all"
    for machine in place.machines:
        assert untouched(machine)

    troubles.writable(master, "/etc")
    troubles.bridge_filter(master)
    reset = place.operator.run("reset", "--node", "master", "--yes", "lab")
    assert reset.code == 0, reset.err
    assert "master belongs to another cluster (https://203.0.113.5:6443)" in reset.err
    assert not master.has("/etc/kubernetes/kubelet.conf")
    troubles.right_clock(node)
    node.run(f"echo {own_id} >/etc/machine-id; cd /etc/cni/net.d && mv * /root/")
    well = place.operator.run(*_PROBE)
    assert well.code == 0, well.out


def kernel_without_configuration(place: Place) -> None:
    """Neither modules nor /proc/config.gz: what is built in shows itself."""
    master = place.machines[0]
    may = int(master.run("sed -n 's/^CapBnd://p' /proc/1/status"), 16)
    assert not may & 1 << 25, "CAP_SYS_TIME: it is the host's clock"
    assert master.run("zcat /proc/config.gz 2>/dev/null || echo none") == "none\n"
    assert master.run("modprobe vxlan 2>&1 || lsmod 2>&1 || echo neither").endswith("neither\n")
    told = place.operator.run(*_PROBE, "--all")
    for name in ("br_netfilter", "overlay", "vxlan", "nf_conntrack", "tun"):
        assert "Built in." in finding(told.out, f"ok master: Whether the kernel has {name}")
    ended = place.runs("--phase", "system", "--node", "master")
    assert ended.code == 0, ended.err


def read_only_in_the_middle(place: Place) -> None:
    """The disk's error came after the probe."""
    master = place.machines[0]
    troubles.read_only(master, "/etc")
    ended = place.runs("--phase", "names", "--node", "master")
    assert ended.code == 1
    assert "hosts: failed" in ended.err
    assert "/etc/hosts.zk-new: Read-only file system" in ended.err
    assert causes(ended) == ["master: A file system of master can't be written to."], ended.err
    assert "findmnt --options ro" in ended.err
    troubles.writable(master, "/etc")
    assert "zkwizard" not in master.read("/etc/hosts")
    again = place.runs("--phase", "names", "--node", "master")
    assert again.code == 0, again.err


def read_only_everywhere(place: Place) -> None:
    """Not even zkwizard's own folder can be written to."""
    master = place.machines[0]
    troubles.read_only(master, "/var")
    ended = place.runs("--phase", "names", "--node", "master")
    assert ended.code == 1, ended.err
    assert "the node could not take the job" in ended.err
    assert "Read-only file system" in ended.err
    assert causes(ended) == ["master: A file system of master can't be written to."], ended.err
    troubles.writable(master, "/var")
    again = place.runs("--phase", "names", "--node", "master")
    assert again.code == 0, again.err


# A rented server with swap and cloud-init, and its reboot.


def rented_server(place: Place) -> None:
    """As the provider delivers it: name and hosts file from cloud-init, swap in three ways."""
    machine = place.machine
    troubles.cloud_init(machine)
    troubles.swaps(machine)
    machine.boot()
    machine.wait()
    assert machine.run("uname -n").strip() == troubles.PROVIDER
    assert "manage_etc_hosts' as True" in machine.read("/etc/hosts")
    assert sorted(_areas(place)) == sorted(troubles.SWAPS)
    document = place.document()
    document["nodes"][0]["swap"] = "off"
    place.operator.writes(document)
    told = place.operator.run(*_PROBE, "--all")
    assert told.code == 0, told.out
    swap = finding(told.out, "ok master: Swap.")
    assert all(area in swap for area in troubles.SWAPS), swap
    cloud = finding(told.out, "warn master: Whether cloud-init puts its own names back")
    assert "preserve_hostname: false, manage_etc_hosts: true." in cloud
    ended = place.runs("--phase", "names", "--phase", "system")
    assert ended.code == 0, ended.err
    assert _areas(place) == []


def after_its_reboot(place: Place) -> None:
    """Its name, the nodes' names and no swap outlive it; so do the kernel's settings; and nothing failed."""
    machine = place.machine
    failed = looks.failed_units(machine)
    machine.reboot()
    machine.wait()
    assert "done" in machine.run("cloud-init status --wait"), "it was at work again"
    assert machine.run("hostname -f").strip() == "master.zk.internal"
    hosts = machine.read("/etc/hosts")
    assert f"{OVERLAY['master']} master.zk.internal master\n" in hosts
    assert "manage_etc_hosts' as True" in hosts
    assert machine.has(CLOUD_INIT)
    assert _areas(place) == []
    assert machine.read("/etc/fstab").endswith(f"# zkwizard: {troubles.SWAPS[0]}\tnone\tswap\tsw\t0\t0\n")
    assert machine.run("sysctl -n net.ipv4.ip_forward").strip() == "1"
    assert set(looks.failed_units(machine)) <= set(failed)
    ended = place.runs("--phase", "names", "--phase", "system")
    assert ended.code == 0, ended.err
    assert "everything was so already, nothing changed" in ended.err


def _areas(place: Place) -> list[str]:
    """Swap that is on."""
    return [row.split()[0] for row in place.machine.run("cat /proc/swaps").splitlines()[1:]]


# Without IPv4.


def ipv6_only(place: Place) -> None:
    """SSH, packages and the overlay go by IPv6; what can't is told beforehand."""
    master, node = place.machines
    assert master.run("ip -4 route show default") == ""
    place.operator.writes(place.document())
    ended = place.runs()
    assert ended.code == 0, ended.err
    for machine in place.machines:
        assert f"warn: Whether {machine.name} reaches" not in ended.err
        head = f"probe              {machine.name:<10} warn: Whether the machine reaches ghcr.io"
        assert head in ended.err, ended.err
    assert "mirrors.images.registries" in ended.err
    assert f"Fetched {SITE6}" not in ended.err
    assert SITE6 in master.read("/etc/apt/sources.list.d/zerotier.list")
    assert looks.ready(master) == looks.all_ready(place.machines)
    assert "1 received" in master.run(f"ping -c1 -W2 {OVERLAY[node.name]}")


CHAINS = (
    Chain((another_apt, packages_that_ask)),
    Chain(
        (full_from_the_beginning, full_before_a_job, full_during_an_installation),
        options={"sizes": {"master": "200m"}},
    ),
    Chain(
        (many_faults, kernel_without_configuration, read_only_in_the_middle, read_only_everywhere),
        names=("master", "node1"),
    ),
    Chain((rented_server, after_its_reboot), options={"up": False}),
    Chain((ipv6_only,), names=("master", "node1"), options={"ipv6": True}),
)


@pytest.mark.parametrize("story", stories.names(CHAINS))
def test_machines(story: str, told: Told, record_property: Callable[[str, object], None]) -> None:
    stories.heard(story, told, record_property)
