"""The journal: what a kill can't take, and what a loss of power can't."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from pathlib import Path

import pytest

from zkwizard.model.events import Output, PhaseEnded, PhaseStarted, StepEnded
from zkwizard.model.step import Outcome
from zkwizard.store.journal import Journal, read
from zkwizard.store.state import ClusterState, RunFolder


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return ClusterState(tmp_path, "home").new_run()


def started(node: str) -> PhaseStarted:
    return PhaseStarted(at=1.0, phase="names", node=node, sha256="1234")


def test_what_counts_is_there_for_others_at_once(folder: RunFolder) -> None:
    journal = Journal(folder)
    journal(started("node1"))
    assert read(folder).begun == {("names", "node1"): "1234"}
    journal(
        StepEnded(at=2.0, phase="names", node="node1", step="a", outcome=Outcome.CHANGED, seconds=0.1, code=0)
    )
    assert [json.loads(line)["event"] for line in folder.journal.read_text().splitlines()] == [
        "phase-started",
        "step-ended",
    ]
    journal.close()


def test_many_nodes_wait_for_one_and_the_same_disk(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, synced, in_loop = os.fsync, [], threading.get_ident()

    def fsync(descriptor: int) -> None:
        assert threading.get_ident() != in_loop, "the event loop stands still for the disk"
        real(descriptor)
        synced.append(os.fstat(descriptor).st_size)

    monkeypatch.setattr(os, "fsync", fsync)
    journal = Journal(folder)

    async def all_nodes() -> None:
        for number in range(20):
            journal(started(f"node{number}"))
        await asyncio.gather(*(journal.settled() for _ in range(20)))
        assert synced == [folder.journal.stat().st_size], "one fsync, with all that was told before"
        journal(started("late"))
        await journal.settled()
        assert synced[1:] == [folder.journal.stat().st_size]

    asyncio.run(all_nodes())
    monkeypatch.setattr(os, "fsync", real)
    journal.close()


def test_a_disk_that_fails_is_told(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def fsync(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    journal = Journal(folder)
    journal(started("node1"))
    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match="Input/output"):
        asyncio.run(journal.settled())


def test_logs_are_open_only_while_their_phase_is_at_work(folder: RunFolder) -> None:
    """Fifty nodes have more phases than a process may have files open, and each has a buffer."""
    journal = Journal(folder)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for number in range(30):
        phase = f"phase-{number}"
        journal(PhaseStarted(at=1.0, phase=phase, node="node1", sha256="1234"))
        journal(Output(at=2.0, phase=phase, node="node1", step="a", data=b"in time\n"))
        journal(PhaseEnded(at=3.0, phase=phase, node="node1", outcome=Outcome.CHANGED, seconds=1.0))
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    journal(Output(at=4.0, phase="phase-7", node="node1", step="a", data=b"late\n"))
    journal.close()
    assert folder.log("node1", "phase-7").read_bytes() == b"in time\nlate\n"
