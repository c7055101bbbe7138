"""Taking a cluster back from machines with a real systemd, apt and kernel tables; and making it again."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.lab import looks, network
from tests.lab.conftest import Machines
from tests.lab.lab import Lab
from tests.lab.machine import Machine
from tests.lab.operator import Operator, cluster

_FILES = """\
find /etc /opt /root /home /srv /usr/local /var/lib /lib/systemd /usr/bin /usr/sbin -xdev \\
  \\( -path /usr/local/share/practice -o -path /usr/local/lib/practice -o -path /var/lib/practice \\
  -o -path /var/lib/apt -o -path /var/lib/dpkg -o -path /var/lib/systemd \\) -prune -o \\
  \\( -type f -exec sha256sum {} + -o ! -type d -printf 'link %p %l\\n' -o -printf 'folder %p %m\\n' \\) || :
"""
_MACHINE = """\
hostname; cat /proc/sys/kernel/hostname; ip -o link | sed 's/^[0-9]*: //; s/@.*//; s/:.*//'
ip -o -4 addr | awk '{ print $2, $4 }'; ip route; ip netns; cut -d' ' -f2 /proc/self/mounts
systemctl list-unit-files --no-legend --plain | awk '{ print $1, $2 }'
systemctl list-units --type=service --state=running --no-legend --plain | awk '{ print $1 }'
for t in iptables-nft iptables-legacy ip6tables-nft ip6tables-legacy; do
  $t-save 2>/dev/null | grep -E '^(-A|:[^ ]* -)' | sed "s/^/$t /"; done
nft list tables
for k in net.ipv4.ip_forward net.bridge.bridge-nf-call-iptables net.bridge.bridge-nf-call-ip6tables; do
  sysctl $k; done
"""
TOOLS = "gnupg ethtool"
"""zkwizard's own needs, which stay as others may have come to need them: there from the start here."""
IDENTITY = "/var/lib/zerotier-one"
"""By which controllers know the machine; ZeroTier's own package leaves it, too."""
MAY_DIFFER = {"/etc/ld.so.cache", "/opt"}
"""dpkg makes the cache anew, and takes /opt away with the last package in it, as it belongs to none."""
PASSING = (
    "systemd-hostnamed", "systemd-timedated", "user@", "session", "/run/user/", "/run/netns",
    "table ip ", "table ip6 ",
)  # fmt: skip
"""Services that come and go by themselves; what `ip netns` mounts; tables that iptables-nft makes when it is
asked anything, empty but for policies that accept."""


def _files(machine: Machine) -> set[str]:
    return set(machine.run(_FILES, 120).splitlines())


def _state(machine: Machine) -> set[str]:
    return {line for line in machine.run(_MACHINE).splitlines() if not line.startswith(PASSING)}


USERS_RULES = """\
for f in iptables-nft iptables-legacy; do
  $f -N MINE; $f -A MINE -s 192.0.2.7 -j DROP; $f -A INPUT -j MINE
  $f -t nat -A POSTROUTING -s 192.0.2.0/24 -j MASQUERADE
done
for f in ip6tables-nft ip6tables-legacy; do
  $f -N MINE; $f -A MINE -s 2001:db8::7 -j DROP; $f -A INPUT -m comment --comment 'not -j KUBE-INPUT' -j MINE
done
nft add table inet mine; nft add chain inet mine mine
"""
"""Somebody's own, in both kinds of filters and both families, before zkwizard comes."""
CLUSTERS_RULES = """\
for f in iptables-legacy ip6tables-legacy ip6tables-nft iptables-nft; do
  for c in KUBE-MARK-DROP CNI-FORWARD FLANNEL-FWD cali-INPUT CILIUM_INPUT; do
    $f -N $c; $f -A $c -j RETURN; $f -I INPUT 1 -m comment --comment "of a cluster" -j $c; $f -A MINE -j $c
  done
  $f -t nat -N CNI-HOSTPORT-DNAT; $f -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT
done
nft add table ip kube-proxy; nft add table ip6 flannel-ipv6
"""
"""What kube-proxy, flannel and other networks of pods leave, beside what the run made."""
CA_COPY = "/usr/local/share/ca-certificates/kube-ca.crt"
"""Not zkwizard's, and no name says whose cluster's: told, and left."""


@contextmanager
def _open(lab: Lab, machine: Machine) -> Iterator[subprocess.Popen[str]]:
    """An SSH connection that echoes, from before to after."""
    unchecked = ("-o", "UserKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=no")
    command = network.inside("ssh", "-q", "-i", str(lab.key), *unchecked, f"root@{machine.address}", "cat")
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.timeout(600)
def test_taken_back_and_made_again(lab: Lab, machines: Machines, operator: Operator) -> None:
    made = machines("master", "node1")
    operator.writes(cluster(made, lab.key))
    for machine in made:
        machine.run(USERS_RULES)
        machine.write(CA_COPY, "-----BEGIN CERTIFICATE-----\n")
        machine.run(f"apt-get -qq update && apt-get -qq install -y --no-install-recommends {TOOLS}", 120)
    before = [(_files(machine), _state(machine)) for machine in made]
    assert operator.makes().code == 0
    for machine in made:
        machine.run(CLUSTERS_RULES)
    with _open(lab, made[0]) as echo:
        reset = operator.run("reset", "--yes", "lab", "--packages", "--leave-overlay", "--json")
        assert reset.code == 0, reset.err
        assert echo.stdin and echo.stdout
        echo.stdin.write("still here\n")
        assert echo.stdout.readline() == "still here\n"
    for machine, (files, state) in zip(made, before, strict=True):
        assert _state(machine) ^ state == set()
        differ = {line.split()[1] for line in _files(machine) ^ files}
        assert {path for path in differ if not path.startswith(IDENTITY)} <= MAY_DIFFER
        assert looks.dpkg_is_whole(machine)
        assert looks.jobs(machine) == []
    proofs = {event["node"]: event["proof"] for event in reset.of("proof")}
    assert {name: proof["reboot"] for name, proof in proofs.items()} == {"master": [], "node1": []}
    for proof in proofs.values():
        stays = {remain["name"]: remain["why"] for remain in proof["remains"] if remain["kind"] == "file"}
        assert "zkwizard did not write it" in stays[CA_COPY]
    again = operator.run("reset", "--yes", "lab", "--packages", "--leave-overlay")
    assert again.code == 0, again.err
    assert "othing" in again.err + again.out
    assert operator.makes().code == 0
    assert looks.ready(made[0]) == looks.all_ready(made)
