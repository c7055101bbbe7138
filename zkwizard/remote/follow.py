"""A job: start it or find it, follow its log to the end, over any number of links.

Standard output of the session is the log, and a mark where that ends, so a byte's place is counted, never
marked; words about the job are on standard error. Every two seconds the node is asked whether it is there:
what it answers (or prints) is the sign of life. asyncssh's keepalive declares a silent link lost.
"""

from __future__ import annotations

import asyncio
import secrets
import shlex
import time
from collections.abc import Sequence
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
from zkwizard.model.text import T, Words
from zkwizard.remote.record import parse_claim
from zkwizard.remote.scripts import file_name, message, one_line, script, sharing
from zkwizard.remote.talk import EndMark, Talk
from zkwizard.remote.train import Held, Train

if TYPE_CHECKING:
    from zkwizard.remote.channel import Channel
    from zkwizard.remote.connection import SshConnection


class Follower:
    """One job, from its start to its end. ``watched`` is its id where somebody else started it."""

    def __init__(
        self,
        connection: SshConnection,
        job: Job,
        sink: JobSink,
        offset: int,
        *,
        watched: str = "",
        ahead: Sequence[Job] = (),
    ) -> None:
        self._connection = connection
        self._job = job
        self._ahead = ahead
        """Jobs that the node may go on with by itself: sent along with the first message, once."""
        self._sink = sink
        self._offset = offset
        self._watched = watched
        self._id = watched or secrets.token_hex(16)
        self._end = EndMark(job.nonce)
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
                    words = T("{message}; the job goes on there", message=error.said)
                    raise ContactLost(error.node, words) from error
                raise
            except ConnectionFailed as error:
                if not reached and not self._trouble:
                    raise
                await self._pause(error.said)
            else:
                if end:
                    return end

    async def _session(self) -> JobEnd | None:
        """Follow over one session; None when another one is needed at once."""
        train = self._connection.trains.pop(self._job.phase, None)
        if train:
            talk = train.board(self._job.phase, self._sink)
            self._end = talk.end
        else:
            train, talk = await self._departure()
        try:
            await self._listen(train.channel, talk)
        finally:
            self._offset = talk.offset
            talk.leave = True
            train.alight(talk)
        if train.began_with is not talk and not talk.taken and not talk.how:
            return None  # the node did not go on with it: now it is started
        return self._outcome(train.channel, talk)

    async def _departure(self) -> tuple[Train, Talk]:
        """A new session, with the message sent."""
        pool = await self._connection.pool()
        channel = await self._connection.session(pool)
        if self._trouble:
            self._tell_back()
        talk = Talk(secrets.token_hex(8), self._sink, self._offset, self._end)
        later = {job.phase: Talk(secrets.token_hex(8), Held(), 0, EndMark(job.nonce)) for job in self._ahead}
        train = Train(channel, pool, talk, later, self._connection.trains)
        channel.run(train, self._message(train))
        pool.give_way(channel, train.make_way)
        self._ahead = ()
        return train, talk

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
            ended = talk.how == "ended" and talk.status == self._end.status
            return JobEnd(End.ENDED, talk.status) if ended else JobEnd(End.GONE, None)
        if not talk.over or talk.how:
            return None
        if not self._there and channel.status is not None:
            self._connection.must_be_root(channel)
            said = talk.said.decode(errors="replace").strip()
            raise JobNotStarted(
                T(
                    "{node}: the node could not take the job ({status}): {said}",
                    node=self._connection.node,
                    status=channel.status,
                    said=said or T("no word why"),
                )
            )
        self._troubled("lost", talk.heard)
        raise ConnectionFailed(self._connection.node, T("the link was lost"))

    def _message(self, train: Train) -> bytes:
        """Start and follow in one message, or only follow a job that is known to be there."""
        job = self._job
        given: dict[str, str | int] = {
            "nonce": train.began_with.nonce,
            "home": self._connection.home,
            "run": file_name(job.run),
            "phase": file_name(job.phase),
            "offset": self._offset,
        }
        if self._watched:
            return message(script("node", "watch", "follow", **given, id=self._id))
        if self._there:
            return message(script("node", "follow", **given))
        text = script(
            "node", "hold", **given, chain=self._id if self._ahead else "",
            cluster=one_line(job.cluster), operator=one_line(job.operator),
            restart="yes" if job.restart else "", take_over="yes" if job.take_over else "",
        )  # fmt: skip
        text += f"start_job() {{\n{script('start')}}}\nfollow_job() {{\n{script('follow')}}}\n"
        shared, programs = sharing([job.program, *(later.program for later in self._ahead)])
        text += shared + _one(job, self._id, programs[0])
        for later, talk, program in zip(self._ahead, train.later, programs[1:], strict=True):
            text += '[ "$how$status" = ended0 ] || exit 0\n'
            text += f"nonce={talk.nonce} phase={file_name(later.phase)} offset=0 restart=\n"
            text += _one(later, secrets.token_hex(16), program)
        return message(text)

    def _refusal(self, talk: Talk) -> JobRefused:
        """Who holds the node, in words."""
        node, claim = self._connection.node, parse_claim([*talk.holder, *[""] * 6])
        assert claim
        words = {
            "busy": T(
                "{node}: the former job was killed, but its package manager is still at work: wait for it",
                node=node,
            ),
            "overlap": T(
                "{node}: this run is at work there in phase {phase}: phases don't overlap on a node",
                node=node,
                phase=claim.phase,
            ),
        }
        return JobRefused(words.get(talk.refused) or claim.refusal(node))

    def _tell_silence(self, talk: Talk) -> None:
        seconds = time.monotonic() - talk.heard
        if seconds >= self._connection.timing.silent:
            self._troubled("silent", talk.heard)
            words = T("no answer for {seconds} s; the job goes on there", seconds=f"{seconds:.0f}")
            self._sink.link("silent", seconds, words)

    def _hear(self, talk: Talk) -> None:
        """Note the signs of life."""
        if self._there:
            self._failures = 0
        self._heard, before = talk.heard, self._heard
        if self._trouble and talk.heard > before:
            self._tell_back()

    def _tell_back(self) -> None:
        self._sink.link("back", time.monotonic() - self._silent_since, T("the link is back"))
        self._trouble = ""

    def _troubled(self, state: str, since: float) -> None:
        """The link is silent or lost, ``since`` the first time that it was."""
        if not self._trouble:
            self._silent_since = since
        self._trouble = state

    async def _pause(self, message: Words) -> None:
        """Say that the link is lost, and wait before the next attempt; raises ContactLost after the last."""
        timing = self._connection.timing
        self._troubled("lost", self._heard)
        seconds = time.monotonic() - self._silent_since
        left = timing.patience - seconds
        if left <= 0:
            lost = T(
                "no contact for {time} ({message}); what is at work there goes on",
                time=duration(timing.patience),
                message=message,
            )
            raise ContactLost(self._connection.node, lost)
        pause = min(timing.backoff * 2**self._failures, timing.backoff_most, left)
        self._failures += 1
        until = time.strftime("%H:%M:%S", time.localtime(time.time() + left))
        words = T(
            "{message}; the job goes on there; next attempt in {seconds} s, given up at {until}",
            message=message,
            seconds=f"{pause:.1f}",
            until=until,
        )
        self._sink.link("lost", seconds, words)
        await asyncio.sleep(pause)


def _one(job: Job, id_: str, program: str) -> str:
    """Shell text that starts a job and follows it; ``program`` is the word that gives its program.

    Secrets are words of the shell's own ``printf``, which has no argument list that others could see.
    """
    stores = (
        f"  store secrets/{file_name(name)} {shlex.quote(secret.reveal())}\n"
        for name, secret in job.secrets.items()
    )
    given = script(id=id_, mark=file_name(job.nonce), sealed="yes" if job.secrets else "")
    return f"{given}program={program}\nkeep_secrets() {{\n  :\n{''.join(stores)}}}\nstart_job\nfollow_job\n"
