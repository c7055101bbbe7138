"""The process that holds the practice nodes: it makes their namespaces and joins their networks.

It is started by the daemon with one line of JSON on stdin, answers one line on stdout, and then only
waits: when its stdin ends, because the daemon ended or was killed, every node's process 1 ends with it,
and the kernel takes the rest.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

from zkwizard.demo import etc, namespaces, root

# As real root, nodes run as these otherwise unused host users, so that root in a node is nobody on the host.
_FIRST_USER = 1_000_000
_USERS = 65536
OVERLAY_MTU = 2800


@dataclass(frozen=True)
class Orders:
    """What the holder is told to make."""

    nodes: tuple[etc.Server, ...]
    programs: str
    shared: str
    work: str

    def line(self) -> bytes:
        """The orders as one line for stdin."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def parse(cls, line: str) -> Orders:
        """The reverse of `line`."""
        raw = json.loads(line)
        nodes = tuple(etc.Server(**node) for node in raw.pop("nodes"))
        return cls(nodes=nodes, **raw)


def node_owner() -> int:
    """The host's user id of root inside a node."""
    return _FIRST_USER if os.geteuid() == 0 else os.geteuid()


def main() -> None:
    """Follow the orders on stdin; end when stdin ends."""
    orders = Orders.parse(_read_line(0))
    try:
        pids = _make_all(orders)
    except namespaces.NamespacesNotAllowed as error:
        _answer({"error": str(error)})
        return
    except (OSError, subprocess.CalledProcessError) as error:
        _answer({"error": f"practice nodes could not be made: {error}"})
        return
    _answer({"pids": pids})
    while os.read(0, 4096):
        pass


def _answer(message: dict[str, object]) -> None:
    os.write(1, json.dumps(message).encode() + b"\n")


def _read_line(fd: int) -> str:
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(fd, 1)
        if not byte:
            raise SystemExit(1)
        line += byte
    return line.decode()


def _make_all(orders: Orders) -> dict[str, int]:
    namespaces.die_with_parent()
    as_root = os.geteuid() == 0
    try:
        _own_room(as_root)
    except OSError as error:
        raise namespaces.explain(error) from error
    work = Path(orders.work)
    namespaces.mount("tmpfs", work, "tmpfs", namespaces.MS_NOSUID, "mode=755")
    usr = root.prepare_usr(work)
    (work / "root").mkdir()
    births = [_Birth.of(server, orders, usr, work / "root", as_root) for server in orders.nodes]
    pids = {birth.server.name: birth.map_ids(as_root) for birth in births}
    _join_networks(list(pids.values()))
    for birth in births:
        birth.wait_until_ready()
    return pids


def _own_room(as_root: bool) -> None:
    """Leave the host's mounts and network; an ordinary user needs a user namespace for that."""
    if as_root:
        namespaces.unshare(namespaces.CLONE_NEWNS | namespaces.CLONE_NEWNET)
    else:
        uid, gid = os.geteuid(), os.getegid()
        namespaces.unshare(namespaces.CLONE_NEWUSER | namespaces.CLONE_NEWNS | namespaces.CLONE_NEWNET)
        namespaces.write_id_maps(os.getpid(), f"0 {uid} 1", f"0 {gid} 1", deny_setgroups=True)
    namespaces.mount(None, "/", None, namespaces.MS_REC | namespaces.MS_PRIVATE)


