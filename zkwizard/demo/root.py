"""The root of a practice node: a tmpfs with the host's /usr read-only and everything else made afresh.

Built in two steps because of who may mount what: `build` runs where the host's files can still be reached
and ends in the new root; `finish` runs as process 1 inside the node's own namespaces, for which everything
from `build` is locked.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from zkwizard.demo import etc, namespaces
from zkwizard.demo.standins import programs

PROGRAMS = Path("/usr/local/lib/practice")
SHARED = Path("/usr/local/share/practice")
_HOST_LINKS = ("bin", "sbin", "lib", "lib64", "lib32", "libx32")
_FOLDERS = (
    "boot",
    "dev",
    "etc",
    "home",
    "media",
    "mnt",
    "opt",
    "proc",
    "root",
    "run",
    "srv",
    "sys",
    "tmp",
    "usr",
    "var",
)
_VAR = (
    "cache/apt/archives",
    "lib/apt/lists",
    "lib/dpkg",
    "lib/practice",
    "lib/systemd",
    "log",
    "spool",
    "tmp",
)
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "net/tun", "fuse")
# Tools that a practice node does not have until a package brings them, or never, although this machine may.
_ABSENT = (
    "ufw", "firewall-cmd", "getenforce", "setenforce", "docker", "dockerd", "containerd", "ctr", "runc",
    "crictl", "kubeadm", "kubelet", "kubectl", "zerotier-cli", "zerotier-one", "cri-dockerd",
    "cloud-init", "snap", "dnf", "yum", "rpm", "nmcli", "k3s", "podman", "needrestart", "chronyc",
    "chronyd", "etcdctl", "helm",
)  # fmt: skip


def interpreter() -> Path:
    """The real file of the Python that stand-ins run on; shims and virtual environments are looked
    through.
    """
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    found = Path(sys.base_prefix, "bin", version)
    return found.resolve() if found.exists() else Path(sys.executable).resolve()


def _interpreter_files() -> list[Path]:
    """What of the interpreter lies outside /usr and has to be shown at its own path in a node."""
    base, version = Path(sys.base_prefix), f"python{sys.version_info.major}.{sys.version_info.minor}"
    if base == Path("/usr"):
        return []
    library = base / "lib"
    return [
        interpreter(),
        library / version,
        *sorted(p for p in library.glob("libpython*.so*") if not p.is_symlink()),
    ]


def launcher(name: str) -> str:
    """The text of the executable that plays the command `name`, isolated from the node's own Python
    settings.
    """
    return programs.launcher(str(interpreter()), str(PROGRAMS), programs.ALWAYS[name], name)


def prepare_usr(work: Path) -> Path:
    """Mount the host's /usr below `work` once for all nodes, stand-ins over the host's tools, absent
    tools masked.
    """
    usr = work / "usr"
    usr.mkdir()
    namespaces.bind("/usr", usr)
    launchers = work / "launchers"
    launchers.mkdir()
    for name in programs.ALWAYS:
        file = launchers / name
        file.write_text(launcher(name))
        file.chmod(0o755)
        for place in ("bin", "sbin"):
            target = usr / place / name
            if target.exists() and name not in programs.WRAPPED:
                namespaces.bind(file, target.resolve() if not target.is_symlink() else target, readonly=True)
    for name in _ABSENT:
        for place in ("bin", "sbin"):
            if (usr / place / name).exists():
                namespaces.bind("/dev/null", usr / place / name)
    return usr


def build(server: etc.Server, root: Path, usr: Path, programs_dir: Path, shared: Path) -> None:
    """Make the root of `server` at `root` and pivot into it."""
    namespaces.mount("tmpfs", root, "tmpfs", namespaces.MS_NOSUID, "size=12g,mode=755")
    for folder in (*_FOLDERS, *(f"var/{name}" for name in _VAR), *(f"etc/{name}" for name in etc.FOLDERS)):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "tmp").chmod(0o1777)
    (root / "root").chmod(0o700)
    for link in _HOST_LINKS:
        host = Path("/", link)
        if host.is_symlink():
            (root / link).symlink_to(host.readlink())
    (root / "var/run").symlink_to("/run")
    for path, text in etc.files(server).items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (root / "etc/shadow").chmod(0o640)
    (root / "etc/practice.json").write_text(json.dumps({"node": server.name, "shared": str(SHARED)}))
    _own_usr(root, usr, programs_dir, shared)
    _devices(root)
    _host_extras(root)
    for kernel in ("proc", "sys"):
        namespaces.bind(f"/{kernel}", root / kernel, recursive=True)
    os.chdir(root)
    namespaces.pivot_root(".", ".")
    namespaces.unmount(".")
    os.chdir("/")


def _own_usr(root: Path, usr: Path, programs_dir: Path, shared: Path) -> None:
    """Mount /usr read-only, with a /usr/local of the node's own that holds the stand-ins."""
    namespaces.bind(usr, root / "usr", recursive=True)
    namespaces.make_readonly(root / "usr")
    local = root / "usr/local"
    namespaces.mount("tmpfs", local, "tmpfs", namespaces.MS_NOSUID, "size=64m,mode=755")
    for folder in ("bin", "sbin", "lib/practice", "share/practice", "lib/systemd/system", "etc", "src"):
        (local / folder).mkdir(parents=True)
    for name in programs.ALWAYS:
        file = local / ("sbin" if name in programs.SBIN else "bin") / name
        file.write_text(launcher(name))
        file.chmod(0o755)
    namespaces.bind(programs_dir, local / "lib/practice", readonly=True)
    namespaces.bind(shared, local / "share/practice")
    for path in _interpreter_files():
        show(path, root / str(path).lstrip("/"))


