"""Linux namespaces and mounts through libc: the few calls that Python 3.11 does not have.

Constants are those of <sched.h> and <sys/mount.h>.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
NODE_NAMESPACES = (
    CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET
)

MS_RDONLY = 0x1
MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_NOEXEC = 0x8
MS_REMOUNT = 0x20
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 1 << 18
MNT_DETACH = 0x2

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_SIGKILL = 9
_LOCKABLE = {
    "nosuid": MS_NOSUID,
    "nodev": MS_NODEV,
    "noexec": MS_NOEXEC,
    "ro": MS_RDONLY,
    "noatime": 0x400,
    "nodiratime": 0x800,
    "relatime": 0x200000,
}

_libc = ctypes.CDLL(None, use_errno=True)


class NamespacesNotAllowed(Exception):
    """This machine does not let the caller make the namespaces that nodes live in; the text says how to
    allow it.
    """


def _checked(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    """Leave the namespaces in `flags` for new ones (a new pid namespace takes effect for the next child)."""
    _checked(_libc.unshare(ctypes.c_int(flags)), f"unshare({flags:#x})")


def mount(
    source: str | None, target: str | Path, kind: str | None = None, flags: int = 0, data: str = ""
) -> None:
    """mount(2)."""
    _checked(
        _libc.mount(
            source.encode() if source else None,
            os.fsencode(str(target)),
            kind.encode() if kind else None,
            ctypes.c_ulong(flags),
            data.encode() if data else None,
        ),
        f"mount {source or '-'} on {target}",
    )


def unmount(target: str | Path) -> None:
    """Detach the mount at `target` and all below it."""
    _checked(_libc.umount2(os.fsencode(str(target)), MNT_DETACH), f"umount {target}")


def pivot_root(new_root: str | Path, put_old: str | Path) -> None:
    """Make `new_root` the root of this mount namespace."""
    pair = (os.fsencode(str(new_root)), os.fsencode(str(put_old)))
    _checked(_libc.pivot_root(*pair), f"pivot_root {new_root}")


def bind(source: str | Path, target: str | Path, *, readonly: bool = False, recursive: bool = False) -> None:
    """Show `source` (a file or a folder) at `target`, which must exist."""
    mount(str(source), target, None, MS_BIND | (MS_REC if recursive else 0))
    if readonly:
        make_readonly(target)


def make_readonly(target: str | Path) -> None:
    """Remount `target` read-only. Flags that a less privileged namespace may not clear are kept as they
    are.
    """
    kept = 0
    stats = os.statvfs(target)
    for bit, flag in (
        (os.ST_NOSUID, MS_NOSUID),
        (os.ST_NODEV, MS_NODEV),
        (os.ST_NOEXEC, MS_NOEXEC),
        (os.ST_NOATIME, _LOCKABLE["noatime"]),
        (os.ST_NODIRATIME, _LOCKABLE["nodiratime"]),
        (os.ST_RELATIME, _LOCKABLE["relatime"]),
    ):
        if stats.f_flag & bit:
            kept |= flag
    mount(None, target, None, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | kept)


def die_with_parent() -> None:
    """Ask the kernel for SIGKILL when the parent goes, so that a killed daemon leaves nothing behind."""
    _checked(_libc.prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0), "prctl(PR_SET_PDEATHSIG)")


def stay_inspectable() -> None:
    """Keep /proc/PID/ns open for the owner after a change of credentials; nsenter needs it."""
    _checked(_libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0), "prctl(PR_SET_DUMPABLE)")


def set_hostname(name: str) -> None:
    """sethostname(2), in the current uts namespace."""
    raw = name.encode()
    _checked(_libc.sethostname(raw, ctypes.c_size_t(len(raw))), "sethostname")


def write_id_maps(pid: int, uid_map: str, gid_map: str, *, deny_setgroups: bool) -> None:
    """Write the id maps of the user namespace that process `pid` is in."""
    proc = Path(f"/proc/{pid}")
    if deny_setgroups:
        (proc / "setgroups").write_text("deny")
    (proc / "gid_map").write_text(gid_map)
    (proc / "uid_map").write_text(uid_map)


def explain(error: OSError) -> NamespacesNotAllowed:
    """Turn a refusal of the kernel into what is missing and how to allow it."""
    hints = [f"practice nodes need Linux namespaces, and this machine refused: {error.strerror}"]
    for path, wrong, cure in (
        ("kernel/unprivileged_userns_clone", "0", "sysctl -w kernel.unprivileged_userns_clone=1"),
        (
            "kernel/apparmor_restrict_unprivileged_userns",
            "1",
            "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
        ),
        ("user/max_user_namespaces", "0", "sysctl -w user.max_user_namespaces=10000"),
    ):
        setting = Path("/proc/sys", path)
        if setting.exists() and setting.read_text().strip() == wrong:
            hints.append(f"{path.replace('/', '.')} is {wrong}; allow it as root with: {cure}")
    if len(hints) == 1:
        hints.append(
            "user namespaces may be switched off (user.max_user_namespaces, "
            "kernel.apparmor_restrict_unprivileged_userns) or blocked by a container's seccomp profile; "
            "in a container, run it privileged, or run `zkwizard demo` on the host"
        )
    return NamespacesNotAllowed("\n".join(hints))
