"""Sessions of one connection: some are opened ahead, and where a node allows few, they take turns.

Facts: a session costs 2 round trips and becoming root 1; sshd allows 10 sessions on a connection
(MaxSessions), some administrators 1. One too many is refused with "open failed".
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

import asyncssh

from zkwizard.remote.channel import Channel

_MOST = 9
"""Sessions at a time: sshd's own limit is 10; one is left for somebody's `ssh` with a shared connection."""

_PATIENCE = 25
"""Attempts at the only session, 0.2 s apart: a node takes a moment to notice that the last one is closed."""


class Pool:
    """``acquire`` a channel, let it do its one script, ``release`` it."""

    def __init__(self, make: Callable[[], Awaitable[Channel]], *, spares: int) -> None:
        self._make = make
        self._wanted = spares
        self._most = _MOST
        self._spares: list[Channel] = []
        self._used: set[Channel] = set()
        self._leaving = 0
        self._queue: deque[asyncio.Future[Channel]] = deque()
        self._before: dict[asyncio.Future[Channel], int] = {}
        """Who waits → how many sessions had been begun before: their failures are not his."""
        self._begun = 0
        self._ways: dict[Channel, Callable[[], None]] = {}
        self._opening: set[asyncio.Task[None]] = set()
        self._closing: set[asyncio.Task[None]] = set()
        self._closed = False

    async def acquire(self) -> Channel:
        """A channel that is ready for a script; waits its turn where the node allows no more of them."""
        turn: asyncio.Future[Channel] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        self._before[turn] = self._begun
        self._pump()
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and not turn.exception():
                self.release(turn.result())
            raise
        finally:
            del self._before[turn]

    def give_way(self, channel: Channel, callback: Callable[[], None]) -> None:
        """A follower says how it can be asked to leave its session to others for a moment."""
        self._ways[channel] = callback
        self._pump()

    def release(self, channel: Channel) -> None:
        """The channel did its work; its session ends."""
        self._ways.pop(channel, None)
        if channel in self._used:
            self._used.discard(channel)
            self._leaving += 1
            _keep(self._closing, asyncio.create_task(self._leave(channel)))

    def give_back(self, channel: Channel) -> None:
        """The channel was not used: it is a spare again."""
        self._used.discard(channel)
        self._spares.append(channel)
        self._pump()

    def close(self) -> None:
        """The connection is closed or lost: nothing more is opened, and who waits is told."""
        self._closed = True
        for task in self._opening:
            task.cancel()
        while self._queue:
            _fail(self._queue.popleft(), ConnectionError("the connection is closed"))

    def _pump(self) -> None:
        """Hand out what is there, open what is wanted, ask for way if nothing else helps."""
        self._spares = [channel for channel in self._spares if channel.usable]
        while self._queue and (self._queue[0].done() or self._spares):
            turn = self._queue.popleft()
            if not turn.done():
                channel = self._spares.pop()
                self._used.add(channel)
                turn.set_result(channel)
        if self._closed:
            return
        lacking = len(self._queue) + self._wanted - len(self._spares) - len(self._opening)
        for _ in range(min(lacking, self._most - self._sessions - len(self._opening))):
            _keep(self._opening, asyncio.create_task(self._open()))
        if self._queue and not self._opening and not self._leaving and self._ways:
            _, callback = self._ways.popitem()
            callback()

    @property
    def _sessions(self) -> int:
        return len(self._spares) + len(self._used) + self._leaving

    async def _open(self) -> None:
        """Open one session for whoever waits first, or ahead."""
        self._begun += 1
        number = self._begun
        try:
            channel = await self._patiently()
        except asyncssh.ChannelOpenError as error:
            self._opened()
            self._most = max(1, min(self._most, self._sessions))
            if self._sessions or self._opening or self._leaving:
                self._pump()
            else:
                self._give_up(error, number)
        except Exception as error:
            self._opened()
            self._give_up(error, number)
        else:
            self._opened()
            self._spares.append(channel)
            self._pump()

    def _opened(self) -> None:
        task = asyncio.current_task()
        assert task
        self._opening.discard(task)

    async def _patiently(self) -> Channel:
        for _ in range(_PATIENCE):
            try:
                return await self._make()
            except asyncssh.ChannelOpenError:
                if self._sessions or len(self._opening) > 1 or self._closed:
                    raise
            await asyncio.sleep(0.2)
        return await self._make()

    def _give_up(self, error: Exception, number: int) -> None:
        """Session ``number`` failed: tell the first who waited for it, and try for the others."""
        waiting = (turn for turn in self._queue if not turn.done() and self._before[turn] < number)
        if turn := next(waiting, None):
            self._queue.remove(turn)
            turn.set_exception(error)
        if self._queue:
            self._pump()

    async def _leave(self, channel: Channel) -> None:
        """Its place is free once the node has closed it too."""
        channel.close()
        try:
            async with asyncio.timeout(2):
                await channel.ended.wait()
        except TimeoutError:
            pass
        finally:
            self._leaving -= 1
        self._pump()


def _keep(tasks: set[asyncio.Task[None]], task: asyncio.Task[None]) -> None:
    """Hold a task until it is done; the event loop alone would not."""
    tasks.add(task)
    task.add_done_callback(tasks.discard)


def _fail(turn: asyncio.Future[Channel], error: Exception) -> None:
    if not turn.done():
        turn.set_exception(error)
