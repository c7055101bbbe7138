"""The way to a cluster's nodes for who does not live in an event loop of theirs, such as a screen: a thread
with connections that are kept, and questions put to it from outside.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import TypeVar

from zkwizard.model.ports import Network

V = TypeVar("V")


class Line:
    """Begins with the first question. A terminal that stops reading can't stop it."""

    def __init__(self, make: Callable[[], Network]) -> None:
        """``make`` gives the network; it is called in the thread."""
        self._make = make
        self._loop: asyncio.AbstractEventLoop | None = None
        self._network: Network | None = None
        self._ready = threading.Event()
        self._closed = False

    async def ask(self, work: Callable[[Network], Awaitable[V]]) -> V:
        """Do it in the thread, wait for it in the loop of who asks. Cancelled here, it ends there, too.

        Raises what ``work`` raises.
        """
        return await asyncio.wrap_future(self.begin(work))

    def begin(self, work: Callable[[Network], Awaitable[V]]) -> Future[V]:
        """The same without waiting."""
        if self._closed:
            raise RuntimeError("this line is closed")
        if not self._loop:
            threading.Thread(target=self._main, name="line", daemon=True).start()
            self._ready.wait()
        assert self._loop

        async def do() -> V:
            if not self._network:
                self._network = self._make()
            return await work(self._network)

        return asyncio.run_coroutine_threadsafe(do(), self._loop)

    def close(self) -> None:
        """End everything and close the connections; does not wait for it."""
        if self._loop and not self._closed:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._closed = True

    def _main(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._ready.set()
        await self._stop.wait()
        own = asyncio.current_task()
        others = [task for task in asyncio.all_tasks() if task is not own]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        if self._network:
            await self._network.close()
