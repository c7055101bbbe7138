"""One node: its connection, made anew when it was lost; scripts, claim and stop. Jobs are in ``follow``."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Collection, Sequence

import asyncssh

from zkwizard.model.errors import ConnectionFailed, JobRefused
from zkwizard.model.ports import (
    Claim,
    Completed,
    FoundJob,
    Job,
    JobEnd,
    JobSink,
    NodeRecord,
    StopMode,
    StreamSink,
)
from zkwizard.model.text import T
from zkwizard.remote.channel import Channel
from zkwizard.remote.follow import Follower
from zkwizard.remote.keys import Questions
from zkwizard.remote.link import Linker, closed
from zkwizard.remote.pool import Pool
from zkwizard.remote.record import parse_claim, parse_record
from zkwizard.remote.run import Collector
from zkwizard.remote.scripts import file_name, message, one_line, script
from zkwizard.remote.stream import Passing
from zkwizard.remote.sudo import Root
from zkwizard.remote.timing import Timing
from zkwizard.remote.train import Train

Tunnel = Callable[[], Awaitable[asyncssh.SSHClientConnection | None]]
"""Gives the connection to the last jump host, if there is one."""

_FAREWELL = 2.0
"""Seconds to wait for the other side when a connection is closed."""

_TIMED_OUT = 124
"""Status of a script that took too long, as timeout(1) has it."""


class SshConnection:
    """Implements ``model.ports.Connection``."""

    def __init__(
        self, linker: Linker, tunnel: Tunnel, questions: Questions, *, home: str, timing: Timing, spares: int
    ) -> None:
        self.node = linker.target.node
        self.home = home
        self.timing = timing
        self._linker = linker
        self._tunnel = tunnel
        self._root = Root(linker, questions, timing.enter)
        self._spares = spares
        self.trains: dict[str, Train] = {}
        """By phase: sessions that start a job by themselves after the one that they follow."""
        self._link: asyncssh.SSHClientConnection | None = None
        self._pool: Pool | None = None
        self._connecting = asyncio.Lock()
        self._failures = 0
        self._failure: ConnectionFailed | None = None

    async def connect(self) -> None:
        """Open the connection and see that root is to be had; does nothing when it is open."""
        pool = await self.pool()
        channel = await self.session(pool)
        pool.give_back(channel)

    async def script(self, text: str, *, limit: float = 60.0) -> Completed:
        """Run a small text as root. After ``limit`` seconds it is ended, and its status is 124."""
        pool = await self.pool()
        channel = await self.session(pool)
        nonce = secrets.token_hex(8)
        collector = Collector(nonce)
        started = time.time()
        try:
            channel.run(collector, message(script("script", nonce=nonce, text=text)))
            status = await self._status(channel, collector, limit)
        finally:
            pool.release(channel)
        out, err = collector.streams
        if status == _TIMED_OUT and collector.status is None:
            err += f"ended: it took longer than {limit:g} s\n".encode()
        return Completed(out, err, status, started, time.time())

    async def stream(self, text: str, sink: StreamSink) -> int:
        """Run a text as root and hand on what it prints while it goes on; without a time limit."""
        pool = await self.pool()
        channel = await self.session(pool)
        nonce = secrets.token_hex(8)
        passing = Passing(nonce, sink)
        try:
            channel.run(passing, message(script("script", nonce=nonce, text=text)))
            await passing.done.wait()
        finally:
            pool.release(channel)
        if channel.failure:
            raise channel.failure
        if passing.status is not None:
            return passing.status
        if channel.status is not None:
            return self._unread(channel)
        raise ConnectionFailed(self.node, T("the connection was lost; start again to follow it further"))

    async def job(self, job: Job, sink: JobSink, *, offset: int = 0, ahead: Sequence[Job] = ()) -> JobEnd:
        """Start the job or attach to it, and follow it to its end over any number of links."""
        return await Follower(self, job, sink, offset, ahead=ahead).follow()

    async def watch(self, run: str, job: FoundJob, sink: JobSink) -> JobEnd:
        """Follow a job that somebody else started, over any number of links; changes nothing on the node."""
        there = Job(run=run, phase=job.phase, program="", nonce=job.nonce, cluster="", operator="")
        return await Follower(self, there, sink, 0, watched=file_name(job.id)).follow()

    async def record(self, run: str = "", known: Collection[str] = (), *, wait: float = 0.0) -> NodeRecord:
        """Who holds the node, and jobs that are new to the reader; waits for news. Changes nothing there."""
        text = self._own("record", run=run, known=" ".join(known), turns=str(round(2 * wait)))
        done = self._good(await self.script(text, limit=2 * wait + 60))
        return parse_record(done.stdout.decode(errors="replace"))

    async def take(self, run: str, cluster: str, operator: str, *, take_over: bool = False) -> Claim:
        """Hold the node for a run. Another run's claim stays, and raises JobRefused."""
        given = {
            "run": file_name(run),
            "cluster": one_line(cluster),
            "operator": one_line(operator),
            "take_over": "yes" if take_over else "",
        }
        done = await self.script(script("node", "hold", "take", home=self.home, **given))
        claim = parse_claim(done.stdout.decode(errors="replace").splitlines())
        if done.status == 75 and claim:
            raise JobRefused(claim.refusal(self.node))
        self._good(done)
        assert claim
        return claim

    async def claim(self) -> Claim | None:
        """Who holds the node, or None."""
        done = self._good(await self.script(self._own("claim")))
        return parse_claim(done.stdout.decode(errors="replace").splitlines()) if done.stdout else None

    async def release(self, run: str) -> None:
        """Give the node back; not while a job of the run is at work. Another run's claim stays."""
        done = await self.script(self._own("release", run=file_name(run)))
        if done.status == 75:
            raise JobRefused(
                T(
                    "{node}: run {run} still has a job at work ({said})",
                    node=self.node,
                    run=run,
                    said=done.stdout.decode().strip(),
                )
            )
        self._good(done)

    async def forget(self, run: str) -> None:
        """Give the node back and remove what zkwizard keeps there of its runs, if no other run is at work."""
        done = await self.script(self._own("forget", run=file_name(run)))
        if done.status == 75:
            said = " ".join(done.stdout.decode(errors="replace").split())
            raise JobRefused(
                T(
                    "{node}: zkwizard's records stay there: a run is at work ({said})",
                    node=self.node,
                    said=said,
                )
            )
        self._good(done)

    async def stop(self, run: str, mode: StopMode) -> str:
        """Stop the run's job. Waits as long as something uninterruptible is at work, an hour at most."""
        limit = 3600.0 if mode is StopMode.NOW else 60.0
        done = self._good(
            await self.script(self._own("stop", run=file_name(run), mode=mode.value), limit=limit)
        )
        return done.stdout.decode(errors="replace").strip()

    async def close(self) -> None:
        """Close the connection; jobs go on."""
        if self._pool:
            self._pool.close()
        if self._link:
            await closed(self._link)
        self._link = self._pool = None

    async def pool(self) -> Pool:
        """The sessions of an open connection; makes the connection where there is none.

        Who waited while another's attempt failed shares that failure: it may have taken long, or a question.
        """
        before = self._failures
        async with self._connecting:
            if self._pool and self._link and not self._link.is_closed():
                return self._pool
            if self._failures > before and self._failure:
                raise self._failure
            if self._pool:
                self._pool.close()
            try:
                link = await self._linker.connect(await self._tunnel())
            except ConnectionFailed as error:
                self._failures, self._failure = self._failures + 1, error
                raise
            self._link, self._pool = link, Pool(lambda: self._root.channel(link), spares=self._spares)
            return self._pool

    async def session(self, pool: Pool) -> Channel:
        """A session of root's; raises ConnectionFailed."""
        try:
            return await pool.acquire()
        except (OSError, asyncssh.Error) as error:
            words = T("no session to be had: {error}", error=str(error))
            raise ConnectionFailed(self.node, words) from error

    def must_be_root(self, channel: Channel) -> None:
        """Raises ConnectionFailed for a session that ended before a shell of root's took its script."""
        if not channel.entered:
            raise self._root.refusal(channel)

    async def _status(self, channel: Channel, collector: Collector, limit: float) -> int:
        try:
            async with asyncio.timeout(limit):
                await collector.done.wait()
        except TimeoutError:
            if not channel.entered:
                raise self._root.no_shell(channel, limit) from None
            return _TIMED_OUT
        if collector.status is not None:
            return collector.status
        if channel.status is not None:
            return self._unread(channel)
        raise ConnectionFailed(
            self.node,
            T("the connection was lost while a script ran; whether it ended is not known. Try again"),
        )

    def _unread(self, channel: Channel) -> int:
        """The status of a script that the shell could not even read."""
        self.must_be_root(channel)
        return channel.status or 2

    def _own(self, name: str, **given: str) -> str:
        """One of this package's own scripts."""
        return script("node", name, home=self.home, **given)

    def _good(self, done: Completed) -> Completed:
        if done.status:
            said = (done.stderr or done.stdout).decode(errors="replace").strip()
            raise ConnectionFailed(
                self.node,
                T(
                    "zkwizard's own script failed there ({status}): {said}",
                    status=done.status,
                    said=said[-300:],
                ),
            )
        return done
