"""Real sshd on loopback: as many nodes as wanted, each in mount and pid namespaces of its own.

A node has its own users, sudo rules, /etc, /var/lib and processes; nothing of this machine is changed, and
all of a node's processes end with it. Needs root on Linux.

    with farm(10) as nodes:
        nodes[0].port, nodes[0].key
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.sshd import accounts
from tests.sshd.packages import Unavailable, unpacked
from tests.waiting import until

_PAM = "auth required pam_unix.so nodelay\naccount required pam_unix.so\nsession required pam_unix.so\n"

_CONFIG = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
StrictModes no
UsePAM {pam}
PermitRootLogin yes
PasswordAuthentication {password}
KbdInteractiveAuthentication {kbdint}
MaxStartups 500
MaxSessions {max_sessions}
LogLevel ERROR
"""


@dataclass
class TestNode:
    """A running sshd."""

    __test__ = False
    folder: Path
    port: int
    key: Path
    """Private key of who may log in, as every user."""
    pid: int
    """Of sshd, seen from outside; it is pid 1 inside."""

    @property
    def root(self) -> Path:
        """The node's file system, seen from outside."""
        return Path(f"/proc/{self.pid}/root")

    @property
    def host_key(self) -> Path:
        """The host's private key; its public half is beside it."""
        return self.folder / "host_key"

    def processes(self) -> dict[int, Path]:
        """The node's processes, by pid: their folders in /proc, seen from outside."""
        space = (Path(f"/proc/{self.pid}/ns/pid")).readlink()
        return {int(path.name): path for path in Path("/proc").glob("[0-9]*") if _space(path) == space}

    def commands(self) -> list[str]:
        """Command lines of the node's processes."""
        return [text for path in self.processes().values() if (text := _read(path / "cmdline"))]

    def clear(self) -> None:
        """End all of the node's processes but sshd, and take zkwizard's folder away."""
        for pid in self.processes():
            if pid != self.pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self.run("rm -rf /var/lib/zkwizard")

    def run(self, command: str) -> str:
        """Run a shell text inside as root, not over SSH."""
        enter = ["nsenter", "-t", str(self.pid), "-m", "-p", "--", "/bin/sh", "-c", command]
        return subprocess.run(enter, check=True, capture_output=True, text=True).stdout


def _space(path: Path) -> Path | None:
    with contextlib.suppress(OSError):
        return (path / "ns" / "pid").readlink()
    return None


def _read(path: Path) -> str:
    with contextlib.suppress(OSError):
        return path.read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    return ""


@contextlib.contextmanager
def farm(
    count: int = 1,
    *,
    max_sessions: int = 10,
    password: bool = True,
    kbdint: bool = False,
    sudo: bool = True,
    busybox: bool = False,
    more: str = "",
) -> Iterator[list[TestNode]]:
    """``count`` nodes; ``more`` is added to sshd's configuration, with ``busybox`` sh and tail are its.

    Raises Unavailable.
    """
    packages = _available()
    options: dict[str, object] = {
        "max_sessions": max_sessions,
        "password": "yes" if password else "no",
        "kbdint": "yes" if kbdint else "no",
        "pam": "yes" if kbdint else "no",
    }
    folder = Path(tempfile.mkdtemp(prefix="zkwizard-sshd-"))
    folder.chmod(0o755)
    started: list[subprocess.Popen[bytes]] = []
    try:
        key = _keypair(folder / "key")
        nodes = []
        for number in range(count):
            place = folder / f"node{number}"
            port = _prepared(place, key, options, more)
            started.append(_start(place, packages, sudo=sudo, busybox=busybox))
            nodes.append((place, port, started[-1]))
        yield [TestNode(place, port, key, _ready(place, port, process)) for place, port, process in nodes]
    finally:
        for process in started:
            process.kill()
        for process in started:
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _available() -> Path:
    if sys.platform != "linux" or os.geteuid() != 0:
        raise Unavailable("needs root on Linux: the nodes are namespaces with users of their own")
    probe = (
        "mount -t tmpfs t /mnt && mkdir /mnt/u /mnt/w && "
        "mount -t overlay o -o lowerdir=/usr,upperdir=/mnt/u,workdir=/mnt/w /usr"
    )
    done = subprocess.run(
        ["unshare", "-m", "-p", "--fork", "sh", "-c", probe], capture_output=True, text=True
    )
    if done.returncode:
        raise Unavailable(f"needs root on Linux with namespaces and overlayfs: {done.stderr.strip()}")
    return unpacked()


def _keypair(path: Path) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path], check=True)
    return path


def _prepared(place: Path, key: Path, options: dict[str, object], more: str) -> int:
    """The node's folder, and the port that it will listen on."""
    (place / "etc" / "pam.d").mkdir(parents=True)
    (place / "mnt").mkdir()
    _keypair(place / "host_key")
    shutil.copy(key.with_suffix(".pub"), place / "authorized_keys")
    etc = {"passwd": accounts.passwd(), "group": accounts.group(), "shadow": accounts.shadow()}
    # sudo looks its own host name up: without an entry it waits for a name server
    etc |= {
        "sudoers": accounts.sudoers(),
        "pam.d/sudo": _PAM,
        "pam.d/sshd": _PAM,
        "hosts": f"127.0.0.1 localhost {socket.gethostname()}\n",
    }
    for name, text in etc.items():
        (place / "etc" / name).write_text(text)
    for account in accounts.ACCOUNTS:
        home = place / "home" / account.name
        home.mkdir(parents=True)
        (home / ".bashrc").write_text(account.profile)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    (place / "config").write_text(_CONFIG.format(port=port, folder=place, **options) + more)
    return port


def _start(place: Path, packages: Path, *, sudo: bool, busybox: bool) -> subprocess.Popen[bytes]:
    given = {
        "node": place,
        "packages": packages,
        "sudo": "yes" if sudo else "",
        "busybox": "yes" if busybox else "",
    }
    script = "".join(f"{name}={shlex.quote(str(value))}\n" for name, value in given.items())
    script += Path(__file__).with_name("node.sh").read_text()
    space = ["unshare", "-m", "-p", "--fork", "--kill-child", "--mount-proc", "--propagation", "private"]
    with (place / "sshd.log").open("wb") as log:
        return subprocess.Popen(
            [*space, "sh", "-c", script],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _ready(place: Path, port: int, process: subprocess.Popen[bytes]) -> int:
    """Wait until it listens; the pid of sshd."""

    def answer() -> bytes:
        log = (place / "sshd.log").read_bytes()[-2000:]
        assert process.poll() is None, f"sshd ended: {log!r}"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as banner:
            return banner.recv(4)
        return log

    until(answer, "sshd answers", fits=lambda said: said == b"SSH-", limit=20)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(children[0])


__all__ = ["TestNode", "Unavailable", "farm"]
