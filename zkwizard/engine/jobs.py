"""The programs of a run as jobs on its nodes: started, followed, found again, stopped, given back."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from zkwizard.engine.failures import LeftAtWork, PhaseFailed, Stopped
from zkwizard.engine.follow import Follower
from zkwizard.engine.request import Request
from zkwizard.engine.schedule import Task
from zkwizard.engine.vault import Vault
from zkwizard.model.errors import JobRefused, ZkwizardError
from zkwizard.model.events import Event, LinkChanged, Notice, PhaseStarted, StepBegan
from zkwizard.model.phase import Phase
from zkwizard.model.ports import End, Job, JobEnd, Network, StopMode
from zkwizard.model.program import Program
from zkwizard.model.text import T, Text

_STARTS = 4
"""How often a phase is started anew whose job vanished from the node, by a reboot say."""
_PATIENCE = 10.0
"""Seconds for telling a node to stop, before zkwizard leaves it alone with its work."""
_STOPPED = 143
"""Status of a program that was told to stop."""

Followed = tuple[Follower, JobEnd]


class Jobs:
    """All jobs of one run. ``last`` names each node's last task, whose program gives the node back."""

    def __init__(
        self,
        request: Request,
        network: Network,
        vault: Vault,
        emit: Callable[[Event], None],
        last: Mapping[str, Task],
    ) -> None:
        self.stopping: StopMode | None = None
        self.left: set[str] = set()
        """Nodes with work that zkwizard could not stop and does not follow any more."""
        self._request = request
        self._network = network
        self._vault = vault
        self._sink = emit
        self._last = last
        self._following: dict[str, asyncio.Task[JobEnd]] = {}
        self._held: set[str] = set()
        self._silent: set[str] = set()
        self._told: set[str] = set()
        self._telling: set[asyncio.Task[None]] = set()
        self._drains: dict[str, asyncio.Task[dict[tuple[str, str], Followed]]] = {}

    async def run(self, task: Task, phase: Phase, program: Program) -> int:
        """Run the program to its end, however often that takes; gives the number of changed steps.

        A job that an interrupted run left there is followed to its end first. It counts when it ran the same
        program, and when it made no secret that only its own run knew.
        """
        at = (task.phase, task.node)
        history = self._request.history
        begun_with = history.begun.get(at) if history else None
        found = (await self._drained(task.node)).get(at)
        for attempt in range(_STARTS):
            attached = begun_with is not None
            restart = not attached and bool(history or attempt)
            follower, end = found or await self._job(task, program, restart=restart)
            outdated = attached and (begun_with != program.sha256 or phase.each_time)
            found = begun_with = None
            if end.end is End.ENDED and not outdated:
                return _changed(follower)
            if self.stopping:
                raise Stopped
            if end.end is End.GONE:
                text = T("the job of phase {phase} is gone from the node; it is started anew", phase=phase.id)
                self._notice(task.node, text)
        raise PhaseFailed("the job vanished from the node again and again, without an end")

    async def stop(self, mode: StopMode) -> None:
        """Stop what is at work: gently after its step, or now. Nothing more may be started."""
        self.stopping = mode
        self._told = set(self._following)
        await asyncio.gather(*(self._stop_node(node, mode) for node in self._told))

    async def release(self) -> None:
        """Give back the nodes whose last program has not done so."""
        await asyncio.gather(*(self._release_node(node) for node in sorted(self._held - self.left)))

    async def _job(self, task: Task, program: Program, *, restart: bool, sha256: str = "") -> Followed:
        """Start or find the job; ``sha256`` is the program's where its text is not known any more."""
        request = self._request
        nonce = hmac.new(request.key, str(task).encode(), hashlib.sha256).hexdigest()[:32]
        job = Job(
            run=request.run,
            phase=task.phase,
            program=program.text,
            nonce=nonce,
            cluster=request.cluster.name,
            operator=request.operator,
            secrets={name: await self._vault.get(name) for name in program.secrets},
            take_over=request.take_over,
            restart=restart,
            final=self._last[task.node] == task,
        )
        steps = tuple(step.id for step in program.steps)
        started = PhaseStarted(
            at=time.time(), phase=task.phase, node=task.node, steps=steps, sha256=sha256 or program.sha256
        )
        self._sink(started)
        follower = Follower(task.phase, task.node, nonce, self._vault.redactor, self._hear)
        end = await self._follow(task.node, job, follower)
        if job.final and end.end is End.ENDED:
            self._held.discard(task.node)
        else:
            self._held.add(task.node)
        follower.close()
        return follower, end

    async def _follow(self, node: str, job: Job, follower: Follower) -> JobEnd:
        """Until the job's end, or until zkwizard leaves the node alone with it."""
        following = asyncio.create_task(self._start(job, node, follower))
        self._following[node] = following
        try:
            return await following
        except asyncio.CancelledError:
            if node in self.left:
                raise LeftAtWork from None
            raise
        finally:
            del self._following[node]

    async def _start(self, job: Job, node: str, follower: Follower) -> JobEnd:
        connection = self._network.connection(node)
        try:
            return await connection.job(job, follower)
        except JobRefused:
            claim = await connection.claim()
            if claim is None or claim.alive or claim.run not in self._request.own_runs:
                raise
            return await connection.job(replace(job, take_over=True), follower)

    async def _drained(self, node: str) -> dict[tuple[str, str], Followed]:
        """The job that an interrupted run left at work on the node, followed to its end once."""
        if not self._request.history:
            return {}
        if node not in self._drains:
            self._drains[node] = asyncio.create_task(self._drain(node))
        return await asyncio.shield(self._drains[node])

    async def _drain(self, node: str) -> dict[tuple[str, str], Followed]:
        claim = await self._network.connection(node).claim()
        if claim is None or claim.run != self._request.run or not claim.alive:
            return {}
        task = Task(claim.phase, node)
        history = self._request.history
        begun_with = history.begun.get((task.phase, node)) if history else None
        if begun_with is None:
            return {}
        self._notice(node, T("phase {phase} is still at work there; it is followed", phase=task.phase))
        there = Program(phase=task.phase, node=node, source="", steps=())
        return {(task.phase, node): await self._job(task, there, restart=False, sha256=begun_with)}

    async def _stop_node(self, node: str, mode: StopMode) -> None:
        """A package manager is waited for, however long; a node that does not answer is not."""
        patient = mode is StopMode.NOW and node not in self._silent
        try:
            async with asyncio.timeout(None if patient else _PATIENCE):
                waited_for = await self._network.connection(node).stop(self._request.run, mode)
        except (ZkwizardError, TimeoutError):
            self._leave(node)
            return
        if waited_for:
            self._notice(node, T("waited for {words}, which must not be ended", words=waited_for))

    def _leave(self, node: str) -> None:
        self.left.add(node)
        self._notice(
            node, T("can't be told to stop; what is at work there goes on, and the same command follows it")
        )
        if node in self._following:
            self._following[node].cancel()

    async def _release_node(self, node: str) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._network.connection(node).release(self._request.run)
        except (ZkwizardError, TimeoutError) as error:
            self._notice(node, T("stays marked as ours, as it can't be reached: {error}", error=error))

    def _hear(self, event: Event) -> None:
        """Pass on a job's event; a job that was just being started is told to stop at its first step."""
        if isinstance(event, LinkChanged):
            (self._silent.add if event.state in ("silent", "lost") else self._silent.discard)(event.node)
        if isinstance(event, StepBegan) and self.stopping and event.node not in self._told:
            self._told.add(event.node)
            telling = asyncio.create_task(self._stop_node(event.node, self.stopping))
            self._telling.add(telling)
            telling.add_done_callback(self._telling.discard)
        self._sink(event)

    def _notice(self, node: str, text: Text) -> None:
        self._sink(Notice(at=time.time(), node=node, text=text))


def _changed(follower: Follower) -> int:
    """The number of changed steps. Success needs the end marker and status 0."""
    if follower.status == _STOPPED:
        raise Stopped
    if follower.status != 0:
        step = follower.failed_step
        raise PhaseFailed(f"step {step} failed" if step else f"the program ended with {follower.status}")
    return follower.changed
