"""The line between the operator and one node: a proxy that delays bytes, in order, or holds them back as a
cut line does.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque

_CHUNK = 65536
_IN_FLIGHT = 64  # chunks per direction; more than that waits at the sender, as a full window does


class Link:
    """Accepts connections for one node and carries them to its SSH server, `rtt_ms` later there and back."""

    def __init__(self, target_port: int, rtt_ms: float = 0) -> None:
        self.target_port = target_port
        self.rtt_ms = rtt_ms
        self._whole = asyncio.Event()
        self._whole.set()
        self._mending: asyncio.TimerHandle | None = None
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self, port: int = 0) -> int:
        """Listen on loopback; return the port."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", port)
        return int(self._server.sockets[0].getsockname()[1])

    def close(self) -> None:
        """Stop listening and drop what is connected."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()

    @property
    def is_cut(self) -> bool:
        """Whether bytes are being held back."""
        return not self._whole.is_set()

    def cut(self, seconds: float | None) -> None:
        """Let nothing through, both ways and without a word, for `seconds` or until `mend`."""
        self.mend()
        self._whole.clear()
        if seconds is not None:
            self._mending = asyncio.get_running_loop().call_later(seconds, self.mend)

    def mend(self) -> None:
        """Let bytes through again, those held back first."""
        if self._mending is not None:
            self._mending.cancel()
            self._mending = None
        self._whole.set()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._carry(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            with contextlib.suppress(OSError):
                writer.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._whole.wait()
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target_port)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._one_way(reader, far_writer))
                both.create_task(self._one_way(far_reader, writer))
        except* OSError:
            pass
        finally:
            far_writer.close()

    async def _one_way(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read at once, write half a round trip later; the end of the stream travels like a byte."""
        queue: deque[tuple[float, bytes]] = deque()
        filled, room = asyncio.Event(), asyncio.Event()
        room.set()
        async with asyncio.TaskGroup() as pair:
            pair.create_task(self._deliver(queue, filled, room, writer))
            data = b"-"
            while data:
                await room.wait()
                data = await reader.read(_CHUNK)
                queue.append((asyncio.get_running_loop().time() + self.rtt_ms / 2000, data))
                filled.set()
                if len(queue) >= _IN_FLIGHT:
                    room.clear()

    async def _deliver(
        self,
        queue: deque[tuple[float, bytes]],
        filled: asyncio.Event,
        room: asyncio.Event,
        writer: asyncio.StreamWriter,
    ) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await filled.wait()
            due, data = queue[0]
            if (wait := due - loop.time()) > 0:
                await asyncio.sleep(wait)
            await self._whole.wait()
            queue.popleft()
            room.set()
            if not queue:
                filled.clear()
            if not data:
                with contextlib.suppress(OSError):
                    writer.write_eof()
                return
            writer.write(data)
            await writer.drain()
