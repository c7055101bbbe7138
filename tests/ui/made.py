"""A finished practice cluster that all tests of a file share, and the screens opened on it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.practice.commands import Place
from tests.ui.look import Seen, opened

MAKING = 270.0
"""Seconds in which a practice cluster is made, on a busy machine, too."""


def made_cluster(folder: Path) -> Iterator[Place]:
    """A place with a cluster in it; its nodes are ended afterwards. Skips where there can be no nodes."""
    place = Place(folder / "state")
    ended = place.begin("demo").ended(MAKING)
    if "practice nodes need Linux namespaces" in ended.err:
        pytest.skip(ended.err.strip())
    assert ended.code == 0, ended.err
    yield place
    place.stop()


def use(made: Place, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The screens of this test see that cluster's state; the working folder is the test's own."""
    for name in [name for name in os.environ if name.startswith(("ZKWIZARD", "SSH_"))]:
        monkeypatch.delenv(name)
    for name in ("HOME", "ZKWIZARD_STATE"):
        monkeypatch.setenv(name, made.variables[name])
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.chdir(folder)
    return folder


@asynccontextmanager
async def looking(made: Place, *, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Seen]:
    """Troubleshoot, when nodes and pods are there."""
    async with opened(size=size) as seen:
        seen.app.troubleshoot(made.file)
        await seen.until(lambda: "pods," in seen.text or "no pods to be seen" in seen.text)
        yield seen
