"""The packages that a practice node can see, and what installing one puts on the node.

Versions and layouts are those of pkgs.k8s.io, download.docker.com and download.zerotier.com in 2026; any
host that serves the same layout (a mirror) is as good.
"""

from __future__ import annotations

import os
import sys

from . import host, programs, state, unit_files, units

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

KUBERNETES = {"1.34": ["1.34.9"], "1.35": ["1.35.9"], "1.36": ["1.36.2", "1.36.4"], "1.37": ["1.37.1"]}
# The long ids of the keys that sign the three repositories.
KEYS = {"kubernetes": "234654DA9A296436", "docker": "7EA0A9C3F273FCD8", "zerotier": "1657198823E52A61"}
DISTRIBUTION = {
    "ca-certificates": "20230311", "curl": "7.88.1-10+deb12u14", "gnupg": "2.2.40-1.1", "gpg": "2.2.40-1.1",
    "iproute2": "6.1.0-3", "iptables": "1.8.9-2", "iputils-ping": "3:20221126-1+deb12u1", "conntrack": "1:1.4.7-1+b2",
    "ethtool": "1:6.1-1", "socat": "1.7.4.4-2", "kmod": "30+20221128-1", "procps": "2:4.0.2-3", "nftables": "1.0.6-2",
    "openssl": "3.0.17-1~deb12u2", "util-linux": "2.38.1-5+deb12u3", "apt-transport-https": "2.6.1", "jq": "1.6-2.1",
    "chrony": "4.3-2+deb12u1", "ebtables": "2.0.11-5", "ipset": "7.17-1", "psmisc": "23.6-1", "tar": "1.34+dfsg-1.2",
    "dnsutils": "1:9.18.33-1~deb12u2", "python3-yaml": "6.0-3+b2", "nfs-common": "1:2.6.2-4", "lsof": "4.95.0-1",
}  # fmt: skip
INSTALLED_AT_BOOT = {
    "apt": "2.6.1", "base-files": "12.4+deb12u11", "bash": "5.2.15-2+b8", "coreutils": "9.1-1", "dpkg": "1.21.22",
    "systemd": "252.38-1~deb12u1", "openssh-server": "1:9.2p1-2+deb12u6", "ca-certificates": "20230311",
    "curl": "7.88.1-10+deb12u14", "iproute2": "6.1.0-3", "kmod": "30+20221128-1", "procps": "2:4.0.2-3",
    "util-linux": "2.38.1-5+deb12u3", "tar": "1.34+dfsg-1.2", "openssl": "3.0.17-1~deb12u2",
}  # fmt: skip
DEPENDS = {
    "kubelet": ["kubernetes-cni"], "kubeadm": ["cri-tools"], "gnupg": ["gpg"],
}  # fmt: skip
CNI_PLUGINS = (
    "bandwidth",
    "bridge",
    "dhcp",
    "dummy",
    "firewall",
    "host-device",
    "host-local",
    "ipvlan",
    "loopback",
    "macvlan",
    "portmap",
    "ptp",
    "sbr",
    "static",
    "tap",
    "tuning",
    "vlan",
    "vrf",
)
_SERVICES = {
    "containerd.io": ("containerd.service", True),
    "kubelet": ("kubelet.service", False),
    "zerotier-one": ("zerotier-one.service", True),
}


def architecture() -> str:
    """Debian's name of the machine's architecture."""
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)


def release() -> tuple[str, str, str]:
    """(ID, VERSION_ID, VERSION_CODENAME) of this node."""
    values = dict(line.partition("=")[::2] for line in state.load("/etc/os-release").splitlines())
    name, version, codename = (values.get(k, "").strip('"') for k in ("ID", "VERSION_ID", "VERSION_CODENAME"))
    return name, version, codename


def kind_of(uri: str) -> str:
    """Which repository a URI is, by its layout and not by its host."""
    import re

    if re.search(r"/v\d+\.\d+/(deb|rpm)", uri) or "kubernetes" in uri:
        return "kubernetes"
    if "/linux/debian" in uri or "/linux/ubuntu" in uri or "docker" in uri:
        return "docker"
    return "zerotier" if "zerotier" in uri else "distribution"


def offered(uris: list[str]) -> dict[str, list[str]]:
    """Package → versions, newest last, that the repositories at `uris` and the distribution offer."""
    import re

    packages = {name: [version] for name, version in {**DISTRIBUTION, **INSTALLED_AT_BOOT}.items()}
    identity, number, codename = release()
    for uri in uris:
        kind = kind_of(uri)
        if kind == "kubernetes" and (minor := re.search(r"/v(\d+\.\d+)/", uri)):
            versions = [f"{v}-1.1" for v in KUBERNETES.get(minor[1], [])]
            if versions:
                for name in ("kubeadm", "kubectl", "kubelet"):
                    packages.setdefault(name, []).extend(versions)
                packages.setdefault("cri-tools", []).append(f"{minor[1]}.0-1.1")
                packages.setdefault("kubernetes-cni", []).append("1.8.0-1.1")
        elif kind == "docker":
            suffix = f"-1~{identity}.{number}~{codename}"
            packages["containerd.io"] = [f"2.2.1{suffix}", f"2.3.4{suffix}"]
        elif kind == "zerotier":
            packages["zerotier-one"] = ["1.14.2", "1.16.0"]
    for versions in packages.values():
        versions.sort(key=version_key)
    return packages


