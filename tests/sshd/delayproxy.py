"""A line with a delay: carries TCP connections to a port, late; can be cut, mended and reset.

A cut line is silent, as in life: what is sent is neither carried nor refused, and arrives once it is mended.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from dataclasses import dataclass, field

_CHUNK = 65536


@dataclass
class DelayProxy:
    """``rtt`` in seconds. Use as an async context manager; ``port`` is where to connect."""

    target: int
    rtt: float = 0.0
    port: int = 0
    host: str = "127.0.0.1"
    """Of the target."""
    cut_after: int | None = None
    """Cut by itself once so many bytes have gone back to the client."""
    carried: int = 0
    """Bytes that have gone back to the client."""
    turns: int = 0
    """How often a client spoke after having heard: round trips waited for, over all connections."""
    _mended: asyncio.Event = field(default_factory=asyncio.Event)
    _server: asyncio.Server | None = None
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> DelayProxy:
        self._mended.set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server
        self._server.close()
        self.reset()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """From now on nothing arrives, in neither direction."""
        self._mended.clear()

    def mend(self) -> None:
        """What was held arrives, and what follows."""
        self.cut_after = None
        self._mended.set()

    def reset(self) -> None:
        """Break all connections, as a machine that was restarted does."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        try:
            await asyncio.sleep(self.rtt)  # TCP's own handshake
            await self._mended.wait()
            there, back = await asyncio.open_connection(self.host, self.target)
            self._writers |= {writer, back}
            spoke = _Turns(self)
            async with asyncio.TaskGroup() as both:
                both.create_task(self._carry(reader, back, spoke, up=True))
                both.create_task(self._carry(there, writer, spoke, up=False))
        except* (OSError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, spoke: _Turns, *, up: bool
    ) -> None:
        line: deque[tuple[float, bytes]] = deque()
        arrived, taken = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()

        async def deliver() -> None:
            while True:
                while not line:
                    arrived.clear()
                    await arrived.wait()
                due, data = line[0]
                if (wait := due - loop.time()) > 0:
                    await asyncio.sleep(wait)
                await self._mended.wait()
                line.popleft()
                taken.set()
                if not data:
                    with contextlib.suppress(OSError):
                        writer.write_eof()
                    return
                if not up:
                    spoke.heard = True
                    self._count(len(data))
                writer.write(data)
                await writer.drain()

        async with asyncio.TaskGroup() as group:
            group.create_task(deliver())
            while True:
                data = await reader.read(_CHUNK)
                if up and data:
                    spoke.speak()
                line.append((loop.time() + self.rtt / 2, data))
                arrived.set()
                if not data:
                    break
                while len(line) > 64:
                    taken.clear()
                    await taken.wait()

    def _count(self, size: int) -> None:
        self.carried += size
        if self.cut_after is not None and self.carried >= self.cut_after:
            self.cut()


@dataclass
class _Turns:
    proxy: DelayProxy
    heard: bool = True

    def speak(self) -> None:
        if self.heard:
            self.proxy.turns += 1
            self.heard = False
