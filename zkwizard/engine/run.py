"""The run: does the tasks of a schedule, node by node, and tells everything by events.

It touches nothing itself: nodes through the ``Network`` port, members through the ``Controller`` port,
disk through the sinks it is given.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from zkwizard.engine.board import Board, Meeting, State
from zkwizard.engine.follow import Follower
from zkwizard.engine.gathering import gather
from zkwizard.engine.judgement import JUDGES, derived
from zkwizard.engine.members import authorise
from zkwizard.engine.planning import planned_phase
from zkwizard.engine.schedule import Task, graph
from zkwizard.engine.vault import Vault
from zkwizard.model.cluster import Cluster
from zkwizard.model.errors import ConnectionFailed, JobRefused, ZkwizardError
from zkwizard.model.events import (
    Event,
    Found,
    Notice,
    PhaseEnded,
    PhaseStarted,
    RunEnded,
    RunStarted,
    StepBegan,
    StepEnded,
    ValueCaptured,
)
from zkwizard.model.facts import NodeFacts
from zkwizard.model.finding import Severity
from zkwizard.model.phase import OPERATOR, Phase
from zkwizard.model.plan import PlannedPhase
from zkwizard.model.ports import Controller, End, Job, JobEnd, Network, StopMode
from zkwizard.model.program import Program
from zkwizard.model.step import Outcome
from zkwizard.model.text import T, Text

Emit = Callable[[Event], None]
_STARTS = 4
"""How often a phase is started anew whose job vanished from the node, by a reboot say."""


class PhaseFailed(ZkwizardError):
    """A phase failed on a node; the message says why in a line."""


@dataclass(frozen=True)
class History:
    """What an interrupted run had done already, when it goes on."""

    done: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """(phase, node) → hash of its program."""
    begun: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """The same for phases that were started and have no end."""


@dataclass(frozen=True)
class Request:
    """What to run."""

    run: str
    cluster: Cluster
    phases: Sequence[Phase]
    nodes: Sequence[str]
    operator: str
    """Login and machine of who runs it, for the record on the nodes."""
    key: bytes
    """From which the nonces of jobs are made."""
    fingerprint: str
    history: History | None = None
    """Given when an interrupted run goes on."""
    take_over: bool = False
    own_runs: frozenset[str] = frozenset()
    """Earlier runs made from here: a node that one of them still holds, idle, is taken without asking."""


class Engine:
    """One run of a cluster."""

    def __init__(
        self,
        request: Request,
        network: Network,
        controller: Controller,
        vault: Vault,
        emit: Emit,
        *,
        values: Mapping[tuple[str, str], str],
        keep_program: Callable[[str, str, str], None] = lambda node, phase, text: None,
    ) -> None:
        self.request = request
        self.values = dict(values)
        self.facts: dict[str, NodeFacts] = {}
        self.connection_failures: set[str] = set()
        self._cluster = request.cluster
        self._phases = {phase.id: phase for phase in request.phases}
        self._network = network
        self._controller = controller
        self._vault = vault
        self._sink = emit
        self._keep_program = keep_program
        self._stopping: StopMode | None = None
        self._at_work: set[str] = set()
        self._held: set[str] = set()
        self._changed = 0

    async def run(self) -> RunEnded:
        """Do everything; gives the last event. Never raises for what goes wrong on nodes."""
        began = time.time()
        request = self.request
        self._emit(
            RunStarted(
                at=began,
                run=request.run,
                cluster=self._cluster.name,
                phases=tuple(self._phases),
                nodes=tuple(request.nodes),
                fingerprint=request.fingerprint,
                resumed=request.history is not None,
            )
        )
        needs = graph(self._cluster, request.phases, request.nodes)
        self._board = Board(needs)
        self._last = {task.node: task for task in needs}
        self._meetings = {
            phase: Meeting(sum(task.phase == phase for task in needs)) for phase in self._phases
        }
        if "probe" not in self._phases:
            await self._look(request.nodes)
        async with asyncio.TaskGroup() as group:
            for task in needs:
                group.create_task(self._task(task))
        await self._release()
        ended = self._summary(time.time() - began)
        self._emit(ended)
        return ended

    async def stop(self, mode: StopMode) -> None:
        """Start nothing more, and stop what is at work: gently after its step, or now."""
        self._stopping = mode
        await asyncio.gather(*(self._stop_node(node, mode) for node in tuple(self._at_work)))

    async def _stop_node(self, node: str, mode: StopMode) -> None:
        try:
            waited_for = await self._network.connection(node).stop(self.request.run, mode)
        except ZkwizardError as error:
            self._notice(node, T("can't be told to stop: {error}", error=error))
            return
        if waited_for:
            self._notice(node, T("waited for {words}, which must not be ended", words=waited_for))

    async def _task(self, task: Task) -> None:
        phase = self._phases[task.phase]
        missing = await self._board.wait_for(task)
        if missing or self._stopping:
            self._meetings[task.phase].arrive()
            self._board.settle(task, State.BLOCKED if missing else State.STOPPED)
            return
        began = time.time()
        outcome, changed, reason = Outcome.FAILED, 0, ""
        try:
            changed = await self._do(task, phase)
            outcome = Outcome.CHANGED if changed else Outcome.UNCHANGED
        except asyncio.CancelledError:
            raise
        except _Stopped:
            outcome, reason = Outcome.STOPPED, "stopped"
        except ConnectionFailed as error:
            self.connection_failures.add(task.node)
            reason = error.message
        except ZkwizardError as error:
            reason = self._vault.redactor.text(str(error))
        self._changed += changed
        self._emit(
            PhaseEnded(
                at=time.time(),
                phase=task.phase,
                node=task.node,
                outcome=outcome,
                seconds=time.time() - began,
                changed=changed,
                reason=reason,
            )
        )
        state = {Outcome.FAILED: State.FAILED, Outcome.STOPPED: State.STOPPED}.get(outcome, State.DONE)
        self._board.settle(task, state)

    async def _do(self, task: Task, phase: Phase) -> int:
        """Do one phase on one node, and judge it with the others; gives the number of changed steps."""
        try:
            changed = await self._work(task, phase)
        finally:
            self._meetings[task.phase].arrive()
        if phase.id in JUDGES:
            await self._meetings[task.phase].all()
            self._judge(task)
        return changed

    async def _work(self, task: Task, phase: Phase) -> int:
        if phase.id == "probe":
            self._emit(PhaseStarted(at=time.time(), phase=phase.id, node=task.node))
            self.facts[task.node] = await gather(self._network.connection(task.node))
            return 0
        planned = planned_phase(self._cluster, phase, task.node, self.facts, self.values)
        if task.node == OPERATOR:
            return await self._operator(task, planned)
        assert planned.program is not None
        return await self._node(task, phase, planned.program)

    def _judge(self, task: Task) -> None:
        """Emit the findings about this node; a stop among them fails the phase."""
        now = time.time()
        self.values.update(derived(task.phase, self._cluster, self.values))
        stops = []
        leader = self._cluster.first_control_plane.name
        for finding in JUDGES[task.phase](self._cluster, self.facts, self.values):
            if (finding.node or leader) != task.node:
                continue
            self._emit(Found(at=now, phase=task.phase, finding=finding))
            if finding.severity is Severity.STOP:
                stops.append(str(finding.checked).rstrip("."))
        if stops:
            raise PhaseFailed(f"{len(stops)} findings say stop: {'; '.join(stops)}")

    async def _node(self, task: Task, phase: Phase, program: Program) -> int:
        at = (task.phase, task.node)
        history = self.request.history
        if history and history.done.get(at) == program.sha256 and not phase.each_time:
            return 0
        if program.holes:
            raise PhaseFailed(f"not known yet: {', '.join(program.holes)}; run the phases before this one")
        self._keep_program(task.node, task.phase, program.text)
        begun_with = history.begun.get(at) if history else None
        for attempt in range(_STARTS):
            attached = begun_with is not None
            restart = not attached and bool(history or attempt)
            follower, end = await self._job(task, program, restart=restart)
            outdated = attached and begun_with != program.sha256
            begun_with = None
            if end.end is End.ENDED and not outdated:
                return self._result(follower)
            if self._stopping:
                raise _Stopped
            if end.end is End.GONE:
                text = T("the job of phase {phase} is gone from the node; it is started anew", phase=phase.id)
                self._notice(task.node, text)
        raise PhaseFailed("the job vanished from the node again and again, without an end")

    async def _job(self, task: Task, program: Program, *, restart: bool) -> tuple[Follower, JobEnd]:
        request = self.request
        nonce = hmac.new(request.key, str(task).encode(), hashlib.sha256).hexdigest()[:32]
        secrets = {name: await self._vault.get(name) for name in program.secrets}
        job = Job(
            run=request.run,
            phase=task.phase,
            program=program.text,
            nonce=nonce,
            cluster=self._cluster.name,
            operator=request.operator,
            secrets=secrets,
            take_over=request.take_over,
            restart=restart,
            final=self._last[task.node] == task,
        )
        steps = tuple(step.id for step in program.steps)
        self._emit(
            PhaseStarted(at=time.time(), phase=task.phase, node=task.node, steps=steps, sha256=program.sha256)
        )
        follower = Follower(task.phase, task.node, nonce, self._vault.redactor, self._emit)
        self._at_work.add(task.node)
        try:
            end = await self._start(job, task.node, follower)
        finally:
            self._at_work.discard(task.node)
        if job.final and end.end is End.ENDED:
            self._held.discard(task.node)
        else:
            self._held.add(task.node)
        follower.close()
        return follower, end

    async def _start(self, job: Job, node: str, follower: Follower) -> JobEnd:
        connection = self._network.connection(node)
        try:
            return await connection.job(job, follower)
        except JobRefused:
            claim = await connection.claim()
            if claim is None or claim.alive or claim.run not in self.request.own_runs:
                raise
            return await connection.job(replace(job, take_over=True), follower)

    def _result(self, follower: Follower) -> int:
        """Success needs the end marker and status 0."""
        if follower.status == 143:
            raise _Stopped
        if follower.status != 0:
            step = follower.failed_step
            raise PhaseFailed(f"step {step} failed" if step else f"the program ended with {follower.status}")
        return follower.changed

    async def _operator(self, task: Task, planned: PlannedPhase) -> int:
        steps = planned.operator
        self._emit(
            PhaseStarted(
                at=time.time(), phase=task.phase, node=task.node, steps=tuple(step.id for step in steps)
            )
        )
        changed = 0
        for step in steps:
            began = time.time()
            self._emit(StepBegan(at=began, phase=task.phase, node=task.node, step=step.id))
            outcome = await authorise(
                self._cluster, self._controller, self.facts, self.values, task.phase, step, self._emit
            )
            changed += outcome is Outcome.CHANGED
            self._emit(
                StepEnded(
                    at=time.time(),
                    phase=task.phase,
                    node=task.node,
                    step=step.id,
                    outcome=outcome,
                    seconds=time.time() - began,
                )
            )
        return changed

    async def _look(self, nodes: Sequence[str]) -> None:
        """Facts without a probe phase; nodes that can't be reached fail in their first phase."""
        results = await asyncio.gather(
            *(gather(self._network.connection(node)) for node in nodes), return_exceptions=True
        )
        for node, result in zip(nodes, results, strict=True):
            if isinstance(result, NodeFacts):
                self.facts[node] = result
            elif not isinstance(result, ZkwizardError):
                raise result

    async def _release(self) -> None:
        """Give back the nodes whose last program has not done so."""
        await asyncio.gather(*(self._release_node(node) for node in sorted(self._held)))

    async def _release_node(self, node: str) -> None:
        try:
            await self._network.connection(node).release(self.request.run)
        except ZkwizardError as error:
            self._notice(node, T("stays marked as ours, as it can't be reached: {error}", error=error))

    def _summary(self, seconds: float) -> RunEnded:
        failed = self._board.tasks(State.FAILED)
        outcome = Outcome.CHANGED if self._changed else Outcome.UNCHANGED
        if failed:
            outcome = Outcome.FAILED
        elif self._board.tasks(State.STOPPED):
            outcome = Outcome.STOPPED
        return RunEnded(
            at=time.time(),
            run=self.request.run,
            outcome=outcome,
            failed=tuple(str(task) for task in failed),
            seconds=seconds,
            changed=self._changed,
        )

    def _emit(self, event: Event) -> None:
        if isinstance(event, ValueCaptured):
            self.values[event.node, event.name] = event.value
        self._sink(event)

    def _notice(self, node: str, text: Text) -> None:
        self._sink(Notice(at=time.time(), node=node, text=text))


class _Stopped(ZkwizardError):
    """The phase was stopped on request."""
