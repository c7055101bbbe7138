"""The engine in a thread and event loop of its own, so that a terminal that stops reading can't stop it."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from zkwizard.model.events import Event
from zkwizard.model.ports import StopMode

R = TypeVar("R")
Stopper = Callable[[StopMode], Awaitable[None]]
Emit = Callable[[Event], None]
Register = Callable[[Stopper], None]


class Background(Generic[R]):
    """Runs one coroutine in its own thread; its events are taken from a queue, in batches.

    ``work`` gets two functions: one that emits an event, and one to register what stops it.
    """

    def __init__(self, work: Callable[[Emit, Register], Awaitable[R]]) -> None:
        self._work = work
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._stopper: Stopper | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._result: list[R] = []
        self._error: list[BaseException] = []
        self._thread = threading.Thread(target=self._main, name="engine", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether it is still at work, or has events that nobody took."""
        return self._thread.is_alive() or not self._events.empty()

    def events(self, wait: float) -> list[Event]:
        """All events since the last call; waits up to so many seconds for the first."""
        batch: list[Event] = []
        try:
            batch.append(self._events.get(timeout=wait))
            while True:
                batch.append(self._events.get_nowait())
        except queue.Empty:
            return batch

    def stop(self, mode: StopMode) -> None:
        """Ask it to stop; may be called from any thread, and from a signal handler."""
        stopper, loop = self._stopper, self._loop
        if stopper and loop and loop.is_running():
            asyncio.run_coroutine_threadsafe(_call(stopper, mode), loop)

    def result(self) -> R:
        """What the coroutine gave, or its exception raised again."""
        self._thread.join()
        if self._error:
            raise self._error[0]
        return self._result[0]

    def _main(self) -> None:
        try:
            self._result.append(asyncio.run(self._run()))
        except BaseException as error:
            self._error.append(error)

    async def _run(self) -> R:
        self._loop = asyncio.get_running_loop()
        return await self._work(self._events.put, self._register)

    def _register(self, stopper: Stopper) -> None:
        self._stopper = stopper


async def _call(stopper: Stopper, mode: StopMode) -> None:
    await stopper(mode)
