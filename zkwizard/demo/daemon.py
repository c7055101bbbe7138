"""The practice cluster's own process: an SSH server and a line per node, and the control socket.

`python -m zkwizard.demo.daemon STATE_FOLDER`; started by `practice.start`, ended by the control order
"stop" or a signal.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncssh

from zkwizard.demo import control, pki, server
from zkwizard.demo.holder import Orders, node_owner
from zkwizard.demo.layout import NETWORK, NodePlan, StateFolder, plan
from zkwizard.demo.link import Link
from zkwizard.demo.options import PracticeOptions
from zkwizard.demo.orders import carry_out

_PKI_SETS = 2
"""Certificates that kubeadm's stand-in hands out in turn: a cluster that is made again has others."""
_WATCH_SECONDS = 0.1


class Daemon:
    """Everything that runs for one practice cluster."""

    def __init__(self, folder: StateFolder, options: PracticeOptions) -> None:
        self.folder = folder
        self.options = options
        self.nodes = plan(options)
        self.links: dict[str, Link] = {}
        self.ended = asyncio.Event()
        self._holder: asyncio.subprocess.Process | None = None
        self._acceptors: list[asyncssh.SSHAcceptor] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Start everything, record it, and wait for the end."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.ended.set)
        self.folder.make()
        certificates = asyncio.create_task(asyncio.to_thread(self._make_certificates, 0))
        await asyncio.to_thread(self.folder.install_standins)
        self.folder.begin(self.options, self.nodes, node_owner())
        try:
            pids = await self._hold_nodes()
            entries = await self._open_lines(pids)
            await certificates
            control_server = await self._listen()
            self._background(asyncio.to_thread(self._more_certificates))
            self._background(self._watch())
            self._record(entries)
            await self.ended.wait()
            control_server.close()
        finally:
            await self._close()

    def _background(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _make_certificates(self, number: int) -> None:
        folder = self.folder.shared / "pki" / str(number)
        pki.make_set(folder.with_suffix(".new"))
        folder.with_suffix(".new").rename(folder)
        (folder.parent).chmod(0o755)
        for file in folder.iterdir():
            file.chmod(0o644)

    def _more_certificates(self) -> None:
        for number in range(1, _PKI_SETS):
            if self.ended.is_set():
                return
            self._make_certificates(number)

    async def _hold_nodes(self) -> dict[str, int]:
        """Start the holder; its stdin stays open as long as this process lives."""
        orders = Orders(
            tuple(node.server for node in self.nodes),
            str(self.folder.programs), str(self.folder.shared), str(self.folder.work),
        )  # fmt: skip
        self._holder = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "zkwizard.demo.holder",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert self._holder.stdin and self._holder.stdout
        self._holder.stdin.write(orders.line())
        await self._holder.stdin.drain()
        answer = json.loads(
            await self._holder.stdout.readline() or b'{"error": "the holder of the nodes ended"}'
        )
        if "error" in answer:
            raise PracticeFailed(answer["error"])
        pids: dict[str, int] = answer["pids"]
        return pids

    async def _open_lines(self, pids: dict[str, int]) -> list[dict[str, Any]]:
        client_key = self._client_key()
        return [await self._open_line(node, pids[node.server.name], client_key) for node in self.nodes]

    async def _open_line(self, node: NodePlan, pid: int, client_key: asyncssh.SSHKey) -> dict[str, Any]:
        name = node.server.name
        host_key = _kept_key(self.folder.host_keys / name, f"practice {name}")
        inside = server.Inside(pid, server.preserve_ids())
        acceptor = await server.serve(inside, host_key, client_key, self.options.password)
        self._acceptors.append(acceptor)
        link = Link(acceptor.get_port(), self.options.rtt_ms)
        self.links[name] = link
        return {
            "name": name, "overlay_ip": node.overlay_ip, "underlay_ip": node.server.address,
            "host": "127.0.0.1",
            "port": await link.open(), "fingerprint": host_key.get_fingerprint(),
            "host_key": host_key.export_public_key("openssh").decode().strip(), "pid": pid,
        }  # fmt: skip

    def _client_key(self) -> asyncssh.SSHKey:
        return _kept_key(self.folder.client_key, "zkwizard practice").convert_to_public()

    async def _listen(self) -> asyncio.Server:
        socket = self.folder.root / control.SOCKET
        socket.unlink(missing_ok=True)
        with control.short_path(self.folder.root, control.SOCKET) as path:
            return await asyncio.start_unix_server(self._answer, path)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry out the orders of one control connection."""
        with suppress(OSError):
            while line := await reader.readline():
                try:
                    answer = carry_out(self, json.loads(line))
                except (KeyError, ValueError, TypeError) as error:
                    answer = {"error": f"not understood: {error}"}
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        writer.close()

    async def _watch(self) -> None:
        """Cut the lines that nodes ask to be cut: a file `cut-NODE` in the shared folder holds the
        seconds.
        """
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            for request in self.folder.shared.glob("cut-*.request"):
                seconds = float(request.read_text())
                request.unlink()
                self.links[request.stem.removeprefix("cut-")].cut(seconds)

    def _record(self, entries: list[dict[str, Any]]) -> None:
        record = {
            "pid": os.getpid(),
            "started": start_time(os.getpid()),
            "network": NETWORK,
            "nodes": entries,
        }
        fresh = self.folder.record.with_suffix(".new")
        fresh.write_text(json.dumps(record, indent=1))
        fresh.rename(self.folder.record)

    async def _close(self) -> None:
        for task in self._tasks:
            task.cancel()
        for link in self.links.values():
            link.close()
        for acceptor in self._acceptors:
            acceptor.close()
        if self._holder is not None and self._holder.stdin is not None:
            self._holder.stdin.close()
            try:
                await asyncio.wait_for(self._holder.wait(), 5)
            except TimeoutError:
                self._holder.kill()
        self.folder.record.unlink(missing_ok=True)
        shutil.rmtree(self.folder.shared, ignore_errors=True)


class PracticeFailed(Exception):
    """The practice cluster could not be started; the text says why."""


def start_time(pid: int) -> int:
    """When process `pid` started, in clock ticks since boot (field 22 of /proc/PID/stat); 0 if it is gone."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    except OSError:
        return 0


def _kept_key(path: Path, comment: str) -> asyncssh.SSHKey:
    """The ed25519 key kept at `path`, made if it is not there; its public half beside it."""
    if not path.exists():
        key = asyncssh.generate_private_key("ssh-ed25519", comment=comment)
        path.touch(mode=0o600)
        path.chmod(0o600)
        path.write_bytes(key.export_private_key("openssh"))
        key.write_public_key(str(path.with_name(path.name + ".pub")))
    return asyncssh.read_private_key(str(path))


def main() -> int:
    """Run until told to stop; why it could not start is left in the state folder."""
    folder = StateFolder(Path(sys.argv[1]))
    daemon = Daemon(folder, PracticeOptions.from_text(folder.options.read_text()))
    try:
        asyncio.run(daemon.run())
    except PracticeFailed as error:
        folder.failure.write_text(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
