"""The other end of the tests: a person who is asked, a sink that keeps all, networks of test nodes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.sshd.farm import TestNode
from zkwizard.model.cluster import Cluster, Node, Overlay, Ssh
from zkwizard.model.errors import Interrupted
from zkwizard.model.ports import Job
from zkwizard.model.secret import Redactor, Secret
from zkwizard.model.text import Text, Words
from zkwizard.remote import SshNetwork
from zkwizard.remote.timing import Timing

QUICK = Timing(
    connect=5, enter=8, keepalive=0.5, keepalive_misses=3, silent=0.6, beat=0.2, backoff=0.1, backoff_most=0.5
)
"""The same proportions as in life, ten times as fast."""

NONCE = "0123456789abcdef"


@dataclass
class Operator:
    """Answers what a test lets him, and remembers what was asked."""

    secrets: dict[str, str] = field(default_factory=dict)
    typed: dict[str, list[str]] = field(default_factory=dict)
    """What a person types one after the other; ``secrets`` is what the environment gives, always the same."""
    accepts: bool = True
    presses_ctrl_c: bool = False
    asked: list[str] = field(default_factory=list)
    shown: list[tuple[str, str, str]] = field(default_factory=list)

    def secret(self, name: str, question: Text) -> Secret | None:
        self.asked.append(name)
        self._interrupt()
        if self.typed.get(name):
            return Secret(name, self.typed[name].pop(0))
        return Secret(name, self.secrets[name]) if name in self.secrets else None

    def accept_host_key(self, node: str, host: str, fingerprint: str) -> bool:
        self.shown.append((node, host, fingerprint))
        self._interrupt()
        return self.accepts

    def _interrupt(self) -> None:
        if self.presses_ctrl_c:
            raise Interrupted("interrupted at a question")


@dataclass
class Sink:
    """Keeps the log, and sees to it that no byte comes twice or out of order."""

    log: bytearray = field(default_factory=bytearray)
    start: int = 0
    links: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def data(self, offset: int, chunk: bytes) -> None:
        assert offset == self.start + len(self.log), "a byte twice, or lost"
        self.log += chunk
        self.news.set()

    def link(self, state: str, seconds: float, message: Words) -> None:
        self.links.append(state)
        self.words.append(str(message))
        self.news.set()

    async def until(self, condition: Callable[[Sink], object], limit: float = 10.0) -> None:
        """Wait until something is true of what came so far."""
        async with asyncio.timeout(limit):
            while not condition(self):
                self.news.clear()
                await self.news.wait()


@dataclass
class Counter:
    """Counts lines and bytes only."""

    size: int = 0
    lines: int = 0

    def data(self, offset: int, chunk: bytes) -> None:
        assert offset == self.size
        self.size += len(chunk)
        self.lines += chunk.count(b"\n")

    def link(self, state: str, seconds: float, message: Words) -> None:
        raise AssertionError(f"{state}: {message}")


def network(
    nodes: Sequence[TestNode],
    known_hosts: Path,
    operator: Operator,
    *,
    user: str = "root",
    key: str | None = None,
    jump: str = "",
    ports: Sequence[int] = (),
    accept_new: bool = True,
    timing: Timing = QUICK,
    **options: Any,
) -> SshNetwork:
    """``n1``, ``n2`` … at these nodes, or at ``ports`` in front of them."""
    cluster = Cluster(
        name="test",
        overlay=Overlay(cidr="10.9.0.0/24"),
        nodes=tuple(
            Node(
                name=f"n{number}",
                overlay_ip=f"10.9.0.{number}",
                ssh=Ssh(
                    host="127.0.0.1",
                    port=ports[number - 1] if ports else node.port,
                    user=user,
                    key=str(node.key) if key is None else key,
                    jump=jump,
                ),
            )
            for number, node in enumerate(nodes, 1)
        ),
    )
    return SshNetwork(
        cluster, known_hosts, operator, accept_new=accept_new, redactor=Redactor(), timing=timing, **options
    )


def job(body: str, *, run: str = "r1", phase: str = "prepare", **more: Any) -> Job:
    """A job whose program does ``body`` and then ends as real programs do."""
    return Job(
        run=run,
        phase=phase,
        program=program(body),
        nonce=NONCE,
        cluster="test",
        operator="ann@laptop",
        **more,
    )


def program(body: str) -> str:
    """The frame that every program has: nonce, status, end marker."""
    return f"""\
read -r zk_nonce <"$ZK_DIR/nonce"
zk_end() {{
  rm -rf "$ZK_SECRETS"
  echo "$1" >"$ZK_DIR/status.new" && mv "$ZK_DIR/status.new" "$ZK_DIR/status"
  printf '\\036%s end %s\\n' "$zk_nonce" "$1"
  exit "$1"
}}
{body}
zk_end 0
"""


def end(status: int = 0) -> bytes:
    """The last line of the log."""
    return f"\x1e{NONCE} end {status}\n".encode()


def secrets(values: Mapping[str, str]) -> dict[str, Secret]:
    """For a job."""
    return {name: Secret(name, value) for name, value in values.items()}


def fingerprint(node: TestNode) -> str:
    """As ssh-keygen shows it."""
    import subprocess

    shown = subprocess.run(
        ["ssh-keygen", "-lf", f"{node.host_key}.pub"], check=True, capture_output=True, text=True
    )
    found = re.search(r"SHA256:\S+", shown.stdout)
    assert found
    return found[0]
