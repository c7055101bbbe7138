"""What the scenarios look at on machines, past zkwizard: with the machines' own tools."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from tests.lab.lab import OVERLAY
from tests.lab.machine import Machine
from tests.practice.commands import ATTEMPTS, RUNS, Attempt, attempts_in
from tests.waiting import until

SERVICES = ("kubelet", "containerd", "zerotier-one")
SLOW = (
    '#!/bin/sh\n[ "$1" != {package} ] || {{ touch /run/slow; while [ -e /run/slow ]; do sleep 0.1; done; }}\n'
)
"""A postinst hook: the package's installation goes on until /run/slow is taken away."""


def slow(machine: Machine, package: str) -> None:
    """From now on the installation of `package` takes until `quick`."""
    machine.write("/etc/lab/postinst", SLOW.format(package=package), 0o755)


def is_slow(machine: Machine) -> bool:
    """Whether it is at work now."""
    return bool(machine.run("ls /run/slow 2>/dev/null || :"))


def gets_slow(machine: Machine) -> None:
    """Wait until it is."""
    until(lambda: is_slow(machine), f"a package's hook is at work on {machine.name}", limit=120)


def quick(machine: Machine) -> None:
    """Let it end, and be quick the next time."""
    machine.run("rm -f /etc/lab/postinst /run/slow")


def ready(master: Machine) -> dict[str, tuple[str, str]]:
    """Node → (status, internal address), by kubectl on the control plane."""
    rows = master.run(
        "KUBECONFIG=/etc/kubernetes/admin.conf kubectl get nodes -o wide --no-headers"
    ).splitlines()
    return {row.split()[0]: (row.split()[1], row.split()[5]) for row in rows}


def all_ready(machines: Iterable[Machine]) -> dict[str, tuple[str, str]]:
    """What `ready` has to give."""
    return {machine.name: ("Ready", OVERLAY[machine.name]) for machine in machines}


def services(machine: Machine) -> dict[str, str]:
    """Unit → its process and since when: differs once it was restarted."""
    shown = {}
    for unit in SERVICES:
        shown[unit] = machine.run(
            "systemctl show -p ActiveState,UnitFileState,MainPID,NRestarts,ExecMainStartTimestampMonotonic "
            + unit
        )
    return shown


def failed_units(machine: Machine) -> list[str]:
    """Units that systemd counts as failed."""
    return [line.split()[0] for line in machine.run("systemctl --failed --no-legend --plain").splitlines()]


def attempts(machine: Machine, run: str) -> list[Attempt]:
    """Every step of a run that the machine did to its end, by its own logs."""
    return attempts_in(machine.run(f"cd {RUNS}/{run} && {ATTEMPTS}"))


def overlapping(steps: Sequence[Attempt]) -> list[tuple[Attempt, Attempt]]:
    """Pairs of steps that were at work at once."""
    pairs = pairwise(steps)
    return [(one, next_) for one, next_ in pairs if next_.began < one.ended - 0.011]


def jobs(machine: Machine) -> list[str]:
    """Command lines of the processes that carry a job's mark in their environment."""
    marked = "grep -lzs '^ZK_JOB=' /proc/[0-9]*/environ"
    return machine.run(
        f"for f in $({marked} || :); do tr '\\0' ' ' <${{f%environ}}cmdline; echo; done"
    ).splitlines()


def dpkg_is_whole(machine: Machine) -> bool:
    """Whether no package is half installed or half configured."""
    return not machine.run("dpkg --audit")
