"""A job: start it or find it, follow its log to the end, over any number of links.

Standard output of the session is the log and nothing else, so a byte's place is counted, never marked; words
about the job are on standard error. Every two seconds the node is asked whether it is there: what it answers
(or prints) is the sign of life. asyncssh's keepalive declares a silent link lost.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import TYPE_CHECKING

from zkwizard.model.duration import duration
from zkwizard.model.errors import (
    ConnectionFailed,
    ContactLost,
    HostKeyRejected,
    JobNotStarted,
    JobRefused,
)
from zkwizard.model.ports import End, Job, JobEnd, JobSink
from zkwizard.remote.record import parse_claim
from zkwizard.remote.scripts import file_name, message, one_line, script
from zkwizard.remote.talk import Talk

if TYPE_CHECKING:
    from zkwizard.remote.channel import Channel
    from zkwizard.remote.connection import SshConnection


class Follower:
    """One job, from its start to its end. ``watched`` is its id where somebody else started it."""

    def __init__(
        self, connection: SshConnection, job: Job, sink: JobSink, offset: int, *, watched: str = ""
    ) -> None:
        self._connection = connection
        self._job = job
        self._sink = sink
        self._offset = offset
        self._watched = watched
        self._id = watched or secrets.token_hex(16)
        self._there = bool(watched)
        """Whether the node said that it has the job: from then on it is not sent again."""
        self._trouble = ""
        """What the sink was last told of the link: silent, lost, or nothing."""
        self._heard = self._silent_since = time.monotonic()
        self._failures = 0

    async def follow(self) -> JobEnd:
        """The job's end. Raises JobRefused, JobNotStarted, ContactLost, and ConnectionFailed if the node was
        never reached.
        """
        while True:
            reached = self._there
            try:
                end = await self._session()
            except HostKeyRejected as error:
                if reached or self._trouble:
                    raise ContactLost(error.node, f"{error.message}; the job goes on there") from error
                raise
            except ConnectionFailed as error:
                if not reached and not self._trouble:
                    raise
                await self._pause(error.message)
            else:
                if end:
                    return end

    async def _session(self) -> JobEnd | None:
        """Follow over one session; None when another one is needed at once."""
        pool = await self._connection.pool()
        channel = await self._connection.session(pool)
        if self._trouble:
            self._tell_back()
        talk = Talk(secrets.token_hex(8), self._sink, self._offset)
        try:
            channel.run(talk, self._message(talk))
            pool.give_way(channel, talk.make_way)
            await self._listen(channel, talk)
        finally:
            self._offset = talk.offset
            talk.leave = True
            pool.release(channel)
        return self._outcome(channel, talk)

    async def _listen(self, channel: Channel, talk: Talk) -> None:
        """Until the job ended, the session did, or others need it."""
        timing = self._connection.timing
        while True:
            self._there = self._there or talk.taken
            if talk.complete or talk.over or talk.leave:
                return
            self._hear(talk)
            talk.news.clear()
            try:
                async with asyncio.timeout(timing.beat):
                    await talk.news.wait()
            except TimeoutError:
                channel.line()
                self._tell_silence(talk)

    def _outcome(self, channel: Channel, talk: Talk) -> JobEnd | None:
        if channel.failure:
            raise channel.failure
        if talk.how == "end":
            raise self._refusal(talk)
        if talk.complete:
            return JobEnd(End.ENDED, talk.status) if talk.how == "ended" else JobEnd(End.GONE, None)
        if not talk.over or talk.how:
            return None
        if not self._there and channel.status is not None:
            self._connection.must_be_root(channel)
            said = talk.said.decode(errors="replace").strip()
            words = f"the node could not take the job ({channel.status}): {said or 'no word why'}"
            raise JobNotStarted(f"{self._connection.node}: {words}")
        self._troubled("lost", talk.heard)
        raise ConnectionFailed(self._connection.node, "the link was lost")

    def _message(self, talk: Talk) -> bytes:
        """Start and follow in one message, or only follow a job that is known to be there."""
        job = self._job
        given: dict[str, str | int] = {
            "nonce": talk.nonce,
            "home": self._connection.home,
            "run": file_name(job.run),
            "phase": file_name(job.phase),
            "offset": self._offset,
        }
        if self._watched:
            return message(script("node", "watch", "follow", **given, id=self._id))
        if self._there:
            return message(script("node", "follow", **given))
        program = job.program.encode()
        values = {file_name(name): secret.reveal().encode() for name, secret in job.secrets.items()}
        text = script(
            "node", "hold", "start", "follow", **given, id=self._id, mark=file_name(job.nonce),
            cluster=one_line(job.cluster), operator=one_line(job.operator), program_bytes=len(program),
            secrets=" ".join(f"{name}:{len(value)}" for name, value in values.items()),
            restart="yes" if job.restart else "", take_over="yes" if job.take_over else "",
        )  # fmt: skip
        return message(text, program, *values.values())

    def _refusal(self, talk: Talk) -> JobRefused:
        """Who holds the node, in words."""
        node, claim = self._connection.node, parse_claim([*talk.holder, *[""] * 6])
        assert claim
        words = {
            "busy": "the former job was killed, but its package manager is still at work: wait for it",
            "overlap": f"this run is at work there in phase {claim.phase}: phases don't overlap on a node",
        }
        return JobRefused(f"{node}: {words[talk.refused]}" if talk.refused in words else claim.refusal(node))

    def _tell_silence(self, talk: Talk) -> None:
        seconds = time.monotonic() - talk.heard
        if seconds >= self._connection.timing.silent:
            self._troubled("silent", talk.heard)
            self._sink.link("silent", seconds, f"no answer for {seconds:.0f} s; the job goes on there")

    def _hear(self, talk: Talk) -> None:
        """Note the signs of life."""
        if self._there:
            self._failures = 0
        self._heard, before = talk.heard, self._heard
        if self._trouble and talk.heard > before:
            self._tell_back()

    def _tell_back(self) -> None:
        self._sink.link("back", time.monotonic() - self._silent_since, "the link is back")
        self._trouble = ""

    def _troubled(self, state: str, since: float) -> None:
        """The link is silent or lost, ``since`` the first time that it was."""
        if not self._trouble:
            self._silent_since = since
        self._trouble = state

    async def _pause(self, message: str) -> None:
        """Say that the link is lost, and wait before the next attempt; raises ContactLost after the last."""
        timing = self._connection.timing
        self._troubled("lost", self._heard)
        seconds = time.monotonic() - self._silent_since
        left = timing.patience - seconds
        if left <= 0:
            raise ContactLost(
                self._connection.node,
                f"no contact for {duration(timing.patience)} ({message}); what is at work there goes on",
            )
        pause = min(timing.backoff * 2**self._failures, timing.backoff_most, left)
        self._failures += 1
        until = time.strftime("%H:%M:%S", time.localtime(time.time() + left))
        words = f"{message}; the job goes on there; next attempt in {pause:.1f} s, given up at {until}"
        self._sink.link("lost", seconds, words)
        await asyncio.sleep(pause)
