"""The stand-ins as Debian packages, in signed repositories laid out as their publishers lay them out.

    SITE/kubernetes/core:/stable:/v1.36/deb/     flat, its key beside the packages (pkgs.k8s.io)
    SITE/docker/linux/debian/                    suite bookworm, component stable (download.docker.com)
    SITE/zerotier/debian/bookworm/               suite bookworm, component main (download.zerotier.com)
    SITE/debian/                                 what zkwizard asks of the distribution itself

The programs in the packages are launchers; the stand-ins' code is bound into every machine at `PROGRAMS`.
"""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from inspect import getfile
from pathlib import Path

from tests.lab import image
from tests.lab.place import CACHE, KEYS, SITE, recipe_of
from zkwizard.demo.standins import packages, programs, unit_files

PROGRAMS = "/usr/local/lib/practice"
HOOK = "/etc/lab/postinst"
"""A script on the machine that the packages' postinst runs with the package's name: how a scenario makes an
installation slow or lets it leave something running."""
SUITE = "bookworm"
_DEPENDS = {
    "kubelet": "kubernetes-cni (>= 1.2.0)",
    "containerd.io": "libc6",
}
_EXCLUDES = {"containerd.io": "containerd, runc"}
_CNI = {f"/opt/cni/bin/{plugin}": "#!/bin/sh\nexit 0\n" for plugin in packages.CNI_PLUGINS}


@dataclass(frozen=True)
class Package:
    """One version of one package."""

    name: str
    version: str
    files: dict[str, str] = field(default_factory=dict)

    @property
    def service(self) -> str:
        """The unit that its postinst enables and starts, as the publisher's does; kubelet's does neither."""
        return {"containerd.io": "containerd.service", "zerotier-one": "zerotier-one.service"}.get(
            self.name, ""
        )


def main() -> None:
    """Make what is missing."""
    modules = (image, packages, programs, unit_files)
    recipe = recipe_of(*(Path(getfile(module)) for module in modules), Path(__file__))
    if not recipe.is_done("site"):
        _build()
        recipe.done("site")


def _build() -> None:
    """Make keys, packages and repositories anew."""
    for folder in (SITE, KEYS):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    with _key_holder():
        _fill()


def _fill() -> None:
    for name in ("debian", "kubernetes", "docker", "zerotier", "stranger"):
        _make_key(name)
    for minor, patches in packages.KUBERNETES.items():
        versions = [f"{patch}-1.1" for patch in patches]
        every = [_standin(name, v) for name in ("kubeadm", "kubectl", "kubelet") for v in versions]
        every += [_standin("cri-tools", f"{minor}.0-1.1"), Package("kubernetes-cni", "1.8.0-1.1", _CNI)]
        _flat(SITE / f"kubernetes/core:/stable:/v{minor}/deb", every, "kubernetes")
    suffix = f"-1~debian.12~{SUITE}"
    runtime = [_standin("containerd.io", f"{version}{suffix}") for version in ("2.2.1", "2.3.4")]
    _suite(SITE / "docker/linux/debian", "stable", runtime, "docker")
    shutil.copyfile(_armored("docker"), SITE / "docker/linux/debian/gpg")
    zerotier = [_standin("zerotier-one", version) for version in ("1.14.2", "1.16.0")]
    _suite(SITE / f"zerotier/debian/{SUITE}", "main", zerotier, "zerotier")
    shutil.copyfile(_armored("zerotier"), SITE / "zerotier/key.gpg")
    shutil.copyfile(_armored("stranger"), SITE / "stranger.gpg")
    _suite(SITE / "debian", "main", [], "debian", ready=CACHE / "distribution")


def public_key(name: str) -> Path:
    """The key that signs a repository, as apt's keyrings have it."""
    return KEYS / f"{name}.gpg"


def _sign(release: Path, key: str, ending: str = "") -> None:
    """Write InRelease and Release.gpg beside a Release."""
    for words, name in ((["--clearsign"], "InRelease"), (["--detach-sign", "--armor"], "Release.gpg")):
        target = f"{name}{ending}"
        _gpg(
            "--yes",
            "--local-user",
            f"{key}@lab",
            *words,
            "--output",
            str(release.with_name(target)),
            str(release),
        )


def _standin(name: str, version: str) -> Package:
    folder = "/usr/sbin" if name == "zerotier-one" else "/usr/bin"
    files = {
        f"{folder}/{command}": programs.launcher("/usr/bin/python3", PROGRAMS, module)
        for command, module in programs.BROUGHT[name].items()
    }
    for path, text in unit_files.FILES.get(name, {}).items():
        path = path.replace(unit_files.VENDOR, "/lib/systemd/system")
        files[path] = text.replace("/usr/local/bin/", "/usr/bin/").replace("/usr/local/sbin/", "/usr/sbin/")
    return Package(name, version, files)


