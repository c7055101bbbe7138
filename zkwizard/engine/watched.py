"""One node of a run that somebody else started: its jobs, followed one after the other; nothing is changed.

A reader has a login and the cluster file, and no values to redact with. So what a job prints is emitted only
where the node says that it was given no secret; of all other jobs the steps are.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from zkwizard.engine.failures import PhaseFailed, Stopped
from zkwizard.engine.follow import Follower, changed_steps
from zkwizard.model.duration import duration
from zkwizard.model.errors import ConnectionFailed, ContactLost, HostKeyRejected
from zkwizard.model.events import Event, LinkChanged, Notice, Output, PhaseEnded, PhaseStarted
from zkwizard.model.ports import Connection, End, FoundJob, NodeRecord
from zkwizard.model.secret import Redactor
from zkwizard.model.step import Outcome
from zkwizard.model.text import T, Text, Words

_NEWS = 20.0
"""Seconds that a node holds an answer back while there is nothing new."""
_RECENT = 4096
"""Bytes of output from before the following that are shown all the same."""


class WatchedNode:
    """What is known of one node, and the following of it."""

    def __init__(
        self, connection: Connection, redactor: Redactor, emit: Callable[[Event], None], patience: float
    ) -> None:
        self.run = ""
        """The followed run that holds it, empty when none does."""
        self.at_work = False
        self.outcomes: dict[str, Outcome] = {}
        """How each phase ended, its last attempt."""
        self._jobs: list[str] = []
        """Ids of jobs that were followed, or were over before."""
        self._connection = connection
        self._redactor = redactor
        self._emit = emit
        self._patience = patience

    @property
    def name(self) -> str:
        """The node's name."""
        return self._connection.node

    def pass_over(self, record: NodeRecord) -> None:
        """What was over before is named, and not told again."""
        over = [job for job in record.jobs if not job.alive]
        self._jobs += [job.id for job in over]
        if over:
            self.notice(T("over before: {phases}", phases=", ".join(job.phase for job in over)))

    async def jobs(self, run: str, record: NodeRecord) -> None:
        """Follow those that are new, to their ends. Raises ContactLost."""
        for job in record.jobs:
            if job.id not in self._jobs:
                self._jobs.append(job.id)
                await self._job(run, job)

    async def news(self) -> NodeRecord:
        """What is new here, or the same after a while, over any number of connections. Raises ContactLost."""
        lost_at, pause = 0.0, 1.0
        while True:
            try:
                record = await self._connection.record(self.run, self._jobs, wait=_NEWS)
            except HostKeyRejected:
                raise
            except ConnectionFailed as error:
                lost_at = lost_at or time.monotonic()
                seconds = time.monotonic() - lost_at
                if seconds >= self._patience:
                    raise ContactLost(self.name, f"no contact for {duration(self._patience)}") from error
                self._link("lost", seconds, error.said)
                pause = min(2 * pause, 30.0, self._patience - seconds)
                await asyncio.sleep(pause)
            else:
                if lost_at:
                    self._link("back", time.monotonic() - lost_at, "the link is back")
                return record

    def notice(self, text: Text) -> None:
        """Something worth a line about this node."""
        self._emit(Notice(at=time.time(), node=self.name, text=text))

    async def _job(self, run: str, job: FoundJob) -> None:
        began = time.time() - job.age
        self._emit(
            PhaseStarted(at=began, phase=job.phase, node=self.name, steps=job.steps, sha256=job.sha256)
        )
        if not job.open:
            self.notice(T("what phase {phase} prints is not shown: secrets are at hand", phase=job.phase))

        def recent(event: Event) -> None:
            if not isinstance(event, Output) or event.offset + len(event.data) + _RECENT >= job.size:
                self._emit(event)

        follower = Follower(job.phase, self.name, job.nonce, self._redactor, recent, sealed=not job.open)
        self.at_work = True
        try:
            end = await self._connection.watch(run, job, follower)
            follower.close()
        finally:
            self.at_work = False
        self._ended(follower, end.end, began)

    def _ended(self, follower: Follower, end: End, began: float) -> None:
        outcome = Outcome.FAILED
        reason: Words = ""
        try:
            if end is End.GONE:
                raise PhaseFailed(T("the job is gone from the node: it was killed, or the node rebooted"))
            outcome = Outcome.CHANGED if changed_steps(follower) else Outcome.UNCHANGED
        except Stopped:
            outcome, reason = Outcome.STOPPED, T("stopped")
        except PhaseFailed as error:
            reason = error.words
        self.outcomes[follower.phase] = outcome
        now = time.time()
        self._emit(
            PhaseEnded(
                at=now,
                phase=follower.phase,
                node=self.name,
                outcome=outcome,
                seconds=now - began,
                changed=follower.changed,
                reason=reason,
            )
        )

    def _link(self, state: str, seconds: float, message: Words) -> None:
        now = time.time()
        self._emit(LinkChanged(at=now, node=self.name, state=state, seconds=seconds, message=message))
