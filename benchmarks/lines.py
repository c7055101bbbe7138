"""Lines with a delay, as many as wanted, carried by a process of their own."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection as Pipe

from tests.sshd.delayproxy import DelayProxy


@contextmanager
def lines(targets: Sequence[int], rtt: float) -> Iterator[list[int]]:
    """A delayed line in front of each port; gives the ports to connect to."""
    here, there = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_carry, args=(there, list(targets), rtt))
    process.start()
    there.close()
    try:
        yield here.recv()
    finally:
        with contextlib.suppress(OSError):
            here.send("over")
        process.join(10)
        process.kill()


def _carry(pipe: Pipe, targets: list[int], rtt: float) -> None:
    async def main() -> None:
        proxies = [DelayProxy(target, rtt) for target in targets]
        for proxy in proxies:
            await proxy.__aenter__()
        pipe.send([proxy.port for proxy in proxies])
        with contextlib.suppress(EOFError):  # whoever wanted the lines is gone
            await asyncio.to_thread(pipe.recv)
        for proxy in proxies:
            await proxy.__aexit__()

    asyncio.run(main())
