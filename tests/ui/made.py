"""A finished practice cluster, its nodes, and the screens opened on it; the fixtures are in conftest.py."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.missing import must_have_nodes
from tests.practice.commands import Place
from tests.ui.look import Seen, opened
from zkwizard.demo.practice import Practice, find
from zkwizard.store.state import practice_folder

MAKING = 270.0
"""Seconds in which a practice cluster is made, on a busy machine, too."""


def made_cluster(folder: Path) -> Iterator[Place]:
    """A place with a cluster in it; its nodes are ended afterwards. Skips where there can be no nodes."""
    place = Place(folder / "state")
    ended = place.begin("demo").ended(MAKING)
    must_have_nodes(ended.err)
    assert ended.code == 0, ended.err
    yield place
    place.stop()


def practice_nodes() -> Practice | None:
    """The practice nodes of this test's state folder, if they run."""
    return find(practice_folder() / "nodes")


@asynccontextmanager
async def looking(made: Place, *, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Seen]:
    """Troubleshoot, when nodes and pods are there."""
    async with opened(size=size) as seen:
        seen.app.troubleshoot(made.file)
        await seen.until(lambda: "pods," in seen.text or "no pods to be seen" in seen.text)
        yield seen
