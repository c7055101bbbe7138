"""All nodes of a cluster: one connection each, jump hosts shared, keys and known hosts common."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from zkwizard.model.cluster import Cluster, Ssh
from zkwizard.model.errors import ConnectionFailed, HostKeyRejected, InputError
from zkwizard.model.ports import Prompter
from zkwizard.model.secret import Redactor
from zkwizard.model.text import T
from zkwizard.remote.timing import Timing

if TYPE_CHECKING:
    import asyncssh

    from zkwizard.remote.connection import SshConnection
    from zkwizard.remote.link import Linker, Means

HOME = "/var/lib/zkwizard"
"""zkwizard's root-only folder on a node."""

_SPARES = 2
"""Sessions opened ahead: two are needed at once at first, and later one for a phase or several."""


class SshNetwork:
    """Implements ``model.ports.Network``."""

    def __init__(
        self,
        cluster: Cluster,
        known_hosts: Path,
        prompter: Prompter,
        *,
        accept_new: bool = False,
        redactor: Redactor,
        home: str = HOME,
        timing: Timing | None = None,
        spares: int = _SPARES,
    ) -> None:
        """``accept_new`` trusts hosts seen for the first time without asking; never changed keys."""
        self._cluster = cluster
        self._known_hosts = known_hosts
        self._prompter = prompter
        self._accept_new = accept_new
        self._redactor = redactor
        self._home = home
        self._timing = timing or Timing()
        self._spares = spares
        self._connections: dict[str, SshConnection] = {}
        self._jumps: dict[tuple[tuple[str, str, int], ...], Jump] = {}
        self._shared: Means | None = None

    def connection(self, node: str) -> SshConnection:
        """The node's one connection, made on first use. Raises KeyError for an unknown node."""
        if node not in self._connections:
            self._connections[node] = self._made(node)
        return self._connections[node]

    def fresh(self, node: str) -> SshConnection:
        """A further connection, with a login of its own; who asks for it closes it."""
        return self._made(node)

    async def close(self) -> None:
        """Close all connections; jobs go on."""
        await asyncio.gather(*(connection.close() for connection in self._connections.values()))
        for jump in self._jumps.values():
            await jump.close()
        if self._shared:
            self._shared.keys.close()

    def _made(self, node: str) -> SshConnection:
        from zkwizard.remote.connection import SshConnection
        from zkwizard.remote.link import Linker, Target

        ssh, means = self._cluster.node(node).ssh, self._means()
        linker = Linker(Target(node, ssh.host, ssh.port, ssh.user, ssh.key), means)
        jump = self._jump(hops(ssh), ssh.key, means)

        async def tunnel() -> asyncssh.SSHClientConnection | None:
            return await jump.link(node) if jump else None

        return SshConnection(
            linker, tunnel, means.questions, home=self._home, timing=self._timing, spares=self._spares
        )

    def _means(self) -> Means:
        from zkwizard.remote.hostkeys import KnownHosts
        from zkwizard.remote.keys import Keys, Questions
        from zkwizard.remote.link import Means

        if not self._shared:
            questions = Questions(self._prompter, self._redactor)
            hosts = KnownHosts(self._known_hosts)
            self._shared = Means(Keys(questions), questions, hosts, self._accept_new, self._timing)
        return self._shared

    def _jump(self, path: tuple[tuple[str, str, int], ...], key: str, means: Means) -> Jump | None:
        """The connection to the last of these jump hosts, over those before it."""
        from zkwizard.remote.link import Linker, Target

        if not path:
            return None
        if path not in self._jumps:
            user, host, port = path[-1]
            linker = Linker(Target(f"jump host {host}", host, port, user, key), means)
            self._jumps[path] = Jump(linker, self._jump(path[:-1], key, means))
        return self._jumps[path]


class Jump:
    """A jump host: one connection, shared by all nodes behind it."""

    def __init__(self, linker: Linker, before: Jump | None) -> None:
        self._linker = linker
        self._before = before
        self._link: asyncssh.SSHClientConnection | None = None
        self._connecting = asyncio.Lock()

    async def link(self, node: str) -> asyncssh.SSHClientConnection:
        """The open connection; ``node`` is named in errors, as it is the one that can't be reached."""
        async with self._connecting:
            if not self._link or self._link.is_closed():
                before = await self._before.link(node) if self._before else None
                try:
                    self._link = await self._linker.connect(before)
                except HostKeyRejected as error:
                    raise HostKeyRejected(node, error.words) from error
                except ConnectionFailed as error:
                    raise ConnectionFailed(node, error.words) from error
            return self._link

    async def close(self) -> None:
        """Close it."""
        if self._link:
            from zkwizard.remote.link import closed

            await closed(self._link)
            self._link = None


def hops(ssh: Ssh) -> tuple[tuple[str, str, int], ...]:
    """``[user@]host[:port][,…]`` as (user, host, port); the node's own user where none is named."""
    return tuple(_hop(text.strip(), ssh.user) for text in ssh.jump.split(",") if text.strip())


def _hop(text: str, user: str) -> tuple[str, str, int]:
    name, at, address = text.rpartition("@")
    host, port = address, ""
    if address.startswith("["):
        host, _, rest = address[1:].partition("]")
        port = rest.removeprefix(":")
    elif address.count(":") == 1:
        host, _, port = address.partition(":")
    if not host or (port and not port.isdigit()) or (at and not name):
        raise InputError(T("ssh.jump: {text} is not [user@]host[:port]", text=repr(text)))
    return (name or user, host, int(port or 22))
