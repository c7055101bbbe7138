"""Which tasks are over and how, and waiting for them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from enum import StrEnum

from zkwizard.engine.schedule import Needs, Task


class State(StrEnum):
    """How a task stands."""

    WAITING = "waiting"
    DONE = "done"
    SKIPPED = "skipped"
    """It failed, and a person let the rest go on without it."""
    FAILED = "failed"
    BLOCKED = "blocked"
    """Something it needs failed, so it never started."""
    STOPPED = "stopped"


class Board:
    """The state of every task of a run; tasks wait on it for what they need."""

    def __init__(self, needs: Mapping[Task, Needs]) -> None:
        self._needs = needs
        self._states = dict.fromkeys(needs, State.WAITING)
        self._over = {task: asyncio.Event() for task in needs}

    def settle(self, task: Task, state: State) -> None:
        """The task is over."""
        self._states[task] = state
        self._over[task].set()

    @property
    def waiting(self) -> set[Task]:
        """Tasks that are not over, whether they have begun or not."""
        return {task for task, state in self._states.items() if state is State.WAITING}

    def tasks(self, *states: State) -> list[Task]:
        """Tasks in any of the states, in running order."""
        return [task for task, state in self._states.items() if state in states]

    def are_done(self, tasks: Iterable[Task]) -> bool:
        """Whether all of them are over, and well."""
        return all(self._states.get(task, State.DONE) is State.DONE for task in tasks)

    async def wait_for(self, task: Task) -> Task | None:
        """Wait until everything ``task`` needs is over; gives a needed task that did not succeed, if any."""
        needs = self._needs[task]
        for other in (*needs.succeeded, *needs.settled):
            if other in self._over:
                await self._over[other].wait()
        for other in needs.succeeded:
            if self._states.get(other, State.DONE) not in (State.DONE, State.SKIPPED):
                return other
        return None


class Meeting:
    """Where all nodes of a phase wait for each other, before they are judged together."""

    def __init__(self, nodes: Iterable[str]) -> None:
        self._missing = set(nodes)
        self._all = asyncio.Event()

    def arrive(self, node: str) -> None:
        """One of them is finished, well or not."""
        self._missing.discard(node)
        if not self._missing:
            self._all.set()

    async def all(self) -> None:
        """Wait for the last one."""
        await self._all.wait()
