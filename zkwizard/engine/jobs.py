"""The programs of a run as jobs on its nodes: started, followed, found again, stopped, given back."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

from zkwizard.engine.failures import LeftAtWork, PhaseFailed, Stopped
from zkwizard.engine.follow import Follower, changed_steps
from zkwizard.engine.request import Request
from zkwizard.engine.schedule import Task
from zkwizard.engine.vault import Vault
from zkwizard.model.errors import ConnectionFailed, ContactLost, Interrupted, JobRefused, ZkwizardError
from zkwizard.model.events import Event, LinkChanged, Notice, PhaseStarted, StepBegan
from zkwizard.model.phase import Phase
from zkwizard.model.ports import Claim, End, Job, JobEnd, Network, NodeRecord, StopMode
from zkwizard.model.program import Program
from zkwizard.model.text import T, Text

_STARTS = 4
"""How often a phase is started anew whose job vanished from the node, by a reboot say."""
_PATIENCE = 10.0
"""Seconds for telling a node to stop, before zkwizard leaves it alone with its work."""
Followed = tuple[Follower, JobEnd, str]
"""What was followed to its end, and the hash of its program."""
_NoAnswer = ConnectionFailed | JobRefused | Interrupted
R = TypeVar("R")


class Jobs:
    """All jobs of one run. Its nodes are taken together before the first, and given back after the last."""

    def __init__(
        self,
        request: Request,
        network: Network,
        vault: Vault,
        emit: Callable[[Event], None],
        settled: Callable[[], Awaitable[None]],
    ) -> None:
        self.stopping: StopMode | None = None
        self.refused = False
        """Whether another run holds a node, so that this one may not start."""
        self.holder: Claim | None = None
        """Whose that is."""
        self.left: set[str] = set()
        """Nodes with work that zkwizard does not follow any more: it could not be stopped, or seen."""
        self._request = request
        self._network = network
        self._vault = vault
        self._sink = emit
        self._settled = settled
        """Waits until what was emitted is safe from a loss of power."""
        self._following: dict[str, asyncio.Task[JobEnd]] = {}
        self._held: dict[str, Claim | None] = {}
        """Nodes that this run holds, with their record as it was found at the start."""
        self._looking: asyncio.Task[None] | None = None
        self._taking: asyncio.Task[None] | None = None
        self._unseen_ends: dict[tuple[str, str], str] = {}
        """Hashes of programs whose end this run did not see, as contact was lost for too long."""
        self._sent: dict[Task, str] = {}
        """Hashes of programs that nodes may go on with by themselves, until their turn comes here."""
        self._begun_ahead: set[Task] = set()
        """Those that nodes had begun when all was to be stopped."""
        self._silent: set[str] = set()
        self._told: set[str] = set()
        self._telling: set[asyncio.Task[None]] = set()
        self._drains: dict[str, asyncio.Task[dict[tuple[str, str], Followed]]] = {}

    async def may_start(self) -> None:
        """Look whether another run holds a node of this one, touching nothing; raises JobRefused then."""
        if self._looking is None:
            self._looking = asyncio.create_task(self._look(self._request.nodes))
        await asyncio.shield(self._looking)

    async def take(self) -> None:
        """Hold all nodes that can be reached, once, before anything is changed on any of them.

        Raises JobRefused where another run holds one: two runs never work on one cluster at once.
        """
        if self._taking is None:
            self._taking = asyncio.create_task(self._take())
        await asyncio.shield(self._taking)

    async def run(
        self,
        task: Task,
        phase: Phase,
        program: Program,
        *,
        again: bool = False,
        ahead: Sequence[tuple[Task, Program]] = (),
    ) -> int:
        """Run the program to its end, however often that takes; gives the number of changed steps.

        The node may go on with the programs ``ahead`` by itself; each comes here in its turn, and counts when
        it is still what is to be run then.

        A job that an interrupted run left there is followed to its end first. It counts when it ran the same
        program, and when it made no secret that only its own run knew. ``again``: this run has tried it
        before, and saw it fail.
        """
        await self.take()
        if self.stopping and task not in self._begun_ahead:
            raise Stopped
        at = (task.phase, task.node)
        history = self._request.history
        begun_with = self._unseen_ends.pop(at, None) if again else history.begun.get(at) if history else None
        begun_with = self._sent.pop(task, None) or begun_with
        self._sent.update((one, made.sha256) for one, made in ahead)
        found = None if again else (await self._drained(task.node)).get(at)
        if found:
            begun_with = found[2]
        for attempt in range(_STARTS):
            attached = begun_with is not None
            restart = not attached and bool(again or history or attempt)
            follower, end, _ = found or await self._job(task, program, restart=restart, ahead=ahead)
            ahead = ()
            outdated = attached and (begun_with != program.sha256 or phase.each_time)
            found = begun_with = None
            if end.end is End.ENDED and not outdated:
                return changed_steps(follower)
            if self.stopping:
                raise Stopped
            if end.end is End.GONE:
                text = T("the job of phase {phase} is gone from the node; it is started anew", phase=phase.id)
                self._notice(task.node, text)
        raise PhaseFailed(T("the job vanished from the node again and again, without an end"))

    async def stop(self, mode: StopMode) -> None:
        """Stop what is at work: gently after its step, or now. Nothing more may be started."""
        self.stopping = mode
        self._told = {*self._following, *(task.node for task in self._sent)}
        await asyncio.gather(*(self._tell(node, mode) for node in self._told))

    async def begun_ahead(self, task: Task) -> bool:
        """Whether the node has begun a task that was sent ahead, when all is being stopped: then that is
        followed to its end like any other.
        """
        if task not in self._sent:
            return False
        await asyncio.gather(*self._telling)
        if task.node not in self.left:
            with suppress(ConnectionFailed, Interrupted):
                record = await self._network.connection(task.node).record(self._request.run)
                if any(job.phase == task.phase for job in record.jobs):
                    self._begun_ahead.add(task)
        return task in self._begun_ahead

    async def end_own(self) -> None:
        """End what earlier runs made from here have at work on the nodes, whatever it is."""
        await asyncio.gather(*map(self._end_own, self._request.nodes))

    def given_back(self, node: str) -> None:
        """The node is given back already."""
        self._held.pop(node, None)

    async def release(self) -> None:
        """Give back all nodes, together, but those where work goes on.

        Stopping may take longer than the program that is stopped: what it started is still being ended.
        """
        await asyncio.gather(*self._telling)
        await asyncio.gather(*(self._release_node(node) for node in sorted(self._held.keys() - self.left)))

    async def _end_own(self, node: str) -> None:
        """A node that can't be reached fails in its first phase, not here."""
        connection = self._network.connection(node)
        with suppress(ConnectionFailed, Interrupted):
            claim = (await connection.record()).claim
            if claim and claim.alive and claim.run in self._request.own_runs - {self._request.run}:
                self._notice(node, T("phase {phase} of run {run} is ended", phase=claim.phase, run=claim.run))
                await connection.stop(claim.run, StopMode.NOW)

    async def _look(self, nodes: Sequence[str]) -> None:
        records = await self._ask(nodes, lambda node: self._network.connection(node).record())
        _not_interrupted(records.values())
        claims = {
            node: record.claim
            for node, record in records.items()
            if isinstance(record, NodeRecord) and record.claim and self._refuses(record.claim)
        }
        if claims:
            self.refused = True
            node = min(claims, key=lambda node: not claims[node].alive)  # the most telling one
            self.holder = claims[node]
            raise JobRefused(claims[node].refusal(node))

    def _refuses(self, claim: Claim) -> bool:
        """Whether who holds a node keeps this run from starting."""
        request = self._request
        if claim.run == request.run:
            return False
        return claim.alive or not (request.take_over or claim.run in request.own_runs)

    async def _take(self) -> None:
        """One node's refusal is the whole run's; what was taken until then is given back at the run's end."""
        request = self._request
        if request.take_over:  # idle here may mean that its run is at work on another node
            await self._look(list(dict.fromkeys((*request.nodes, *(n.name for n in request.cluster.nodes)))))
        taken = await self._ask(request.nodes, self._take_node)
        self._held.update({node: claim for node, claim in taken.items() if isinstance(claim, Claim)})
        _not_interrupted(taken.values())
        refusals = [found for found in taken.values() if isinstance(found, JobRefused)]
        if refusals:
            self.refused = True
            self.left.update(node for node, claim in self._held.items() if claim and claim.alive)
            await self._look(request.nodes)
            raise refusals[0]

    async def _take_node(self, node: str) -> Claim:
        request, connection = self._request, self._network.connection(node)
        given = (request.run, request.cluster.name, request.operator)
        try:
            return await connection.take(*given, take_over=request.take_over)
        except JobRefused:
            if not await self._is_ours(node):
                raise
            return await connection.take(*given, take_over=True)

    async def _ask(
        self, nodes: Sequence[str], question: Callable[[str], Awaitable[R]]
    ) -> dict[str, R | _NoAnswer]:
        """The nodes' answers; one that can't be reached fails in its first phase, not here."""
        answers = await asyncio.gather(*map(question, nodes), return_exceptions=True)
        found: dict[str, R | _NoAnswer] = {}
        for node, answer in zip(nodes, answers, strict=True):
            if isinstance(answer, BaseException) and not isinstance(answer, _NoAnswer):
                raise answer
            found[node] = answer
        return found

    async def _is_ours(self, node: str) -> bool:
        """Whether an earlier run made from here holds the node, with nothing at work."""
        claim = await self._network.connection(node).claim()
        return claim is not None and not claim.alive and claim.run in self._request.own_runs

    async def _job(
        self,
        task: Task,
        program: Program,
        *,
        restart: bool,
        sha256: str = "",
        ahead: Sequence[tuple[Task, Program]] = (),
    ) -> Followed:
        """Start or find the job; ``sha256`` is the program's where its text is not known any more."""
        job = await self._made(task, program, restart=restart)
        later = [await self._made(one, made) for one, made in ahead]
        steps = tuple(step.id for step in program.steps)
        sha256 = sha256 or program.sha256
        self._sink(PhaseStarted(at=time.time(), phase=task.phase, node=task.node, steps=steps, sha256=sha256))
        await self._settled()
        follower = Follower(task.phase, task.node, job.nonce, self._vault.redactor, self._hear)
        try:
            end = await self._follow(task.node, job, follower, later)
        except ContactLost:
            self._unseen_ends[task.phase, task.node] = sha256
            raise
        self.left.discard(task.node)
        self._held.setdefault(task.node, None)
        follower.close()
        return follower, end, sha256

    async def _made(self, task: Task, program: Program, *, restart: bool = False) -> Job:
        request = self._request
        nonce = hmac.new(request.key, str(task).encode(), hashlib.sha256).hexdigest()[:32]
        return Job(
            run=request.run,
            phase=task.phase,
            program=program.text,
            nonce=nonce,
            cluster=request.cluster.name,
            operator=request.operator,
            secrets={name: await self._vault.get(name) for name in program.secrets},
            take_over=request.take_over,
            restart=restart,
        )

    async def _follow(self, node: str, job: Job, follower: Follower, later: Sequence[Job]) -> JobEnd:
        """Until the job's end, or until zkwizard leaves the node alone with it."""
        following = asyncio.create_task(self._start(job, node, follower, later))
        self._following[node] = following
        try:
            return await following
        except asyncio.CancelledError:
            if node in self.left:
                raise LeftAtWork from None
            raise
        except ContactLost:
            self.left.add(node)
            raise
        finally:
            del self._following[node]

    async def _start(self, job: Job, node: str, follower: Follower, later: Sequence[Job]) -> JobEnd:
        connection = self._network.connection(node)
        try:
            return await connection.job(job, follower, ahead=later)
        except JobRefused:
            if not await self._is_ours(node):
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
        claim = self._held.get(node) or await self._network.connection(node).claim()
        if claim is None or claim.run != self._request.run or not claim.alive:
            return {}
        task = Task(claim.phase, node)
        begun_with = await self._begun_with(task)
        if begun_with is None:
            return {}
        self._notice(node, T("phase {phase} is still at work there; it is followed", phase=task.phase))
        there = Program(phase=task.phase, node=node, source="", steps=())
        return {(task.phase, node): await self._job(task, there, restart=False, sha256=begun_with)}

    async def _begun_with(self, task: Task) -> str | None:
        """Hash of the program of a job at work: by the journal, or by the node, which may have begun it by
        itself when nobody was there to see it.
        """
        history = self._request.history
        if history and (known := history.begun.get((task.phase, task.node))):
            return known
        record = await self._network.connection(task.node).record(self._request.run)
        return next((job.sha256 for job in record.jobs if job.phase == task.phase and job.alive), None)

    def _tell(self, node: str, mode: StopMode) -> asyncio.Task[None]:
        telling = asyncio.create_task(self._stop_node(node, mode))
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)
        return telling

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
            self._tell(event.node, self.stopping)
        self._sink(event)

    def _notice(self, node: str, text: Text) -> None:
        self._sink(Notice(at=time.time(), node=node, text=text))


def _not_interrupted(answers: Iterable[object]) -> None:
    """Raises Interrupted where a person ended the question of a login."""
    for answer in answers:
        if isinstance(answer, Interrupted):
            raise answer
