"""What guards or manages the machine behind our back: SELinux, firewalls, NetworkManager, services."""

from __future__ import annotations

from dataclasses import dataclass, field

from zkwizard.facts.fact import Fact, first_line

UNITS = (
    "firewalld",
    "ufw",
    "nftables",
    "NetworkManager",
    "docker",
    "containerd",
    "kubelet",
    "zerotier-one",
    "chrony",
    "chronyd",
    "ntp",
    "ntpsec",
    "systemd-timesyncd",
)
_STATES = frozenset(
    ["active", "inactive", "failed", "activating", "deactivating", "reloading", "unknown", "maintenance"]
)


@dataclass(frozen=True)
class Services:
    """State of the units asked for, and the firewalls that filter right now."""

    states: dict[str, str] = field(default_factory=dict)
    firewalls: tuple[str, ...] = ()


SELINUX_SCRIPT = """\
getenforce || case $(cat /sys/fs/selinux/enforce) in 1) echo Enforcing ;; 0) echo Permissive ;; esac
"""
# The unit ufw.service is active also when the firewall is off; ufw's own switch is in ufw.conf.
SERVICES_SCRIPT = f"""\
timeout 5 systemctl is-active {" ".join(UNITS)}
grep -qix 'ENABLED=yes' /etc/ufw/ufw.conf && echo 'ufw on'
"""


def parse_selinux(text: str) -> str:
    """``Enforcing``, ``Permissive``, ``Disabled``, or empty."""
    word = first_line(text)
    return word if word in ("Enforcing", "Permissive", "Disabled") else ""


def parse_services(text: str) -> Services:
    """One state per unit, in the order asked; ufw counts as a firewall only when it is switched on."""
    lines = [line.strip() for line in text.split("\n")]
    states = [line for line in lines if line in _STATES]
    known = dict(zip(UNITS, states, strict=False)) if len(states) == len(UNITS) else {}
    firewalls = [name for name in ("firewalld",) if known.get(name) == "active"]
    if "ufw on" in lines and known.get("ufw", "active") == "active":
        firewalls.append("ufw")
    return Services(known, tuple(firewalls))


SELINUX = Fact("selinux", SELINUX_SCRIPT, parse_selinux)
SERVICES = Fact("services", SERVICES_SCRIPT, parse_services)