@dataclass
class _Birth:
    """A node while it is being made: a child that becomes the parent of the node's process 1, and two
    pipes to it.
    """

    server: etc.Server
    child: int
    told: int
    tell: int

    @classmethod
    def of(cls, server: etc.Server, orders: Orders, usr: Path, place: Path, as_root: bool) -> _Birth:
        told, child_tells = os.pipe()
        child_told, tell = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(told)
            os.close(tell)
            _child(server, orders, usr, place, as_root, (child_told, child_tells))
        os.close(child_tells)
        os.close(child_told)
        return cls(server, child, told, tell)

    def map_ids(self, as_root: bool) -> int:
        """Give the child's user namespace its ids once it has one; return the pid of the node's process 1."""
        self._expect("unshared")
        if as_root:
            ids = f"0 {_FIRST_USER} {_USERS}"
            namespaces.write_id_maps(self.child, ids, ids, deny_setgroups=False)
        else:
            namespaces.write_id_maps(self.child, "0 0 1", "0 0 1", deny_setgroups=True)
        os.write(self.tell, b"mapped\n")
        pid = int(self._expect("born").split()[1])
        os.waitpid(self.child, 0)
        return pid

    def wait_until_ready(self) -> None:
        """Let process 1 go on, now that its links exist, and wait for it."""
        os.write(self.tell, b"linked\n")
        self._expect("ready")
        os.close(self.tell)
        os.close(self.told)

    def _expect(self, word: str) -> str:
        line = _read_line(self.told).strip()
        if not line.startswith(word):
            raise OSError(0, f"node {self.server.name}: {line}")
        return line


def _child(
    server: etc.Server, orders: Orders, usr: Path, place: Path, as_root: bool, pipes: tuple[int, int]
) -> None:
    """In the forked child: root, namespaces, and process 1. Never returns."""
    told, tell = pipes
    try:
        namespaces.unshare(namespaces.CLONE_NEWNS)
        root.build(server, place, usr, Path(orders.programs), Path(orders.shared))
        if as_root:
            root.owned_by([Path("/"), Path("/usr/local")], _FIRST_USER)
        namespaces.unshare(namespaces.NODE_NAMESPACES)
        os.write(tell, b"unshared\n")
        _read_line(told)
        os.setresgid(0, 0, 0)
        os.setresuid(0, 0, 0)
        pid = os.fork()
        if pid:
            os.write(tell, f"born {pid}\n".encode())
            os._exit(0)
        _init(server, told, tell)
    except BaseException as error:
        os.write(tell, f"{type(error).__name__}: {error}\n".encode())
    os._exit(1)


def _init(server: etc.Server, told: int, tell: int) -> None:
    """Process 1 of a node: finish the root, bring the links up, then reap until the holder's stdin ends."""
    namespaces.stay_inspectable()
    os.setsid()
    root.finish(server)
    _read_line(told)
    batch = (
        f"link set lo up\naddr add {server.address}/16 dev eth0\nlink set eth0 up\n"
        f"route add default via {server.gateway}\n"
    )
    subprocess.run(["ip", "-batch", "-"], input=batch.encode(), check=True)
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_read, False)
    os.set_blocking(wake_write, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.set_wakeup_fd(wake_write)
    os.write(tell, b"ready\n")
    for fd in (1, told, tell):
        os.close(fd)
    _reap_until_end(wake_read)


def _reap_until_end(wake: int) -> None:
    poll = select.poll()
    poll.register(0, select.POLLHUP)
    poll.register(wake, select.POLLIN)
    while True:
        events = dict(poll.poll())
        if 0 in events:
            os._exit(0)
        os.read(wake, 4096)
        _reap()


def _reap() -> None:
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                return
        except ChildProcessError:
            return


def _join_networks(pids: list[int]) -> None:
    """Two bridges: the providers' network with a gateway, and the overlay, whose ends in the nodes stay
    down until ZeroTier.
    """
    batch = [
        "link set lo up",
        "link add under type bridge",
        "addr add 10.200.0.1/16 dev under",
        "link set under up",
        "link add over type bridge",
        f"link set over mtu {OVERLAY_MTU} up",
    ]
    for number, pid in enumerate(pids):
        batch += [
            f"link add u{number} type veth peer name eth0 netns {pid}",
            f"link set u{number} master under up",
            f"link add z{number} mtu {OVERLAY_MTU} type veth peer name zt-park mtu {OVERLAY_MTU} netns {pid}",
            f"link set z{number} master over up",
        ]
    subprocess.run(["ip", "-batch", "-"], input="\n".join(batch).encode() + b"\n", check=True, stdout=2)
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")


if __name__ == "__main__":
    main()
