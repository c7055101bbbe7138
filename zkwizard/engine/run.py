"""The run: does the tasks of a schedule, node by node, and tells everything by events.

It touches nothing itself: nodes through the ``Network`` port, members through the ``Controller`` port,
disk through the sinks it is given.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence

from zkwizard.engine.board import Board, Meeting, State
from zkwizard.engine.failures import LeftAtWork, PhaseFailed, Stopped
from zkwizard.engine.gathering import gather
from zkwizard.engine.jobs import Jobs
from zkwizard.engine.judgement import JUDGES, derived
from zkwizard.engine.members import authorise
from zkwizard.engine.planning import planned_phase
from zkwizard.engine.request import Request
from zkwizard.engine.schedule import Task, graph
from zkwizard.engine.vault import Vault
from zkwizard.model.errors import ConnectionFailed, ZkwizardError
from zkwizard.model.events import (
    Event,
    Found,
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
from zkwizard.model.ports import Controller, Network, StopMode
from zkwizard.model.program import Program
from zkwizard.model.step import Outcome

Emit = Callable[[Event], None]
_STARTS = 4
"""How often a phase is started anew whose job vanished from the node, by a reboot say."""


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
        self._changed = 0
        self._needs = graph(self._cluster, request.phases, request.nodes)
        last = {task.node: task for task in self._needs}
        self._jobs = Jobs(request, network, vault, self._emit, last)

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
        needs = self._needs
        self._board = Board(needs)
        self._meetings = {
            phase: Meeting(sum(task.phase == phase for task in needs)) for phase in self._phases
        }
        if "probe" not in self._phases:
            await self._look(request.nodes)
        async with asyncio.TaskGroup() as group:
            for task in needs:
                group.create_task(self._task(task))
        await self._jobs.release()
        ended = self._summary(time.time() - began)
        self._emit(ended)
        return ended

    async def stop(self, mode: StopMode) -> None:
        """Start nothing more, and stop what is at work: gently after its step, or now."""
        await self._jobs.stop(mode)

    async def _task(self, task: Task) -> None:
        phase = self._phases[task.phase]
        missing = await self._board.wait_for(task)
        if missing or self._jobs.stopping:
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
        except LeftAtWork:
            self._board.settle(task, State.STOPPED)
            return
        except Stopped:
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
        history = self.request.history
        done_with = history.done.get((task.phase, task.node)) if history else None
        if done_with == program.sha256 and not phase.each_time:
            return 0
        if program.holes:
            raise PhaseFailed(f"not known yet: {', '.join(program.holes)}; run the phases before this one")
        self._keep_program(task.node, task.phase, program.text)
        return await self._jobs.run(task, phase, program)

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
            left=tuple(sorted(self._jobs.left)),
            seconds=seconds,
            changed=self._changed,
        )

    def _emit(self, event: Event) -> None:
        if isinstance(event, ValueCaptured):
            self.values[event.node, event.name] = event.value
        self._sink(event)