def version_key(version: str) -> list[tuple[int, int | str]]:
    """A sort key that orders the versions used here as dpkg does."""
    import re

    epoch, colon, rest = version.partition(":")
    text = rest if colon else version
    parts = re.findall(r"\d+|[^\d]+", text.replace("~", "\x00"))
    return [(0, int(epoch) if colon else 0), *((1, int(p)) if p.isdigit() else (0, p) for p in parts)]


def installed() -> dict[str, dict[str, Any]]:
    """Package → {"version", "status"} as dpkg's status file has it."""
    document = state.read(state.mine())
    if "packages" in document:
        return dict(document["packages"])
    return {name: {"version": v, "status": "install ok installed"} for name, v in INSTALLED_AT_BOOT.items()}


def version_of(name: str) -> str | None:
    """The installed version of `name`, None if it is not installed."""
    if host.is_real():
        status, _, version = host.ask(
            "dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}", name
        ).partition(" ")
        return version if status == "installed" else None
    entry = installed().get(name)
    return str(entry["version"]) if entry and entry["status"].endswith(" installed") else None


def owner_of(path: str) -> str | None:
    """The installed package that brought the file, None if none did."""
    folder, _, name = path.rpartition("/")
    for package in installed():
        brought = programs.BROUGHT.get(package, {})
        if path in unit_files.FILES.get(package, {}) or (
            name in brought and folder.endswith(("bin", "sbin"))
        ):
            return package
    return None


def choose(versions: list[str], wanted: str | None) -> str | None:
    """The newest of `versions` that fits `wanted`, which may hold a pattern."""
    fitting = [v for v in versions if wanted is None or fits(v, wanted)]
    return fitting[-1] if fitting else None


def fits(name: str, pattern: str) -> bool:
    """Whether a shell pattern, most often a plain word, matches the whole name."""
    if not any(sign in pattern for sign in "*?["):
        return name == pattern
    import fnmatch

    return fnmatch.fnmatchcase(name, pattern)


def set_package(name: str, version: str | None, status: str) -> None:
    """Write an entry of dpkg's status; without a version, forget the package."""
    with state.change(state.mine()) as document:
        packages = document.setdefault("packages", installed())
        if version is None:
            packages.pop(name, None)
        else:
            held = str(packages.get(name, {}).get("status", "")).startswith("hold")
            packages[name] = {
                "version": version,
                "status": status.replace("install", "hold", 1) if held else status,
            }


def unpack(name: str, version: str) -> None:
    """Put the files of a package on the node and start what its real counterpart starts."""
    fresh = version_of(name) is None
    set_package(name, version, "install ok installed")
    for command, module in programs.BROUGHT.get(name, {}).items():
        folder = "/usr/local/sbin" if name == "zerotier-one" else "/usr/local/bin"
        state.write(
            f"{folder}/{command}", programs.launcher(sys.executable, _program_folder(), module), 0o755
        )
    for path, text in unit_files.FILES.get(name, {}).items():
        if fresh or path.startswith(units.VENDOR):
            state.write(path, text)
    if name == "kubernetes-cni":
        for plugin in CNI_PLUGINS:
            state.write(f"/opt/cni/bin/{plugin}", "#!/bin/sh\nexit 0\n", 0o755)
    if name == "zerotier-one":
        from . import zerotier

        zerotier.make_identity()
    unit, at_once = _SERVICES.get(name, ("", False))
    if not unit:
        return
    if at_once and fresh and not units.is_masked(unit):
        units.link(unit)
    if (at_once and fresh and not units.is_masked(unit)) or units.active(unit):
        from . import supervisor

        supervisor.stop(unit)
        supervisor.launch(unit)


def _program_folder() -> str:
    return os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def take_away(name: str, *, purge: bool) -> None:
    """Remove a package; with `purge` its configuration too."""
    version = version_of(name) or str(installed().get(name, {}).get("version", ""))
    unit, _ = _SERVICES.get(name, ("", False))
    if unit and units.fragment(unit):
        from . import supervisor

        supervisor.stop(unit)
        units.unlink(unit)
    for command in programs.BROUGHT.get(name, {}):
        for folder in ("/usr/local/bin", "/usr/local/sbin"):
            if os.path.exists(state.at(f"{folder}/{command}")):
                os.unlink(state.at(f"{folder}/{command}"))
    for path in unit_files.FILES.get(name, {}):
        if (purge or path.startswith(units.VENDOR)) and os.path.lexists(state.at(path)):
            os.unlink(state.at(path))
    if name == "kubernetes-cni":
        for plugin in CNI_PLUGINS:
            if os.path.exists(state.at(f"/opt/cni/bin/{plugin}")):
                os.unlink(state.at(f"/opt/cni/bin/{plugin}"))
    set_package(name, None if purge else version, "deinstall ok config-files")
