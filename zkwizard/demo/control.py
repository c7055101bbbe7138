"""The daemon's control socket: one JSON object per line there, one back. The client is synchronous and
needs no event loop.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SOCKET = "control.sock"


class ControlError(Exception):
    """The daemon could not be asked, or refused."""


@contextlib.contextmanager
def short_path(folder: Path, name: str) -> Iterator[str]:
    """A path to a socket that fits into the 108 bytes of an address, however deep `folder` lies."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{name}"
    finally:
        os.close(descriptor)


class Control:
    """What can be done to a running practice cluster from outside its nodes."""

    def __init__(self, state_dir: Path, timeout: float = 10) -> None:
        self._state_dir = state_dir
        self._timeout = timeout

    def ask(self, order: str, **values: Any) -> dict[str, Any]:
        """Send one order and return the answer."""
        try:
            with short_path(self._state_dir, SOCKET) as path, socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(self._timeout)
                connection.connect(path)
                connection.sendall(json.dumps({"do": order, **values}).encode() + b"\n")
                with connection.makefile() as lines:
                    line = lines.readline()
        except OSError as error:
            raise ControlError(f"the practice cluster does not answer: {error}") from error
        answer: dict[str, Any] = json.loads(line or '{"error": "the practice cluster ended"}')
        if "error" in answer:
            raise ControlError(str(answer["error"]))
        return answer

    def status(self) -> dict[str, Any]:
        """Links, members of the network and faults still to come."""
        return self.ask("status")

    def cut(self, node: str, seconds: float | None = None) -> None:
        """Cut the line to `node`, for `seconds` or until mended."""
        self.ask("cut", node=node, seconds=seconds)

    def cut_at(self, node: str, phase: str, seconds: float) -> None:
        """Cut the line to `node` for `seconds` when the first step of `phase` starts there."""
        self.ask("cut_at", node=node, phase=phase, seconds=seconds)

    def mend(self, node: str) -> None:
        """Undo `cut`."""
        self.ask("mend", node=node)

    def set_rtt(self, node: str, rtt_ms: float) -> None:
        """Set the round-trip time of the line to `node`."""
        self.ask("rtt", node=node, rtt_ms=rtt_ms)

    def authorise(self, network: str, member: str, ip: str) -> None:
        """Do what a person does on the controller's page; works before the member was seen, too."""
        self.ask("authorise", network=network, member=member, ip=ip)

    def deauthorise(self, network: str, member: str) -> None:
        """Take the authorisation back."""
        self.ask("deauthorise", network=network, member=member)

    def fail(self, step: str, node: str, times: int = 1) -> None:
        """Let the apply part of `step` fail on `node`, `times` times."""
        self.ask("fail", step=step, node=node, times=times)

    def hold_packages(self, node: str, seconds: float) -> None:
        """Let another package manager hold the lock on `node`."""
        self.ask("apt_lock", node=node, seconds=seconds)

    def stop(self) -> None:
        """End the daemon and all nodes."""
        self.ask("stop")