def show(path: Path, target: Path) -> None:
    """Bind `path` read-only at `target`, made for it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        target.mkdir(exist_ok=True)
    else:
        target.touch()
    namespaces.bind(path, target, readonly=True)


def _devices(root: Path) -> None:
    dev = root / "dev"
    for folder in ("net", "pts", "shm"):
        (dev / folder).mkdir()
    for name in _DEVICES:
        if Path("/dev", name).exists():
            (dev / name).touch()
            namespaces.bind(f"/dev/{name}", dev / name)
    for name, target in (
        ("fd", "/proc/self/fd"),
        ("stdin", "/proc/self/fd/0"),
        ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"),
        ("ptmx", "pts/ptmx"),
    ):
        (dev / name).symlink_to(target)


def _host_extras(root: Path) -> None:
    """Copy what host tools in /usr need from /etc: where libraries are, which alternative a link means,
    iptables' names.
    """
    for name in ("ld.so.cache", "ethertypes", "localtime"):
        source = Path("/etc", name)
        if source.is_file():
            (root / "etc" / name).write_bytes(source.read_bytes())
    alternatives = root / "etc/alternatives"
    alternatives.mkdir(exist_ok=True)
    for link in Path("/etc/alternatives").glob("*"):
        if link.is_symlink():
            (alternatives / link.name).symlink_to(link.readlink())
    certificates = Path("/etc/ssl/openssl.cnf")
    if certificates.is_file():
        (root / "etc/ssl").mkdir(exist_ok=True)
        (root / "etc/ssl/openssl.cnf").write_bytes(certificates.read_bytes())


def finish(server: etc.Server) -> None:
    """As process 1 of the node: mount /proc, /sys and /dev/pts anew, lock /proc/sys, put the node's own
    facts in place.
    """
    namespaces.set_hostname(server.name)
    namespaces.mount(
        "proc", "/proc", "proc", namespaces.MS_NOSUID | namespaces.MS_NODEV | namespaces.MS_NOEXEC
    )
    _lock_settings()
    _tolerated(
        lambda: namespaces.mount("devpts", "/dev/pts", "devpts", 0, "newinstance,ptmxmode=0666,mode=0620")
    )
    namespaces.bind("/var/lib/practice/swaps", "/proc/swaps")
    Path("/run/systemd/system").mkdir(parents=True, exist_ok=True)
    _system_tree()


def _lock_settings() -> None:
    """/proc/sys read-only but for net, which belongs to the node's own network namespace."""
    second = Path("/run/.proc")
    second.mkdir()
    namespaces.mount(
        "proc", second, "proc", namespaces.MS_NOSUID | namespaces.MS_NODEV | namespaces.MS_NOEXEC
    )
    namespaces.bind("/proc/sys", "/proc/sys", readonly=True)
    namespaces.bind(second / "sys/net", "/proc/sys/net")
    namespaces.unmount(second)
    second.rmdir()


def _system_tree() -> None:
    """Mount /sys for the node's own network, cgroup v2, and a product id of its own."""
    flags = namespaces.MS_NOSUID | namespaces.MS_NODEV | namespaces.MS_NOEXEC
    _tolerated(lambda: namespaces.mount("sysfs", "/sys", "sysfs", flags))
    _tolerated(lambda: namespaces.mount("cgroup2", "/sys/fs/cgroup", "cgroup2", flags))
    _cgroup_controllers()
    product = Path("/sys/class/dmi/id/product_uuid")
    if not product.parent.exists():
        _make_dmi()
    if product.exists():
        _tolerated(lambda: namespaces.bind("/var/lib/practice/product_uuid", product.resolve()))


def _cgroup_controllers() -> None:
    """Name the controllers that machines have; a host on cgroup v1 keeps them from its second hierarchy."""
    shown = Path("/sys/fs/cgroup/cgroup.controllers")
    if shown.exists() and "memory" not in shown.read_text().split():
        named = Path("/var/lib/practice/cgroup.controllers")
        named.write_text("cpuset cpu io memory hugetlb pids\n")
        _tolerated(lambda: namespaces.bind(named, shown))


def _make_dmi() -> None:
    """On a machine without DMI (small virtual machines, ARM boards), lay a /sys/class with DMI over the
    real one.
    """
    aside = Path("/run/.class")
    aside.mkdir()
    namespaces.bind("/sys/class", aside)
    namespaces.mount("tmpfs", "/sys/class", "tmpfs", namespaces.MS_NOSUID, "size=1m,mode=755")
    (Path("/sys/class/dmi/id")).mkdir(parents=True)
    (Path("/sys/class/dmi/id/product_uuid")).touch()
    for name in ("net", "block", "misc"):
        if (aside / name).is_dir():
            Path("/sys/class", name).mkdir()
            namespaces.bind(aside / name, Path("/sys/class", name))
    namespaces.unmount(aside)
    aside.rmdir()


def _tolerated(attempt: Callable[[], None]) -> None:
    """Run it; a refusal leaves what `build` has put there."""
    try:
        attempt()
    except OSError as error:
        print(f"node: {error}", file=sys.stderr)


def owned_by(paths: Iterable[Path], owner: int) -> None:
    """Give every file at and below `paths`, on the same file system, to `owner`."""
    for path in paths:
        device = path.lstat().st_dev
        for folder, names, files in os.walk(path):
            names[:] = [n for n in names if Path(folder, n).lstat().st_dev == device]
            for name in (".", *names, *files):
                entry = Path(folder, name)
                if entry.lstat().st_dev == device:
                    os.lchown(entry, owner, owner)