def _deb(package: Package, target: Path) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary, "root")
        for path, text in package.files.items():
            file = root / path.lstrip("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            file.chmod(0o755 if text.startswith("#!") else 0o644)
        control = root / "DEBIAN"
        control.mkdir(parents=True)
        root.chmod(0o755)
        (control / "control").write_text(_control(package))
        conffiles = [path for path in package.files if path.startswith("/etc/") and package.files[path]]
        (control / "conffiles").write_text("".join(f"{path}\n" for path in conffiles))
        for script in ("postinst", "prerm", "postrm"):
            (control / script).write_text(_maintainer(package, script))
            (control / script).chmod(0o755)
        subprocess.run(
            ["dpkg-deb", "--root-owner-group", "-Znone", "--build", str(root), str(target)],
            check=True,
            stdout=subprocess.DEVNULL,
        )


def _control(package: Package) -> str:
    fields = {
        "Package": package.name,
        "Version": package.version,
        "Architecture": packages.architecture(),
        "Maintainer": "zkwizard's lab <lab@packages.practice.example>",
        "Depends": _DEPENDS.get(package.name, ""),
        "Conflicts": _EXCLUDES.get(package.name, ""),
        "Replaces": _EXCLUDES.get(package.name, ""),
        "Provides": _EXCLUDES.get(package.name, ""),
        "Section": "admin",
        "Priority": "optional",
        "Description": f"stand-in for {package.name}",
    }
    return "".join(f"{name}: {value}\n" for name, value in fields.items() if value)


def _maintainer(package: Package, script: str) -> str:
    """What debhelper writes for a service, shortened, and the scenario's hook."""
    unit, lines = package.service, ["#!/bin/sh", "set -e"]
    if script == "postinst":
        lines.append(f'if [ "$1" = configure ] && [ -x {HOOK} ]; then {HOOK} {package.name}; fi')
        if unit:
            lines += [
                'if [ "$1" = configure ]; then',
                f"  deb-systemd-helper unmask {unit} >/dev/null || true",
                f"  deb-systemd-helper enable {unit} >/dev/null || true",
                "  systemctl --system daemon-reload >/dev/null || true",
                f'  if [ -n "$2" ]; then deb-systemd-invoke restart {unit} >/dev/null || true',
                f"  else deb-systemd-invoke start {unit} >/dev/null || true; fi",
                "fi",
            ]
    elif script == "prerm":
        stopped = unit or ("kubelet.service" if package.name == "kubelet" else "")
        if stopped:
            lines.append(
                f'if [ "$1" = remove ]; then deb-systemd-invoke stop {stopped} >/dev/null || true; fi'
            )
    else:
        lines.append("systemctl --system daemon-reload >/dev/null || true")
        if unit:
            lines.append(
                f'if [ "$1" = purge ]; then deb-systemd-helper purge {unit} >/dev/null || true; '
                f"deb-systemd-helper unmask {unit} >/dev/null || true; fi"
            )
    return "\n".join(lines) + "\n"


def _flat(folder: Path, every: list[Package], key: str) -> None:
    pool = folder / packages.architecture()
    pool.mkdir(parents=True)
    for package in every:
        _deb(package, pool / f"{package.name}_{package.version}.deb")
    _index(folder, packages.architecture(), folder / "Packages")
    _release(folder, key, {"Architectures": packages.architecture()})
    shutil.copyfile(_armored(key), folder / "Release.key")


def _suite(folder: Path, component: str, every: list[Package], key: str, ready: Path | None = None) -> None:
    pool = folder / "pool"
    pool.mkdir(parents=True)
    for package in every:
        _deb(package, pool / f"{package.name}_{package.version}.deb")
    if ready:
        for file in ready.glob("*.deb"):
            shutil.copyfile(file, pool / file.name)
    dist = folder / "dists" / SUITE
    index = dist / component / f"binary-{packages.architecture()}" / "Packages"
    index.parent.mkdir(parents=True)
    _index(folder, "pool", index)
    fields = {
        "Suite": SUITE,
        "Codename": SUITE,
        "Components": component,
        "Architectures": packages.architecture(),
    }
    _release(dist, key, fields)


def _index(folder: Path, below: str, target: Path) -> None:
    text = subprocess.run(
        ["apt-ftparchive", "packages", below], cwd=folder, check=True, capture_output=True
    ).stdout
    target.write_bytes(text)
    target.with_suffix(".gz").write_bytes(gzip.compress(text, mtime=0))


def _release(folder: Path, key: str, fields: dict[str, str]) -> None:
    options = [
        word for name, value in fields.items() for word in ("-o", f"APT::FTPArchive::Release::{name}={value}")
    ]
    done = subprocess.run(
        ["apt-ftparchive", *options, "release", "."], cwd=folder, check=True, capture_output=True
    )
    (folder / "Release").write_bytes(done.stdout)
    _sign(folder / "Release", key)
    _sign(folder / "Release", "stranger", ".stranger")


def _make_key(name: str) -> None:
    _gpg("--passphrase", "", "--quick-generate-key", f"{name} <{name}@lab>", "rsa2048", "sign", "never")
    (KEYS / f"{name}.gpg").write_bytes(_gpg("--export", f"{name}@lab"))
    _armored(name).write_bytes(_gpg("--armor", "--export", f"{name}@lab"))


def _armored(name: str) -> Path:
    return KEYS / f"{name}.asc"


@contextmanager
def _key_holder() -> Iterator[None]:
    """A short-lived home of gpg; its agent ends with it."""
    before = os.environ.get("GNUPGHOME")
    with tempfile.TemporaryDirectory(prefix="lab-") as home:
        os.environ["GNUPGHOME"] = home
        try:
            yield
        finally:
            subprocess.run(["gpgconf", "--kill", "all"])
            del os.environ["GNUPGHOME"]
            if before is not None:
                os.environ["GNUPGHOME"] = before


def _gpg(*words: str) -> bytes:
    command = ["gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", *words]
    return subprocess.run(command, check=True, capture_output=True).stdout


if __name__ == "__main__":
    main()
