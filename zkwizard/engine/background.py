"""The engine in a thread and event loop of its own, so that a terminal that stops reading can't stop it.

Events wait for the terminal as long as it takes; output only up to a size, as the log files have it already.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Generic, TypeVar

from zkwizard.model.events import Event, FollowEnded, Notice, Output, RunEnded
from zkwizard.model.ports import StopMode
from zkwizard.model.text import T

R = TypeVar("R")
Stopper = Callable[[StopMode], Awaitable[None]]
Emit = Callable[[Event], None]
Register = Callable[[Stopper], None]
_MOST = 32 << 20
"""Bytes of output that wait for the terminal."""
_BATCH = 256 << 10
"""Bytes of events that are shown at once: what takes so long that a key is answered between two batches."""
_WRAPPING = 500
"""Bytes that an event takes beside its data."""


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
        self._put = 0
        """Bytes of output that ever went into the queue; the engine's thread alone counts here."""
        self._taken = 0
        """And out of it, by who shows it."""
        self._left_out = 0

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether it is still at work, or has events that nobody took."""
        return self._thread.is_alive() or not self._events.empty()

    def events(self, wait: float) -> list[Event]:
        """Events since the last call; waits up to so many seconds for the first. Of many the rest comes with
        the next call.
        """
        batch: list[Event] = []
        room = _BATCH
        with suppress(queue.Empty):
            batch.append(self._events.get(timeout=wait))
            while (room := room - self._took(batch[-1])) > 0:
                batch.append(self._events.get_nowait())
        return batch

    def _took(self, event: Event) -> int:
        """Its bytes."""
        self._taken += _size(event)
        return _size(event) or _WRAPPING

    def stop(self, mode: StopMode) -> None:
        """Ask it to stop; may be called from any thread, and from a signal handler."""
        stopper, loop = self._stopper, self._loop
        if stopper and loop and loop.is_running():
            asyncio.run_coroutine_threadsafe(_call(stopper, mode), loop)

    def tell(self, word: Callable[[], None]) -> None:
        """Call it in the engine's thread, if that is still at work."""
        if self._loop and self._loop.is_running():
            self._loop.call_soon_threadsafe(word)

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
        try:
            return await self._work(self._emit, self._register)
        finally:
            self._tell_gap()

    def _emit(self, event: Event) -> None:
        """Put it into the queue, but for output for which there is no room; in the engine's thread."""
        size = _size(event)
        if size and self._put + size - self._taken > _MOST:
            self._left_out += len(event.data) if isinstance(event, Output) else 0
            return
        if size or isinstance(event, (RunEnded, FollowEnded)):
            self._tell_gap()
        self._put += size
        self._events.put(event)

    def _tell_gap(self) -> None:
        if self._left_out:
            size = f"{self._left_out / 1e6:.0f} MB"
            text = T(
                "{size} of output are left out here, as it was not read; the log has all of it", size=size
            )
            self._events.put(Notice(at=time.time(), text=text))
            self._left_out = 0

    def _register(self, stopper: Stopper) -> None:
        self._stopper = stopper


def _size(event: Event) -> int:
    return len(event.data) + _WRAPPING if isinstance(event, Output) else 0


async def _call(stopper: Stopper, mode: StopMode) -> None:
    await stopper(mode)
