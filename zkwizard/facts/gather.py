"""All facts of a node in one round trip: one script, and the reading of what it prints."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

from zkwizard.facts import (
    clock,
    cloud_init,
    cpu_level,
    disks,
    guards,
    interfaces,
    kernel,
    leftovers,
    login,
    machine,
    nameservers,
    os_release,
    packages,
    ports,
    routes,
    swap,
    writable,
    zerotier,
)
from zkwizard.facts.fact import Fact
from zkwizard.model.facts import NodeFacts

V = TypeVar("V")

FACTS: tuple[Fact[object], ...] = (
    clock.BEGAN,
    os_release.FACT,
    machine.FACT,
    cpu_level.FACT,
    swap.ACTIVE,
    swap.FSTAB,
    swap.UNITS,
    interfaces.FACT,
    routes.FACT,
    nameservers.FACT,
    disks.SPACE,
    disks.FSYNC,
    writable.FACT,
    kernel.CGROUP,
    kernel.CONTROLLERS,
    kernel.FEATURES,
    kernel.SYSCTL,
    guards.SELINUX,
    guards.SERVICES,
    cloud_init.FACT,
    clock.SYNCHRONISED,
    ports.FACT,
    packages.INSTALLED,
    packages.LOCK,
    leftovers.PATHS,
    leftovers.CHAINS,
    leftovers.SERVER,
    zerotier.FACT,
    login.FACT,
    clock.ENDED,
)
"""In the order of the script: the clock's two stamps stand at its ends."""

OF_PROGRAMS: tuple[Fact[object], ...] = (
    os_release.FACT,
    guards.SELINUX,
    guards.SERVICES,
    cloud_init.FACT,
    packages.INSTALLED,
    leftovers.SERVER,
    zerotier.FACT,
    login.FACT,
)
"""Those on which the programs of phases depend. The others are only judged, and some of them cost a node more
than a program does: whoever judges nothing leaves them alone."""

_END = "end"
_PREAMBLE = """\
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
unset CDPATH GREP_OPTIONS
set +eu
"""


def script(nonce: str, wanted: Sequence[Fact[object]] = FACTS) -> str:
    """The text that finds out what is wanted; ``nonce`` is made of letters, digits, ``_`` and ``-``.

    Every section begins with a control character and the nonce, which no output can know; each fact runs in
    a subshell of its own, so that one that fails harms no other, and none reads the script from stdin.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]+", nonce):
        raise ValueError(f"not a nonce: {nonce!r}")
    parts = [_PREAMBLE, f"zk_fact() {{ printf '\\n\\036{nonce} %s\\n' \"$1\"; }}\n"]
    for fact in wanted:
        parts.append(f"zk_fact {fact.name}\n(\n{fact.script.rstrip()}\n) </dev/null 2>/dev/null\n")
    parts.append(f"zk_fact {_END}\n")
    return "".join(parts)


def parse(stdout: bytes, nonce: str, started: float, ended: float) -> NodeFacts:
    """The facts in ``stdout`` of ``script(nonce)``, that ran from ``started`` to ``ended`` by our clock.

    Any bytes will do: what is absent, not wanted or rubbish becomes empty. ``complete`` is False without the
    end mark.
    """
    found = sections(stdout, nonce)

    def get(fact: Fact[V]) -> V:
        return fact.parse(found.get(fact.name, ""))

    host, routed, services = get(machine.FACT), get(routes.FACT), get(guards.SERVICES)
    features, filters, who = get(kernel.FEATURES), get(leftovers.CHAINS), get(login.FACT)
    return NodeFacts(
        os=get(os_release.FACT),
        kernel=host.kernel,
        arch=host.arch,
        cpus=host.cpus,
        memory_mb=host.memory_mb,
        hostname=host.hostname,
        machine_id=host.machine_id,
        product_uuid=host.product_uuid,
        virtualization=host.virtualization,
        systemd=host.systemd,
        swaps=get(swap.ACTIVE),
        fstab_swap=get(swap.FSTAB),
        swap_units=get(swap.UNITS),
        interfaces=get(interfaces.FACT),
        routes=tuple(routed.by),
        routed_by=routed.by,
        default_interface=routed.default_interface,
        nameservers=get(nameservers.FACT),
        disks=get(disks.SPACE),
        fsync_ms=get(disks.FSYNC),
        read_only=get(writable.FACT),
        cgroup=get(kernel.CGROUP),
        cgroup_controllers=get(kernel.CONTROLLERS),
        features=features.modules,
        tun_device=features.tun_device,
        sysctls=get(kernel.SYSCTL),
        selinux=get(guards.SELINUX),
        firewalls=services.firewalls,
        input_blocked=filters.input_blocked,
        network_manager=services.states.get("NetworkManager") == "active",
        cloud_init=get(cloud_init.FACT),
        clock_offset=clock.offset(get(clock.BEGAN), get(clock.ENDED), started, ended),
        clock_synchronised=get(clock.SYNCHRONISED),
        listening=get(ports.FACT),
        package_lock=get(packages.LOCK),
        packages=get(packages.INSTALLED),
        services=services.states,
        leftovers=get(leftovers.PATHS) + filters.chains,
        kubelet_server=get(leftovers.SERVER),
        zerotier=get(zerotier.FACT),
        x86_level=get(cpu_level.FACT),
        user=who.user,
        home=who.home,
        complete=_END in found,
    )


def sections(stdout: bytes, nonce: str) -> Mapping[str, str]:
    """Section name → its text; whatever comes before the first mark is noise. Undecodable bytes are replaced.

    A repeated section keeps its first text, so that nothing that comes later can replace it.
    """
    text = stdout.decode("utf-8", errors="replace").replace("\r\n", "\n")
    pieces = re.split(f"\n?\x1e{re.escape(nonce)} ([a-z-]+)\n", text)
    found: dict[str, str] = {}
    for name, body in zip(pieces[1::2], pieces[2::2], strict=True):
        found.setdefault(name, body)
    return found
