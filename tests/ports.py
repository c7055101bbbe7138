"""The engine's ports with nothing behind them: a test's own nodes override what the test is about.

Whatever else they are asked is a mistake of the test, and fails it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NoReturn

from zkwizard.model.ports import (
    Claim,
    Completed,
    Connection,
    FoundJob,
    Job,
    JobEnd,
    JobSink,
    Network,
    NodeRecord,
    Prompter,
    StopMode,
    StreamSink,
)
from zkwizard.model.secret import Secret
from zkwizard.model.text import Text


def _unasked(what: str) -> NoReturn:
    raise AssertionError(f"this test's nodes know nothing of {what}")


class Unasked(Connection):
    """A connection that is only opened and closed."""

    def __init__(self, node: str) -> None:
        self.node = node

    async def connect(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def script(self, text: str, *, limit: float = 60.0) -> Completed:
        _unasked("scripts")

    async def stream(self, text: str, sink: StreamSink) -> int:
        _unasked("streams")

    async def job(self, job: Job, sink: JobSink, *, offset: int = 0, ahead: Sequence[Job] = ()) -> JobEnd:
        _unasked("jobs")

    async def take(self, run: str, cluster: str, operator: str, *, take_over: bool = False) -> Claim:
        _unasked("being taken")

    async def claim(self) -> Claim | None:
        _unasked("claims")

    async def record(self, run: str = "", known: Collection[str] = (), *, wait: float = 0.0) -> NodeRecord:
        _unasked("records")

    async def watch(self, run: str, job: FoundJob, sink: JobSink) -> JobEnd:
        _unasked("being watched")

    async def release(self, run: str) -> None:
        _unasked("being given back")

    async def forget(self, run: str) -> None:
        _unasked("forgetting")

    async def stop(self, run: str, mode: StopMode) -> str:
        _unasked("being stopped")


class UnaskedNetwork(Network):
    """A network that is only closed."""

    def connection(self, node: str) -> Connection:
        _unasked("connections")

    def fresh(self, node: str) -> Connection:
        _unasked("further connections")

    async def close(self) -> None:
        pass


class NoAnswers(Prompter):
    """Nobody can be asked."""

    def secret(self, name: str, question: Text) -> Secret | None:
        return None

    def accept_host_key(self, node: str, host: str, fingerprint: str) -> bool:
        return False
