"""hostnamectl, timedatectl and systemd-detect-virt."""

from __future__ import annotations

import re
import socket
import time

from . import packages, state
from .run import Refused


def main(argv: list[str]) -> int:
    words = [w for w in argv[1:] if not w.startswith("-")]
    if argv[0] == "systemd-detect-virt":
        return _virtualisation(argv[1:])
    if argv[0] == "timedatectl":
        return _time(argv[1:], words)
    if words[:1] in (["set-hostname"], ["hostname"]) and len(words) > 1:
        return _set(words[1])
    if words[:1] == ["hostname"] or "--static" in argv:
        print(state.load("/etc/hostname").strip())
        return 0
    system = re.search(r'PRETTY_NAME="([^"]*)"', state.load("/etc/os-release"))
    print(
        f" Static hostname: {state.load('/etc/hostname').strip()}\n       Icon name: computer-vm\n         Chassis: vm\n"
        f"      Machine ID: {state.load('/etc/machine-id').strip()}\n         Boot ID: "
        f"{state.load('/proc/sys/kernel/random/boot_id').strip().replace('-', '')}\n  Virtualization: kvm\n"
        f"Operating System: {system[1] if system else ''}\n          Kernel: Linux {__import__('os').uname().release}\n"
        f"    Architecture: {packages.architecture().replace('amd64', 'x86-64')}"
    )
    return 0


def _set(name: str) -> int:
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,62}[A-Za-z0-9])?", name):
        raise Refused(f"Could not set static hostname: Invalid hostname '{name}'", 1)
    state.write("/etc/hostname", name + "\n")
    socket.sethostname(name)
    return 0


def _virtualisation(words: list[str]) -> int:
    container = "-c" in words or "--container" in words
    if "-q" not in words and "--quiet" not in words:
        print("none" if container else "kvm")
    return 1 if container else 0


def _time(arguments: list[str], words: list[str]) -> int:
    ntp = state.read(state.mine()).get("ntp", True)
    if words[:1] == ["set-ntp"]:
        with state.change(state.mine()) as document:
            document["ntp"] = words[1] in ("true", "1", "yes", "on")
        return 0
    if words[:1] in (["set-timezone"], ["set-local-rtc"]):
        return 0
    facts = {
        "Timezone": "Etc/UTC",
        "LocalRTC": "no",
        "CanNTP": "yes",
        "NTP": "yes" if ntp else "no",
        "NTPSynchronized": "yes" if ntp else "no",
    }
    if words[:1] == ["show"]:
        wanted = [a for a in re.findall(r"(?:-p|--property)[= ]?(\w+)", " ".join(arguments)) if a in facts]
        for key in wanted or facts:
            print(facts[key] if "--value" in arguments else f"{key}={facts[key]}")
        return 0
    clock = time.strftime("%a %Y-%m-%d %H:%M:%S UTC", time.gmtime())
    print(
        f"               Local time: {clock}\n           Universal time: {clock}\n                 RTC time: n/a\n"
        f"                Time zone: Etc/UTC (UTC, +0000)\nSystem clock synchronized: {facts['NTPSynchronized']}\n"
        f"              NTP service: {'active' if ntp else 'inactive'}\n          RTC in local TZ: no"
    )
    return 0
