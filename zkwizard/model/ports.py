"""What the engine needs from the outside, as protocols that ``remote`` and ``controllers`` implement."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from zkwizard.model.secret import Secret
from zkwizard.model.text import T, Text, Words


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
    """Of the job at work, or the last one; empty before the first."""
    since: float = 0.0
    """Seconds since the epoch, by the node's clock."""
    alive: bool = False
    """Whether a job of that run is at work now."""

    @property
    def words(self) -> Text:
        """Whose run it is, and since when."""
        return T(
            "{operator} (cluster {cluster}, run {run}, since {begun})",
            operator=self.operator,
            cluster=self.cluster,
            run=self.run,
            begun=time.strftime("%Y-%m-%d %H:%M", time.localtime(self.since)) if self.since else "?",
        )

    def __str__(self) -> str:
        return str(self.words)

    def refusal(self, node: str) -> Text:
        """Why no other run may start on ``node``, and what to do about it."""
        words: dict[str, object] = {"node": node, "run": self.words, "phase": self.phase}
        if self.alive:
            return T(
                "{node}: {run} is at work there, in phase {phase}. Wait for its end, or follow it with: "
                "zkwizard follow FILE",
                **words,
            )
        last = T("its last phase was {phase}", **words) if self.phase else T("no phase has begun there")
        return T(
            "{node}: it belongs to the run of {run}, which is not at work there; {last}. It may be waiting "
            "for other nodes or for a person: follow it with: zkwizard follow FILE. If it was ended, resume "
            "it, or take its nodes with --take-over",
            **words,
            last=last,
        )


@dataclass(frozen=True)
class FoundJob:
    """A job of a run, as the node's record has it, for a reader who did not start it."""

    phase: str
    id: str
    """Another one for every attempt at the phase."""
    alive: bool
    open: bool
    """Whether what it prints may be shown: no secret was given to it, and no password rests on the node."""
    nonce: str
    size: int
    """Bytes of its log when the record was read."""
    age: float
    """Seconds since it was started, by the node's clock."""
    sha256: str
    steps: tuple[str, ...]


@dataclass(frozen=True)
class NodeRecord:
    """What a node tells a reader: who holds it, and the jobs of that run that he does not know yet."""

    claim: Claim | None
    jobs: tuple[FoundJob, ...] = ()
    """In the order in which they were started."""


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

    def link(self, state: str, seconds: float, message: Words) -> None:
        """The line is ``silent``, ``lost``, or ``back``."""


class StreamSink(Protocol):
    """Where a stream goes. Called in the event loop; what blocks here slows the node down."""

    def out(self, data: bytes) -> None:
        """Standard output, every byte once and in order."""

    def err(self, data: bytes) -> None:
        """Standard error, the same."""


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

    async def stream(self, text: str, sink: StreamSink) -> int:
        """Run a small POSIX sh text as root and hand on what it prints until it ends; gives its status.

        When this is cancelled, or the link lost, the text ends on the node, too. Raises ConnectionFailed.
        """

    async def job(self, job: Job, sink: JobSink, *, offset: int = 0, ahead: Sequence[Job] = ()) -> JobEnd:
        """Start the job, or attach to it if it is there already, and follow it to its end.

        ``ahead`` are jobs that the node may start by itself, each when the one before it ended with 0: while
        it hears from here, and until somebody stops the run or takes the node. Each is followed by a call of
        its own, which starts it where the node has not.

        Survives lost links: reconnects and goes on at the byte where it stopped. Raises JobRefused when
        another run holds the node, and JobNotStarted when it can't take the job.
        """

    async def take(self, run: str, cluster: str, operator: str, *, take_over: bool = False) -> Claim:
        """Hold the node for a run before its first job; gives the record as it is then.

        Raises JobRefused when another run holds it; with ``take_over`` only when that is at work.
        """

    async def claim(self) -> Claim | None:
        """Who holds the node, or None."""

    async def record(self, run: str = "", known: Collection[str] = (), *, wait: float = 0.0) -> NodeRecord:
        """What the node tells about the run that holds it, changing nothing there.

        ``run`` and ``known`` (ids of jobs) are what the reader knows already: for so long, at most ``wait``
        seconds, the answer is held back.
        """

    async def watch(self, run: str, job: FoundJob, sink: JobSink) -> JobEnd:
        """Follow a job that somebody else started to its end, changing nothing on the node."""

    async def release(self, run: str) -> None:
        """Give the node back after the run ended."""

    async def forget(self, run: str) -> None:
        """Give the node back and remove what zkwizard keeps there of its runs; receipts in use stay.

        Raises JobRefused when another run holds it.
        """

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

    def fresh(self, node: str) -> Connection:
        """A further connection, with a login of its own; who asks for it closes it."""

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

    def secret(self, name: str, question: Text) -> Secret | None:
        """A password or passphrase, or None when nobody can be asked. May block; called in a thread."""

    def accept_host_key(self, node: str, host: str, fingerprint: str) -> bool:
        """Whether the new key of a host seen for the first time is trusted. May block; called in a thread."""
