"""The engine's thread beside a terminal that does not read."""

from __future__ import annotations

import threading
import tracemalloc
from typing import Any

from zkwizard.engine.background import Background, Emit, Register
from zkwizard.model.events import Event, Notice, Output, StepBegan


def _output(data: bytes) -> Output:
    return Output(at=0.0, phase="names", node="n1", step="hosts", data=data)


def _made(emitted: list[Event]) -> Background[str]:
    async def work(emit: Emit, register: Register) -> str:
        for event in emitted:
            emit(event)
        return "done"

    background = Background(work)
    background.start()
    assert background.result() == "done"
    return background


def _all(background: Background[Any]) -> list[Event]:
    seen = []
    while background.alive:
        seen += background.events(wait=0)
    return seen


def test_events_come_in_order() -> None:
    emitted: list[Event] = [_output(b"%d\n" % number) for number in range(1000)]
    assert _all(_made(emitted)) == emitted


def test_a_batch_takes_no_longer_than_a_key_waits_and_nothing_is_lost() -> None:
    """Whatever comes: much output in large pieces or small ones, or thousands of steps at once."""
    emitted: list[Event] = [_output(b"x" * 10_000) for _ in range(300)]
    emitted += [_output(b"%d\n" % number) for number in range(3000)]
    emitted += [StepBegan(at=0.0, phase="names", node="n1", step=str(number)) for number in range(3000)]
    background, seen = _made(emitted), list[Event]()
    while batch := background.events(wait=0):
        assert len(batch) <= 600
        assert sum(len(event.data) for event in batch if isinstance(event, Output)) <= 280_000
        seen += batch
    assert seen == emitted


def test_nobody_reads_and_memory_stays_bounded() -> None:
    """Output is in the log files already; what happened is told all the same, and that output is missing."""
    went_on = threading.Event()

    async def work(emit: Emit, register: Register) -> None:
        for number in range(200):
            emit(_output(bytes(1_000_000)))
            emit(StepBegan(at=0.0, phase="names", node="n1", step=str(number)))
        went_on.set()

    tracemalloc.start()
    background = Background(work)
    background.start()
    assert went_on.wait(60)
    background.result()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50_000_000
    seen = _all(background)
    assert [e.step for e in seen if isinstance(e, StepBegan)] == [str(number) for number in range(200)]
    shown = sum(len(e.data) for e in seen if isinstance(e, Output))
    notes = [str(e.text) for e in seen if isinstance(e, Notice)]
    assert len(notes) == 1
    assert f"{(200_000_000 - shown) / 1e6:.0f} MB of output" in notes[0]
    assert "log" in notes[0]


def test_what_comes_after_the_gap_is_shown_again() -> None:
    turn, read = threading.Event(), threading.Event()

    async def work(emit: Emit, register: Register) -> None:
        for _ in range(100):
            emit(_output(bytes(1_000_000)))
        turn.set()
        assert read.wait(60)
        emit(_output(b"again\n"))

    background = Background(work)
    background.start()
    assert turn.wait(60)
    shown = 0
    while first := background.events(wait=0):
        assert all(isinstance(event, Output) for event in first)
        assert len(first) == 1, "a screen is drawn between"
        shown += len(first)
    assert 10 < shown < 100
    read.set()
    background.result()
    notice, last = background.events(wait=0)
    assert isinstance(notice, Notice)
    assert isinstance(last, Output) and last.data == b"again\n"
