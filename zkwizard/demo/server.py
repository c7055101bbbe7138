"""The SSH server of one practice node: every command is run by /bin/sh inside the node's namespaces."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass

import asyncssh

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_CHUNK = 65536


@dataclass(frozen=True)
class Inside:
    """How to get into a node: the pid of its process 1, and whether the daemon's own ids are the node's
    already.
    """

    pid: int
    keep_ids: bool

    def argv(self, *command: str) -> list[str]:
        """`command` as run inside the node."""
        enter = ["nsenter", "-t", str(self.pid), "-U", "-m", "-n", "-p", "-u", "-i", "-C"]
        if self.keep_ids:
            enter.append("--preserve-credentials")
        return [*enter, "--", "/usr/bin/env", "-C", "/root", *command]


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """What sshd gives a login of root."""
    return {
        "PATH": _PATH, "HOME": "/root", "USER": "root", "LOGNAME": "root", "SHELL": "/bin/bash",
        "LANG": "C.UTF-8",
        "SSH_CONNECTION": "127.0.0.1 0 127.0.0.1 22", **(extra or {}),
    }  # fmt: skip


class _Login(asyncssh.SSHServer):
    """Root, by the practice key, or by the password if one was chosen."""

    def __init__(self, key: asyncssh.SSHKey, password: str | None) -> None:
        self._key = key
        self._password = password

    def begin_auth(self, username: str) -> bool:
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username == "root" and key == self._key

    def password_auth_supported(self) -> bool:
        return self._password is not None

    def validate_password(self, username: str, password: str) -> bool:
        return username == "root" and self._password is not None and password == self._password


async def serve(
    inside: Inside, host_key: asyncssh.SSHKey, client_key: asyncssh.SSHKey, password: str | None
) -> asyncssh.SSHAcceptor:
    """Listen on a free loopback port for one node."""

    async def handle(process: asyncssh.SSHServerProcess[bytes]) -> None:
        await _run(inside, process)

    return await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[host_key],
        server_factory=lambda: _Login(client_key, password),
        process_factory=handle,
        encoding=None,
        line_editor=False,
        keepalive_interval=0,
    )


async def _run(inside: Inside, process: asyncssh.SSHServerProcess[bytes]) -> None:
    """Run one command. A closed channel closes its pipes and nothing else: the command goes on, as with
    sshd.
    """
    command = process.command
    argv = inside.argv("/bin/sh", "-c", command) if command is not None else inside.argv("/bin/sh", "-l")
    child = await asyncio.create_subprocess_exec(
        *argv,
        env=environment(process.env),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert child.stdin and child.stdout and child.stderr
    feeding = asyncio.create_task(_feed(process, child.stdin))
    pumps = [
        asyncio.create_task(_pump(child.stdout, process.stdout)),
        asyncio.create_task(_pump(child.stderr, process.stderr)),
    ]
    status = await child.wait()
    await asyncio.gather(*pumps)
    feeding.cancel()
    if process.is_closing():
        return
    if status < 0:
        process.exit_with_signal(_SIGNALS.get(-status, "KILL"))
    else:
        process.exit(status)


_SIGNALS = {1: "HUP", 2: "INT", 3: "QUIT", 6: "ABRT", 9: "KILL", 13: "PIPE", 15: "TERM"}


async def _feed(process: asyncssh.SSHServerProcess[bytes], stdin: asyncio.StreamWriter) -> None:
    """Carry the client's bytes into the command, with its backpressure; pass the end on."""
    try:
        while True:
            try:
                data = await process.stdin.read(_CHUNK)
            except asyncssh.misc.SignalReceived:
                continue
            except (asyncssh.BreakReceived, asyncssh.TerminalSizeChanged):
                continue
            if not data:
                break
            stdin.write(data)
            await stdin.drain()
    except (OSError, asyncssh.Error):
        pass
    finally:
        stdin.close()


async def _pump(source: asyncio.StreamReader, sink: asyncssh.SSHWriter[bytes]) -> None:
    """Carry a command's output to the client; once the client is gone, close the pipe's end by reading
    no more of it.
    """
    while data := await source.read(_CHUNK):
        try:
            sink.write(data)
            await sink.drain()
        except (OSError, asyncssh.Error):
            _close_read_end(source)
            return


def _close_read_end(source: asyncio.StreamReader) -> None:
    transport = getattr(source, "_transport", None)
    if transport is not None:
        transport.close()


def preserve_ids() -> bool:
    """Whether the daemon runs as an ordinary user, whose own id is root's in the nodes."""
    return os.geteuid() != 0
