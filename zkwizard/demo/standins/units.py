"""systemd's units as the stand-ins see them: files with drop-ins, enablement as links, state in the node's
document.
"""

from __future__ import annotations

import os

from . import host, state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# In falling priority. The vendor's folder is below /usr/local because a practice node's /usr is read-only.
SEARCH = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/lib/systemd/system",
)
VENDOR = "/usr/local/lib/systemd/system"
WANTS = "/etc/systemd/system/multi-user.target.wants"
# Units that every rented server runs and of which only the state matters here.
BUILT_IN = {
    "ssh.service": "OpenBSD Secure Shell server",
    "cron.service": "Regular background program processing daemon",
    "dbus.service": "D-Bus System Message Bus",
    "networking.service": "Raise network interfaces",
    "systemd-journald.service": "Journal Service",
    "systemd-logind.service": "User Login Management",
    "systemd-networkd.service": "Network Configuration",
    "systemd-resolved.service": "Network Name Resolution",
    "systemd-timesyncd.service": "Network Time Synchronization",
    "systemd-sysctl.service": "Apply Kernel Variables",
    "systemd-modules-load.service": "Load Kernel Modules",
    "unattended-upgrades.service": "Unattended Upgrades Shutdown",
    "apt-daily.service": "Daily apt download activities",
    "apt-daily.timer": "Daily apt download activities",
    "apt-daily-upgrade.timer": "Daily apt upgrade and clean activities",
    "multi-user.target": "Multi-User System",
    "network-online.target": "Network is Online",
    "network.target": "Network",
    "swapfile.swap": "/swapfile",
    "swap.target": "Swaps",
}
_IDLE = ("apt-daily.service", "systemd-networkd.service", "systemd-resolved.service")
_STATIC = (
    "multi-user.target",
    "network-online.target",
    "network.target",
    "dbus.service",
    "systemd-journald.service",
    "systemd-logind.service",
    "swap.target",
    "apt-daily.service",
    "systemd-sysctl.service",
    "systemd-modules-load.service",
)


def full_name(name: str) -> str:
    """`kubelet` → `kubelet.service`; a path of a mount or swap is left to the caller."""
    known = (".service", ".timer", ".socket", ".target", ".swap", ".mount", ".path", ".slice")
    return name if name.endswith(known) else name + ".service"


def fragment(name: str) -> str | None:
    """The unit's file, None if it has none."""
    for folder in SEARCH[:3]:
        if os.path.lexists(state.at(f"{folder}/{name}")):
            return f"{folder}/{name}"
    return None


def is_masked(name: str) -> bool:
    """Whether the unit is a link to /dev/null."""
    for folder in ("/etc/systemd/system", "/run/systemd/system"):
        file = state.at(f"{folder}/{name}")
        if os.path.islink(file) and os.readlink(file) == "/dev/null":
            return True
    return False


def exists(name: str) -> bool:
    """Whether systemd would know the unit."""
    return name in BUILT_IN or fragment(name) is not None


def drop_ins(name: str) -> list[str]:
    """The unit's drop-in files in the order in which systemd reads them: by file name, whatever the
    folder.
    """
    found: dict[str, str] = {}
    for folder in reversed(SEARCH[:3]):
        directory = f"{folder}/{name}.d"
        if os.path.isdir(state.at(directory)):
            for file in os.listdir(state.at(directory)):
                if file.endswith(".conf"):
                    found[file] = f"{directory}/{file}"
    return [found[file] for file in sorted(found)]


def settings(name: str) -> dict[str, list[str]]:
    """Every setting of the unit and its drop-ins, as lists; an empty assignment clears what came before
    it.
    """
    values: dict[str, list[str]] = {}
    unit_file = fragment(name)
    for file in [*([unit_file] if unit_file else []), *drop_ins(name)]:
        for line in state.load(file).replace("\\\n", " ").splitlines():
            key, equals, value = line.strip().partition("=")
            if not equals or key.startswith(("#", ";", "[")):
                continue
            if value.strip():
                values.setdefault(key.strip(), []).append(value.strip())
            else:
                values[key.strip()] = []
    return values


def description(name: str) -> str:
    """The unit's one-line description."""
    return (settings(name).get("Description") or [BUILT_IN.get(name, name)])[-1]


def status(name: str) -> dict[str, Any]:
    """The unit's entry in the node's document, or what a server has at boot."""
    entry = state.read(state.mine()).get("units", {}).get(name)
    if entry:
        return dict(entry)
    if name == "swapfile.swap":
        return {
            "active": "active" if "/swapfile" in state.load("/proc/swaps") else "inactive",
            "sub": "active",
        }
    if name in BUILT_IN and name not in _IDLE:
        return {"active": "active", "sub": "running"}
    return {"active": "inactive", "sub": "dead"}


def set_status(name: str, **values: Any) -> None:
    """Change the unit's entry."""
    with state.change(state.mine()) as document:
        document.setdefault("units", {}).setdefault(name, {}).update(values)


def is_enabled(name: str) -> str:
    """What `systemctl is-enabled` prints, "" for a unit that is not there."""
    if host.is_real():
        return host.ask("systemctl", "is-enabled", name)
    if is_masked(name):
        return "masked"
    if name in _STATIC:
        return "static"
    if name in BUILT_IN and fragment(name) is None:
        if name.endswith(".swap"):
            return "generated"
        return str(status(name).get("enabled") or ("disabled" if name in _IDLE else "enabled"))
    if fragment(name) is None:
        return ""
    if os.path.lexists(state.at(f"{WANTS}/{name}")):
        return "enabled"
    return "disabled" if "WantedBy" in settings(name) else "static"


def link(name: str) -> str | None:
    """Enable: make the link; return systemd's line about it, None if it was there."""
    file = fragment(name)
    if file is None:
        set_status(name, **{**status(name), "enabled": "enabled"})
        return None
    target = state.at(f"{WANTS}/{name}")
    if "WantedBy" not in settings(name) or os.path.lexists(target):
        return None
    os.makedirs(os.path.dirname(target), exist_ok=True)
    os.symlink(file, target)
    return f"Created symlink {WANTS}/{name} → {file}."


def unlink(name: str) -> str | None:
    """Disable: remove the link; return systemd's line about it, None if there was none."""
    if fragment(name) is None:
        set_status(name, **{**status(name), "enabled": "disabled"})
        return None
    target = state.at(f"{WANTS}/{name}")
    if not os.path.lexists(target):
        return None
    os.unlink(target)
    return f'Removed "{WANTS}/{name}".'


def active(name: str) -> bool:
    """Whether the unit is active now."""
    if host.is_real():
        return host.ask("systemctl", "is-active", name) == "active"
    return bool(status(full_name(name)).get("active") == "active")
