"""Questions put to the thread with the connections, and lines on their way out of it."""

from __future__ import annotations

import asyncio
import threading

import pytest

from zkwizard.engine.inside.line import Line
from zkwizard.model.errors import ConnectionFailed
from zkwizard.model.ports import Connection, Network


class Nobody(Network):
    """A network without nodes, that knows in which thread it is used."""

    def __init__(self) -> None:
        self.thread = threading.get_ident()
        self.closed = threading.Event()

    def connection(self, node: str) -> Connection:
        raise ConnectionFailed(node, "nobody is there")

    def fresh(self, node: str) -> Connection:
        return self.connection(node)

    async def close(self) -> None:
        self.closed.set()


def test_answers_come_from_another_thread_over_one_network() -> None:
    made: list[Nobody] = []

    def make() -> Network:
        made.append(Nobody())
        return made[-1]

    line = Line(make)

    async def who(network: Network) -> int:
        return threading.get_ident()

    async def ask() -> list[int]:
        return [await line.ask(who), await line.ask(who)]

    first, second = asyncio.run(ask())
    assert first == second == made[0].thread != threading.get_ident()
    line.close()
    assert made[0].closed.wait(10) and len(made) == 1


def test_a_failure_is_raised_where_it_was_asked() -> None:
    line = Line(Nobody)

    async def look(network: Network) -> Connection:
        return network.connection("node1")

    async def ask() -> None:
        await line.ask(look)

    with pytest.raises(ConnectionFailed, match="node1: nobody is there"):
        asyncio.run(ask())
    line.close()


def test_who_no_longer_waits_ends_the_work_there() -> None:
    ended, begun = threading.Event(), threading.Event()
    line = Line(Nobody)

    async def endless(network: Network) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def ask() -> None:
        asking = asyncio.create_task(line.ask(endless))
        await asyncio.to_thread(begun.wait, 10)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking

    asyncio.run(ask())
    assert ended.wait(10)
    line.close()


def test_closing_ends_what_is_at_work() -> None:
    made = Nobody()
    line = Line(lambda: made)
    begun = threading.Event()

    async def endless(network: Network) -> None:
        begun.set()
        await asyncio.Event().wait()

    future = line.begin(endless)
    assert begun.wait(10)
    line.close()
    line.close()
    assert made.closed.wait(10) and future.cancelled()
    with pytest.raises(RuntimeError):
        line.begin(endless)
