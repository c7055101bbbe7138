"""When the phases of a run may start, and what becomes of a failed one: the person's word.

Without a person everything may start, and what failed has failed. Stepping through by hand, a phase starts
only when it was allowed, and a failed one waits for an answer while the other nodes go on.

A pace belongs to the engine's event loop; from another thread its methods are called by way of that loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

from zkwizard.engine.board import Board
from zkwizard.engine.schedule import Needs, Task


class Answer(StrEnum):
    """What a person says about a phase that failed on a node."""

    RETRY = "retry"
    SKIP = "skip"
    """What needs it goes on as if it had gone well."""
    GIVE_UP = "give up"


class Pace:
    """Allows phases in their order, and collects the answers about failed ones."""

    def __init__(self, *, manual: bool = False) -> None:
        self.asks = manual
        """Whether a failed phase waits for an answer."""
        self._manual = manual
        self._limit = 0
        """How many of the phases may start, counted from the first."""
        self._all = not manual
        self._stopped = False
        self._order: Sequence[str] = ()
        self._needs: Mapping[Task, Needs] = {}
        self._board: Board | None = None
        self._at_rest: Callable[[str], None] = lambda phase: None
        self._moved = asyncio.Event()
        self._questions: dict[Task, asyncio.Future[Answer]] = {}
        self._working = 0
        self._told: str | None = None
        self._early: list[str] = []
        """Allowed before the run began."""

    # What a person says -----------------------------------------------------------------------------------

    def allow(self, phase: str) -> None:
        """This phase and all before it may start."""
        if not self._order:
            self._early.append(phase)
        elif phase in self._order:
            self._limit = max(self._limit, self._order.index(phase) + 1)
            self._wake()

    def allow_all(self) -> None:
        """Nothing waits any more."""
        self._all = True
        self._wake()

    def pause_after(self, phase: str) -> None:
        """Nothing after this phase starts, but for what has started already."""
        if phase in self._order:
            self._all, self._limit = False, self._order.index(phase) + 1
            self._rest()

    def answer(self, task: Task, answer: Answer) -> None:
        """What to do about a failed phase that waits; nothing happens when it does not wait any more."""
        question = self._questions.get(task)
        if question and not question.done():
            question.set_result(answer)

    def stop(self) -> None:
        """Nobody waits any longer; what failed has failed."""
        self._stopped = True
        for task in list(self._questions):
            self.answer(task, Answer.GIVE_UP)
        self._wake()

    # What the engine asks ---------------------------------------------------------------------------------

    def begin(
        self, order: Sequence[str], needs: Mapping[Task, Needs], board: Board, at_rest: Callable[[str], None]
    ) -> None:
        """The run's phases in their order, what their tasks need, and who is told when all is at rest.

        ``at_rest`` gets the next phase that waits to be allowed; "" when only answers are missing.
        """
        self._order, self._needs, self._board, self._at_rest = order, needs, board, at_rest
        for phase in self._early:
            self.allow(phase)
        self._rest()

    def allows(self, phase: str) -> bool:
        """Whether the phase may start now."""
        return self._all or self._stopped or self._order.index(phase) < self._limit

    async def may_start(self, task: Task) -> None:
        """Wait until the task's phase is allowed; it counts as at work from then on, until `over`."""
        while not self.allows(task.phase):
            self._rest()
            await self._moved.wait()
        self._working += 1
        self._told = None

    def over(self) -> None:
        """A task that was at work is over, or waits for an answer."""
        self._working -= 1
        self._rest()

    def blocked(self) -> None:
        """A task never began, as what it needs failed."""
        self._rest()

    async def ask(self, task: Task) -> Answer:
        """What a person says about the task, which failed and is not at work meanwhile."""
        if self._stopped:
            return Answer.GIVE_UP
        self._questions[task] = asyncio.get_running_loop().create_future()
        self.over()
        try:
            return await self._questions[task]
        finally:
            del self._questions[task]
            self._working += 1
            self._told = None

    def waiting_for(self, task: Task) -> list[Task]:
        """Tasks that can't start before this one, in running order."""
        held = {task}
        for other, needs in self._needs.items():
            if held & {*needs.succeeded, *needs.settled}:
                held.add(other)
        return [other for other in self._needs if other in held and other != task]

    def _wake(self) -> None:
        self._told = None
        self._moved.set()
        self._moved = asyncio.Event()
        self._rest()

    def _rest(self) -> None:
        """Tell, once, that nothing goes on before a person says something."""
        if not self._manual or self._working or self._board is None:
            return
        waiting = self._board.waiting
        held: set[Task] = set()
        for task, needs in self._needs.items():
            if task not in waiting:
                continue
            asked = task in self._questions or not self.allows(task.phase)
            if asked or held & {*needs.succeeded, *needs.settled}:
                held.add(task)
        if not held or len(held) < len(waiting):
            return
        following = next((phase for phase in self._order if not self._allowed_or_empty(phase, held)), "")
        if following != self._told:
            self._told = following
            self._at_rest(following)

    def _allowed_or_empty(self, phase: str, held: set[Task]) -> bool:
        return self.allows(phase) or not any(task.phase == phase for task in held)
