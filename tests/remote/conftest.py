"""Real nodes for the tests of ``remote``; skipped with a reason where they can't be had."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.remote.operator import Operator, network
from tests.sshd.farm import TestNode, Unavailable, farm
from zkwizard.model.ports import Connection

Connect = Callable[..., AbstractAsyncContextManager[Connection]]


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run tests that are coroutines, each in an event loop of its own, a minute at most."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    given = {name: pyfuncitem.funcargs[name] for name in names}
    asyncio.run(asyncio.wait_for(pyfuncitem.obj(**given), 60))
    return True


@contextlib.contextmanager
def _or_skip(count: int, **options: Any) -> Iterator[list[TestNode]]:
    with contextlib.ExitStack() as stack:
        try:
            started = stack.enter_context(farm(count, **options))
        except Unavailable as missing:
            pytest.skip(str(missing))
        yield started


@pytest.fixture(scope="session")
def nodes() -> Iterator[list[TestNode]]:
    """Three ordinary nodes, shared by all tests."""
    with _or_skip(3) as started:
        yield started


@pytest.fixture
def special() -> Iterator[Callable[..., TestNode]]:
    """A node with options of its own."""
    with contextlib.ExitStack() as stack:
        yield lambda **options: stack.enter_context(_or_skip(1, **options))[0]


@pytest.fixture
def node(nodes: list[TestNode]) -> TestNode:
    """One of the three, as if zkwizard had never been there."""
    nodes[0].clear()
    return nodes[0]


@pytest.fixture
def operator() -> Operator:
    """A person who answers nothing but what a test lets him."""
    return Operator()


@pytest.fixture
def connect(tmp_path: Path, operator: Operator, monkeypatch: pytest.MonkeyPatch) -> Connect:
    """The connection to a node, in a network of its own; closed at the end."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)

    @contextlib.asynccontextmanager
    async def make(node: TestNode, **options: Any) -> AsyncIterator[Connection]:
        net = network([node], tmp_path / "known_hosts", operator, **options)
        try:
            yield net.connection("n1")
        finally:
            await net.close()

    return make
