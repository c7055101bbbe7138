"""What the engine needs from the outside, as protocols that ``remote`` and ``controllers`` implement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from zkwizard.model.secret import Secret


@dataclass(frozen=True)
class Completed:
    """A script that ran on a node. ``started`` and ``ended`` are seconds since the epoch on this side."""

    stdout: bytes
    stderr: bytes
    status: int
    started: float = 0.0
    ended: float = 0.0


@dataclass(frozen=True)
class Claim:
    """Who holds a node: the record that zkwizard keeps on it while a run is under way."""

    run: str
    cluster: str
    operator: str
    """Login and machine of who started the run (``ann@laptop``)."""
    phase: str = ""
    since: float = 0.0
    """Seconds since the epoch, by the node's clock."""
    alive: bool = False
    """Whether a job of that run is at work now."""


@dataclass(frozen=True)
class Job:
    """A program to be run detached on a node."""

    run: str
    phase: str
    program: str
    nonce: str
    """Random per job: begins every marker, so that output can't forge one."""
    cluster: str
    operator: str
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    take_over: bool = False
    """Take the node from another run that has no job at work."""
    restart: bool = False
    """Start anew although this run did this phase before; what it left is moved aside. Never at work."""
    final: bool = False
    """The run has nothing more to do on this node: the program gives it back as it ends."""


class End(StrEnum):
    """How following a job ended."""

    ENDED = "ended"
    """The job wrote its status."""
    GONE = "gone"
    """The job is no longer there and left no status: killed, or the node rebooted."""


@dataclass(frozen=True)
class JobEnd:
    """The end of a job; ``status`` is its exit status, None when it is gone."""

    end: End
    status: int | None


class JobSink(Protocol):
    """Where a followed job's log goes. Called in the engine's event loop; must not block."""

    def data(self, offset: int, chunk: bytes) -> None:
        """Bytes of the log, every byte once and in order; ``offset`` is where the chunk begins."""

    def link(self, state: str, seconds: float, message: str) -> None:
        """The line is ``silent``, ``lost``, or ``back``."""


class StopMode(StrEnum):
    """How to stop a job."""

    GENTLY = "gently"
    """After the step that is at work."""
    NOW = "now"
    """All its processes at once, except while a package manager is at work."""


class Connection(Protocol):
    """One node, reached and logged in as root or through sudo."""

    node: str

    async def connect(self) -> None:
        """Open the connection; raises ConnectionFailed or HostKeyRejected with a message for a person."""

    async def script(self, text: str, *, limit: float = 60.0) -> Completed:
        """Run a small POSIX sh text as root and collect its output (at most some MB)."""

    async def job(self, job: Job, sink: JobSink, *, offset: int = 0) -> JobEnd:
        """Start the job, or attach to it if it is there already, and follow it to its end.

        Survives lost links: reconnects and goes on at the byte where it stopped. Raises JobRefused when
        another run holds the node.
        """

    async def claim(self) -> Claim | None:
        """Who holds the node, or None."""

    async def release(self, run: str) -> None:
        """Give the node back after the run ended."""

    async def stop(self, run: str, mode: StopMode) -> str:
        """Stop the run's job; returns once it is gone (NOW) or told (GENTLY).

        The text is empty, or names the uninterruptible step that is being waited for.
        """

    async def close(self) -> None:
        """Close the connection; jobs go on."""


class Network(Protocol):
    """All nodes of a cluster."""

    def connection(self, node: str) -> Connection:
        """The node's one connection, made on first use, kept until ``close``."""

    async def close(self) -> None:
        """Close all connections."""


@dataclass(frozen=True)
class Member:
    """A node's membership in the ZeroTier network."""

    node: str
    id: str
    address: str
    """The overlay address that it shall have."""
    status: str = ""


class Controller(Protocol):
    """Who authorises members of the ZeroTier network."""

    automatic: bool
    """False when a person does it by hand, and zkwizard waits."""

    async def authorise(self, members: Sequence[Member]) -> None:
        """Authorise and address the members; does nothing when a person does it."""


class Prompter(Protocol):
    """Asks a person; implemented by the terminal and by screens."""

    def secret(self, name: str, question: str) -> Secret | None:
        """A password or passphrase, or None when nobody can be asked. May block; called in a thread."""

    def accept_host_key(self, node: str, host: str, fingerprint: str) -> bool:
        """Whether the new key of a host seen for the first time is trusted. May block; called in a thread."""
