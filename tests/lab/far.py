"""Far lines: the SSH servers of machines as they look from another continent.

`python -m tests.lab.far MILLISECONDS HOST:PORT…` in the lab's namespace; prints the local ports, one a line,
and carries until it is ended.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack

from tests.sshd.delayproxy import DelayProxy


async def _carry(milliseconds: float, places: list[str]) -> None:
    async with AsyncExitStack() as stack:
        for place in places:
            host, _, port = place.rpartition(":")
            line = DelayProxy(int(port), milliseconds / 1000, host=host)
            await stack.enter_async_context(line)
            print(line.port, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_carry(float(sys.argv[1]), sys.argv[2:]))
