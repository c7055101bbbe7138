"""Nodes in folders of this machine: programs run with a real sh, without SSH.

An implementation of the engine's ports that is small enough to be seen through; what SSH adds is tested
with real sshd in ``tests/remote``.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.ports import Unasked, UnaskedNetwork
from zkwizard.model.errors import ConnectionFailed, ContactLost, Interrupted, JobRefused
from zkwizard.model.ports import (
    Claim,
    Completed,
    End,
    Job,
    JobEnd,
    JobSink,
    NodeRecord,
    Prompter,
    StopMode,
)
from zkwizard.model.secret import Secret
from zkwizard.model.text import Text


@dataclass
class LocalNode(Unasked):
    """One node below a folder."""

    node: str
    folder: Path
    unreachable: bool = False
    interrupted: bool = False
    """Whether its login asks a person, who presses Ctrl-C."""
    logins: int = 0
    vanish: int = 0
    """How many jobs end without a status, as after a reboot."""
    holder: str = ""
    """Another run that holds it, and whether that is at work here."""
    at_work: bool = False
    dead_line: bool = False
    """Whether contact is lost in the middle of a job, and does not come back."""
    deaf: bool = False
    """Whether its line is cut: jobs never come to an end, and it can't be told anything."""
    started: list[str] = field(default_factory=list)
    ahead: list[list[str]] = field(default_factory=list)
    """What it was given together: a phase, and those that it may go on with by itself. It never does."""
    scripts: int = 0
    """How many are at work."""

    async def connect(self) -> None:
        self.logins += 1
        if self.interrupted:
            raise Interrupted("interrupted at a question")
        if self.unreachable:
            raise ConnectionFailed(self.node, "nobody answers at port 22")

    async def script(self, text: str, *, limit: float = 60.0) -> Completed:
        await self.connect()
        began = time.time()
        process = await asyncio.create_subprocess_exec(
            "sh", "-s",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        self.scripts += 1
        try:
            out, _ = await process.communicate(text.encode())
        finally:
            await _over(process)
            self.scripts -= 1
        return Completed(out, b"", process.returncode or 0, began, time.time())

    async def job(self, job: Job, sink: JobSink, *, offset: int = 0, ahead: Sequence[Job] = ()) -> JobEnd:
        await self.connect()
        if self.holder and self.holder != job.run and not job.take_over:
            raise JobRefused(f"{self.node} belongs to run {self.holder} of bob@desk")
        self.ahead.append([job.phase, *(later.phase for later in ahead)])
        folder = self.folder / job.run / job.phase
        if job.restart and folder.exists():
            folder.rename(folder.with_name(f"{job.phase}.{len(list(folder.parent.iterdir()))}"))
        if not folder.exists():
            await self._start(job, folder)
        if self.dead_line:
            raise ContactLost(self.node, "no contact for 1 h")
        if self.deaf:
            sink.link("lost", 20.0, "no answer")
            await asyncio.Event().wait()
        if self.vanish:
            self.vanish -= 1
            return JobEnd(End.GONE, None)
        sink.data(0, (folder / "log").read_bytes())
        return JobEnd(End.ENDED, int((folder / "status").read_text()))

    async def _start(self, job: Job, folder: Path) -> None:
        self.started.append(job.phase)
        (self.folder / "home").mkdir(exist_ok=True)
        self.record_file.write_text(job.run)
        (folder / "secrets").mkdir(parents=True)
        (folder / "nonce").write_text(job.nonce + "\n")
        (folder / "program").write_text(job.program)
        for name, secret in job.secrets.items():
            (folder / "secrets" / name).write_text(secret.reveal())
        environment = {
            "PATH": os.environ["PATH"],
            "ZK_HOME": str(self.folder / "home"),
            "ZK_DIR": str(folder),
            "ZK_PROGRAM": str(folder / "program"),
            "ZK_SECRETS": str(folder / "secrets"),
            "NODE": str(self.folder),
        }
        with (folder / "log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                "sh", str(folder / "program"),
                env=environment, stdout=log, stderr=log, cwd=self.folder, start_new_session=True,
            )  # fmt: skip
        try:
            await process.wait()
        finally:
            await _over(process)

    @property
    def record_file(self) -> Path:
        """The claim, where programs expect it."""
        return self.folder / "home" / "claim"

    async def take(self, run: str, cluster: str, operator: str, *, take_over: bool = False) -> Claim:
        await self.connect()
        held = await self.claim()
        if held and held.run != run and (held.alive or not take_over):
            raise JobRefused(held.refusal(self.node))
        (self.folder / "home").mkdir(exist_ok=True)
        self.record_file.write_text(run)
        return Claim(run, cluster, operator)

    async def claim(self) -> Claim | None:
        return Claim(self.holder, "home", "bob@desk", "init", alive=self.at_work) if self.holder else None

    async def record(self, run: str = "", known: Collection[str] = (), *, wait: float = 0.0) -> NodeRecord:
        await self.connect()
        return NodeRecord(await self.claim())

    async def release(self, run: str) -> None:
        self.record_file.unlink(missing_ok=True)

    async def stop(self, run: str, mode: StopMode) -> str:
        if self.deaf:
            raise ConnectionFailed(self.node, "no answer")
        if run == self.holder:
            self.at_work = False
            return ""
        for folder in (self.folder / run).iterdir():
            (folder / "stop").touch()
        return ""


async def _over(process: asyncio.subprocess.Process) -> None:
    """Nothing of it is left at work, whoever is not interested in it any more."""
    if process.returncode is None:
        os.killpg(process.pid, signal.SIGKILL)
        await process.communicate()


class LocalNetwork(UnaskedNetwork):
    """All nodes below one folder."""

    def __init__(self, folder: Path, names: list[str]) -> None:
        self.nodes = {name: LocalNode(name, folder / name) for name in names}
        for node in self.nodes.values():
            node.folder.mkdir(parents=True)

    def connection(self, node: str) -> LocalNode:
        return self.nodes[node]


class Answers(Prompter):
    """A person who knows the secrets of a mapping."""

    def __init__(self, secrets: dict[str, str]) -> None:
        self._secrets = secrets
        self.asked: list[str] = []

    def secret(self, name: str, question: Text) -> Secret | None:
        self.asked.append(name)
        return Secret(name, self._secrets[name]) if name in self._secrets else None

    def accept_host_key(self, node: str, host: str, fingerprint: str) -> bool:
        return True
