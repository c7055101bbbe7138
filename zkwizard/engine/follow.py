"""Turns the log of one job into events."""

from __future__ import annotations

import time
from collections.abc import Callable

from zkwizard.engine.failures import PhaseFailed, Stopped
from zkwizard.engine.tail import Tail
from zkwizard.model.events import (
    Event,
    LinkChanged,
    Notice,
    Output,
    StepBegan,
    StepEnded,
    StepRetried,
    ValueCaptured,
)
from zkwizard.model.secret import Redactor
from zkwizard.model.step import Outcome
from zkwizard.model.text import T, Words
from zkwizard.steps.markers import Began, Ended, Finished, Item, Lines, MarkerReader, Note, Retried, Value

_STOPPED = 143
"""Status of a program that was told to stop."""


class Follower:
    """The sink of one job: reads its log and emits what it says.

    A ``sealed`` one emits the steps and nothing that a command printed: for who can't redact it.
    """

    def __init__(
        self,
        phase: str,
        node: str,
        nonce: str,
        redactor: Redactor,
        emit: Callable[[Event], None],
        *,
        sealed: bool = False,
    ) -> None:
        self.phase = phase
        self.node = node
        self.status: int | None = None
        """Exit status from the end marker, None before it came."""
        self.changed = 0
        self.failed_step = ""
        self._step = ""
        self._tail = Tail()
        self._held = b""
        """The end of an unfinished piece of an endless line, in which a secret may begin."""
        self._reader = MarkerReader(nonce)
        self._redactor = redactor
        self._emit = emit
        self._sealed = sealed

    def data(self, offset: int, chunk: bytes) -> None:
        """A piece of the log."""
        for item in self._reader.feed(chunk):
            self._take(item, offset)

    def link(self, state: str, seconds: float, message: Words) -> None:
        """The line to the node changed."""
        self._emit(LinkChanged(at=time.time(), node=self.node, state=state, seconds=seconds, message=message))

    def close(self) -> None:
        """The log is over."""
        for item in self._reader.close():
            self._take(item, 0)

    def _output(self, data: bytes, offset: int) -> None:
        """Redact and pass on; of an endless line as much as no secret can be cut in."""
        data = self._held + data
        ready = len(data) if data.endswith(b"\n") else self._redactor.settled(data)
        self._held = data[ready:]
        if ready:
            clean = self._redactor(data[:ready])
            self._tail.take(clean)
            self._emit(
                Output(
                    at=time.time(),
                    phase=self.phase,
                    node=self.node,
                    step=self._step,
                    data=clean,
                    offset=offset,
                )
            )

    def _take(self, item: Item, offset: int) -> None:
        now, phase, node = time.time(), self.phase, self.node
        if self._sealed and isinstance(item, (Lines, Note, Value)):
            return
        if self._held and not isinstance(item, Lines):
            self._output(b"\n", offset)
        match item:
            case Lines(data):
                self._output(data, offset)
            case Began(step):
                self._step = step
                self._tail.clear()
                self._emit(StepBegan(at=now, phase=phase, node=node, step=step))
            case Ended():
                self._ended(item)
            case Retried(step, attempt, code, delay):
                self._tail.clear()
                self._emit(
                    StepRetried(
                        at=now, phase=phase, node=node, step=step, attempt=attempt, code=code, delay=delay
                    )
                )
            case Value(step, name, value):
                clean_value = self._redactor.text(value)
                self._emit(
                    ValueCaptured(at=now, phase=phase, node=node, step=step, name=name, value=clean_value)
                )
            case Note(step, text):
                words = self._redactor.text(text)
                self._emit(Notice(at=now, node=node, text=T("{step}: {words}", step=step, words=words)))
            case Finished(status):
                self.status = status

    def _ended(self, item: Ended) -> None:
        outcome = Outcome(item.how)
        self.changed += outcome is Outcome.CHANGED
        failed = outcome is Outcome.FAILED
        if failed:
            self.failed_step = item.step
        tail = self._tail.lines() if failed else ()
        self._emit(
            StepEnded(
                at=time.time(),
                phase=self.phase,
                node=self.node,
                step=item.step,
                outcome=outcome,
                seconds=item.seconds,
                code=item.code,
                tail=tail,
            )
        )
        self._step = ""


def changed_steps(follower: Follower) -> int:
    """The number of changed steps of a job that ended. Success needs the end marker and status 0.

    Raises Stopped or PhaseFailed.
    """
    if follower.status == _STOPPED:
        raise Stopped
    if follower.status != 0:
        step = follower.failed_step
        status = follower.status
        raise PhaseFailed(
            T("step {step} failed", step=step)
            if step
            else T("the program ended with {status}", status=status)
        )
    return follower.changed
