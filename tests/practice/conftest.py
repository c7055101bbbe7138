"""State folders whose practice nodes are always ended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.practice.commands import Place


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A fresh one for a single test."""
    place = Place(tmp_path / "state")
    yield place
    place.stop()


@pytest.fixture
def second(tmp_path: Path) -> Place:
    """Somebody else: a state folder of his own, no passwords, nothing but the cluster file and a login."""
    return Place(tmp_path / "second")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One for all tests of a file."""
    place = Place(tmp_path_factory.mktemp("shared") / "state")
    yield place
    place.stop()


@pytest.fixture(scope="module")
def made(shared: Place) -> Place:
    """The same with a finished cluster in it."""
    ended = shared.run("demo", "--json")
    assert ended.code == 0, ended.err
    return shared
