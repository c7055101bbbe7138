"""What keeps a key from waiting while a run has much to tell."""

from __future__ import annotations

import gc
import time
import weakref

import pytest

from zkwizard.model.events import Event, Notice
from zkwizard.model.text import T
from zkwizard.screens.batches import batches
from zkwizard.screens.garbage import spare_what_is_there


class Run:
    """Has so many batches to tell; each is a second of work for who takes it."""

    def __init__(self, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.waiting = [[Notice(at=float(number), text=T("one"))] for number in range(count)]
        monkeypatch.setattr(time, "monotonic", lambda: self.now)

    def events(self, wait: float = 0.0) -> list[Event]:
        return list(self.waiting.pop(0)) if self.waiting else []

    def look(self, seconds: float) -> list[float]:
        seen = []
        for batch in batches(self):
            self.now += seconds
            seen += [event.at for event in batch]
        return seen


def test_a_look_ends_when_it_took_long_and_the_next_one_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(5, monkeypatch)
    assert run.look(0.015) == [0.0, 1.0]
    assert run.look(1.0) == [2.0]
    assert run.look(0.001) == [3.0, 4.0]
    assert run.look(0.001) == []


class _Thing:
    other: _Thing


def test_what_was_there_is_spared_until_the_next_run_begins() -> None:
    thing = _Thing()
    thing.other = thing
    gone = weakref.ref(thing)
    try:
        spare_what_is_there()
        assert gc.get_freeze_count() > 1000
        del thing
        gc.collect()
        assert gone() is not None
        spare_what_is_there()
        assert gone() is None
    finally:
        gc.unfreeze()
