"""Real nodes for the tests of ``remote``."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from tests import coroutines
from tests.missing import or_skip
from tests.remote.operator import Operator, network
from tests.sshd.farm import TestNode, farm
from zkwizard.model.ports import Connection

Connect = Callable[..., AbstractAsyncContextManager[Connection]]


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Also tests that are coroutines, a minute at most."""
    return coroutines.run(pyfuncitem, 60)


@pytest.fixture(scope="session")
def nodes() -> Iterator[list[TestNode]]:
    """Three ordinary nodes, shared by all tests."""
    with or_skip(), farm(3) as started:
        yield started


@pytest.fixture
def special() -> Iterator[Callable[..., TestNode]]:
    """A node with options of its own."""
    with contextlib.ExitStack() as stack:

        def start(**options: Any) -> TestNode:
            with or_skip():
                (node,) = stack.enter_context(farm(**options))
            return node

        yield start


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
