"""The run: does the tasks of a schedule, node by node, and tells everything by events.

It touches nothing itself: nodes through the ``Network`` port, members through the ``Controller`` port,
disk through the sinks it is given.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress

from zkwizard.engine.board import Board, Meeting, State
from zkwizard.engine.failures import LeftAtWork, PhaseFailed, Stopped
from zkwizard.engine.gathering import gather
from zkwizard.engine.jobs import Jobs
from zkwizard.engine.judgement import JUDGES, derived
from zkwizard.engine.members import authorise
from zkwizard.engine.pace import Answer, Pace
from zkwizard.engine.planning import planned_phase
from zkwizard.engine.request import Request
from zkwizard.engine.schedule import Task, graph, successors
from zkwizard.engine.vault import Vault
from zkwizard.facts.gather import OF_PROGRAMS
from zkwizard.model.context import Context
from zkwizard.model.errors import ConnectionFailed, ContactLost, Interrupted, JobRefused, ZkwizardError
from zkwizard.model.events import (
    Event,
    Examined,
    Explained,
    Found,
    Paused,
    PhaseEnded,
    PhaseSkipped,
    PhaseStarted,
    PhaseWaits,
    Proved,
    RunEnded,
    RunStarted,
    StepBegan,
    StepEnded,
    ValueCaptured,
)
from zkwizard.model.facts import NodeFacts
from zkwizard.model.finding import Severity
from zkwizard.model.phase import OPERATOR, Phase, Work
from zkwizard.model.plan import PlannedPhase
from zkwizard.model.ports import Controller, Network, StopMode
from zkwizard.model.program import Program
from zkwizard.model.step import Outcome
from zkwizard.model.text import T, Words

Emit = Callable[[Event], None]
_STARTS = 4
"""How often a phase is started anew whose job vanished from the node, by a reboot say."""


async def at_once() -> None:
    """For who keeps nothing: there is nothing to wait for."""


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
        settled: Callable[[], Awaitable[None]] = at_once,
        explain: bool = False,
        pace: Pace | None = None,
    ) -> None:
        self.request = request
        self.values = dict(values)
        self.facts: dict[str, NodeFacts] = {}
        self.connection_failures: set[str] = set()
        self._unseen: dict[str, ZkwizardError] = {}
        """Nodes that the first look did not see, and why: their first phase fails by it, without another
        attempt that takes as long, or asks for the password again."""
        self._cluster = request.cluster
        self._phases = {phase.id: phase for phase in request.phases}
        self._network = network
        self._controller = controller
        self._vault = vault
        self._sink = emit
        self._keep_program = keep_program
        self._explains = explain
        """Whether a run that failed gathers evidence and names causes."""
        self._pace = pace or Pace()
        self._runs_ahead = pace is None and not request.history and not request.teardown
        """Whether nodes may be given several programs at once: not where a person may stop between them, nor
        where what an interrupted run did, or others, has to be looked at first."""
        self._explaining: set[asyncio.Task[None]] = set()
        self._tails: dict[str, tuple[str, ...]] = {}
        self._judged: set[str] = set()
        """What failed by findings, which say why and what to do themselves."""
        self._changed = 0
        self._needs = graph(self._cluster, request.phases, request.nodes)
        self._sent: set[Task] = set()
        """Tasks whose programs nodes have been given ahead."""
        begun = request.history.begun if request.history else {}
        self._begun = {at for at, program in begun.items() if program}
        """Programs that an interrupted run started on nodes, and did not see end."""
        places = [task.phase for task in self._needs if task.node != OPERATOR]
        self._works = any(self._phases[name].work is Work.PROGRAM for name in places)
        """Whether anything is to run on nodes: then nobody else may be at work there."""
        self._jobs = Jobs(request, network, vault, self._emit, settled)

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
                purpose=request.purpose,
                fingerprint=request.fingerprint,
                resumed=request.history is not None,
            )
        )
        needs = self._needs
        self._board = Board(needs)
        self._meetings = {
            phase: Meeting(task.node for task in needs if task.phase == phase) for phase in self._phases
        }
        self._pace.begin(tuple(self._phases), needs, self._board, self._rests)
        if request.teardown:
            await self._jobs.end_own()
        if "probe" not in self._phases:
            await asyncio.gather(self._look(request.nodes), self._take())
        async with asyncio.TaskGroup() as group:
            for task in needs:
                group.create_task(self._task(task))
        await self._jobs.release()
        await self._explained()
        ended = self._summary(time.time() - began)
        failed = bool(set(ended.failed) - self._judged) and not self._jobs.refused
        if self._explains and failed and not (self._jobs.stopping or self._pace.asks):
            await self._explain([node.name for node in self._cluster.nodes])
        self._emit(ended)
        return ended

    async def stop(self, mode: StopMode) -> None:
        """Start nothing more, and stop what is at work: gently after its step, or now."""
        self._jobs.stopping = mode
        self._pace.stop()
        for explaining in self._explaining:
            explaining.cancel()
        await self._jobs.stop(mode)

    async def _task(self, task: Task) -> None:
        """Wait for its turn, and try it until it is over, one way or another."""
        missing = await self._board.wait_for(task) is not None or task.node in self.connection_failures
        if not missing:
            await self._pace.may_start(task)
        if missing or (self._jobs.stopping and not await self._jobs.begun_ahead(task)):
            self._meetings[task.phase].arrive(task.node)
            state = State.BLOCKED if missing else State.STOPPED
        else:
            state = await self._attempt(task)
            while state is State.FAILED and self._asks_about(task):
                answer = await self._pace.ask(task)
                if answer is Answer.GIVE_UP:
                    break
                self.connection_failures.discard(task.node)
                self._judged.discard(str(task))
                if answer is Answer.SKIP and self._can_skip(task):
                    self._emit(PhaseSkipped(at=time.time(), phase=task.phase, node=task.node))
                    state = State.SKIPPED
                else:
                    state = await self._attempt(task, again=True)
        self._board.settle(task, state)
        if missing:
            self._pace.blocked()
        else:
            self._pace.over()

    def _asks_about(self, task: Task) -> bool:
        """Tell what waits for a failed task, and have its causes named; False where nobody is asked."""
        if not self._pace.asks or self._jobs.stopping or self._jobs.refused:
            return False
        self._emit(
            PhaseWaits(
                at=time.time(),
                phase=task.phase,
                node=task.node,
                blocked=tuple(map(str, self._pace.waiting_for(task))),
                can_skip=self._can_skip(task),
            )
        )
        if self._explains and task.node != OPERATOR and str(task) not in self._judged:
            explaining = asyncio.create_task(self._explain([task.node]))
            self._explaining.add(explaining)
            explaining.add_done_callback(self._explaining.discard)
        return True

    async def _explained(self) -> None:
        """Wait for the causes that are being looked for, unless stopping has ended that."""
        for found in await asyncio.gather(*self._explaining, return_exceptions=True):
            if isinstance(found, BaseException) and not isinstance(found, asyncio.CancelledError):
                raise found

    def _can_skip(self, task: Task) -> bool:
        return not (self._phases[task.phase].gate or task.phase in JUDGES)

    def _rests(self, following: str) -> None:
        self._emit(Paused(at=time.time(), next=following))

    async def _attempt(self, task: Task, *, again: bool = False) -> State:
        phase = self._phases[task.phase]
        began = time.time()
        outcome, changed, left = Outcome.FAILED, 0, False
        reason: Words = ""
        try:
            changed = await self._do(task, phase, again=again)
            outcome = Outcome.CHANGED if changed else Outcome.UNCHANGED
        except asyncio.CancelledError:
            raise
        except LeftAtWork:
            return State.STOPPED
        except (Stopped, Interrupted):
            outcome, reason = Outcome.STOPPED, T("stopped")
        except ConnectionFailed as error:
            self.connection_failures.add(task.node)
            reason = error.said
            left = isinstance(error, ContactLost) or (task.phase, task.node) in self._begun
        except ZkwizardError as error:
            reason = self._vault.redactor.words(error.words)
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
                left=left,
            )
        )
        return {Outcome.FAILED: State.FAILED, Outcome.STOPPED: State.STOPPED}.get(outcome, State.DONE)

    async def _do(self, task: Task, phase: Phase, *, again: bool) -> int:
        """Do one phase on one node, and judge it with the others; gives the number of changed steps."""
        try:
            changed = await self._work(task, phase, again=again)
        finally:
            self._meetings[task.phase].arrive(task.node)
        if phase.id in JUDGES:
            await self._meetings[task.phase].all()
            self._judge(task)
        return changed

    async def _work(self, task: Task, phase: Phase, *, again: bool) -> int:
        if again and task.node != OPERATOR and task.node not in self.facts and phase.work is not Work.FACTS:
            await self._look([task.node])
        if unseen := self._unseen.pop(task.node, None):
            raise unseen
        if phase.work is Work.PROOF:
            return await self._prove(task)
        if phase.work is Work.FACTS:
            self._emit(PhaseStarted(at=time.time(), phase=phase.id, node=task.node))
            looked = asyncio.ensure_future(gather(self._network.connection(task.node)))
            free = self._jobs.may_start() if self._works else asyncio.sleep(0)
            try:
                self.facts[task.node], _ = await asyncio.gather(looked, free)
            finally:  # where another run is at work, nobody waits for the facts any more
                looked.cancel()
                await asyncio.wait([looked])
            return 0
        planned = self._planned(task)
        if task.node == OPERATOR:
            return await self._operator(task, planned)
        assert planned.program is not None
        return await self._node(task, phase, planned.program, again=again)

    def _planned(self, task: Task) -> PlannedPhase:
        phase = self._phases[task.phase]
        missing = frozenset(gone.node for gone in self._board.tasks(State.FAILED, State.BLOCKED))
        return planned_phase(self._cluster, phase, task.node, self.facts, self.values, missing)

    async def _prove(self, task: Task) -> int:
        """Look what is left, with a new login; fails for what should be gone."""
        self._emit(PhaseStarted(at=time.time(), phase=task.phase, node=task.node))
        from zkwizard.engine.reset.proof import (
            proved,  # with all phases of a reset, which a run needs none of
        )

        assert self.request.teardown
        context = Context(self._cluster, self._cluster.node(task.node), self.facts, self.values)
        proof = await proved(self._network, context, self.request.teardown, self.request.run)
        self._jobs.given_back(task.node)
        self._emit(Proved(at=time.time(), phase=task.phase, node=task.node, proof=proof))
        if not proof.complete:
            raise PhaseFailed(T("the node did not tell everything that was looked for"))
        if proof.going:
            raise PhaseFailed(T("{count} things are left that should be gone", count=len(proof.going)))
        return 0

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
            self._judged.add(str(task))
            words = T("{count} findings say stop: {names}", count=len(stops), names="; ".join(stops))
            raise PhaseFailed(words)

    async def _node(self, task: Task, phase: Phase, program: Program, *, again: bool) -> int:
        history = self.request.history
        done_with = history.done.get((task.phase, task.node)) if history else None
        if done_with == program.sha256 and not phase.each_time:
            return 0
        if program.holes:
            holes = ", ".join(program.holes)
            raise PhaseFailed(T("not known yet: {holes}; run the phases before this one", holes=holes))
        self._keep_program(task.node, task.phase, program.text)
        ahead = [] if again else self._ahead(task, program)
        return await self._jobs.run(task, phase, program, again=again, ahead=ahead)

    def _ahead(self, task: Task, program: Program) -> list[tuple[Task, Program]]:
        """The next programs on the node, as far as nothing of them depends on what is not known yet: on other
        nodes, on values that the programs before them will tell, on a judgement, on a secret.
        """
        chain: list[tuple[Task, Program]] = []
        mine = {task}
        if not self._runs_ahead or task in self._sent:
            return chain
        for following in successors(self._needs, task):
            needs, phase = self._needs[following], self._phases[following.phase]
            if any(step.captures for step in program.steps) or {one.phase for one in mine} & JUDGES.keys():
                break
            if phase.work is not Work.PROGRAM or phase.each_time:
                break
            if not self._board.are_done({*needs.succeeded, *needs.settled} - mine):
                break
            made = self._planned(following).program
            if made is None or made.holes or made.secrets:
                break
            program = made
            chain.append((following, program))
            mine.add(following)
        self._sent.update(mine)
        return chain

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

    async def _take(self) -> None:
        """Hold the nodes beside the first look at them; a refusal is told by the phases that need them."""
        if self._works:
            with suppress(JobRefused, Interrupted):
                await self._jobs.take()

    async def _look(self, nodes: Sequence[str]) -> None:
        """Facts without a probe phase; nodes that can't be reached fail in their first phase."""
        results = await asyncio.gather(
            *(gather(self._network.connection(node), OF_PROGRAMS) for node in nodes), return_exceptions=True
        )
        for node, result in zip(nodes, results, strict=True):
            if isinstance(result, NodeFacts):
                self.facts[node] = result
            elif isinstance(result, ZkwizardError):
                self._unseen[node] = result
            else:
                raise result

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
            skipped=tuple(str(task) for task in self._board.tasks(State.SKIPPED)),
            left=tuple(sorted(self._jobs.left | self._not_reached())),
            seconds=seconds,
            changed=self._changed,
            holder=self._jobs.holder,
        )

    def _not_reached(self) -> set[str]:
        """Nodes where an interrupted run left work that this one could not look after either."""
        return {node for _, node in self._begun if node in self.connection_failures}

    async def _explain(self, asked: Sequence[str]) -> None:
        """Causes from the evidence of every node that can be reached, and the words of what failed."""
        from zkwizard.engine.inside.explanation import (
            after_failure,  # with the rule base, which few runs need
        )

        nodes = [node for node in asked if node not in self.connection_failures]
        redact = self._vault.redactor
        for cause in await after_failure(self._cluster, self._network, nodes, self._tails, redact):
            self._emit(Explained(at=time.time(), cause=cause))
        self._emit(Examined(at=time.time(), nodes=tuple(nodes)))

    def _emit(self, event: Event) -> None:
        if isinstance(event, StepEnded) and event.outcome is Outcome.FAILED:
            self._tails[event.node] = event.tail
        if isinstance(event, ValueCaptured):
            self.values[event.node, event.name] = event.value
        self._sink(event)
