"""One session on a connection: a shell that becomes root and then takes one script.

Bytes are handed on in asyncssh's own callbacks: nothing is buffered, and a slow receiver slows the node down
through the window. Facts: a session costs two round trips, entering one more; a session that is open and root
costs none, so some are opened ahead (``pool``).
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from typing import Protocol

import asyncssh

from zkwizard.remote.scripts import READER, message, script

_NOISE = 1 << 20
"""Bytes of a login shell's own output before the channel is given up."""


class Receiver(Protocol):
    """What a script prints. Called in the event loop; must not block."""

    def out(self, data: bytes) -> None:
        """Standard output."""

    def err(self, data: bytes) -> None:
        """Standard error."""

    def closed(self) -> None:
        """The session is over."""


class _Entry:
    """Both streams until root's shell is ready: finds the answers among what a login shell printed."""

    def __init__(self, nonce: str) -> None:
        self.mark = f"\x1e{nonce} ".encode()
        self.streams = {False: bytearray(), True: bytearray()}

    def feed(self, err: bool, data: bytes) -> None:
        self.streams[err] += data

    def words(self) -> list[str]:
        """The answers so far on standard output."""
        found = bytes(self.streams[False]).split(self.mark)[1:]
        return [part.split(b"\n")[0].decode() for part in found if b"\n" in part]

    def rests(self) -> tuple[bytes, bytes] | None:
        """What came after the ready mark, once both streams had it."""
        ready = self.mark + b"ready\n"
        parts = [bytes(self.streams[err]).partition(ready) for err in (False, True)]
        return (parts[0][2], parts[1][2]) if all(part[1] for part in parts) else None

    def said(self) -> str:
        """Standard error, and what stands on the other stream before the first answer: the reason when
        entering fails. Shells that let nobody in speak on either.
        """
        spoken = bytes(self.streams[True]), bytes(self.streams[False]).partition(self.mark)[0]
        return "\n".join(text for each in spoken if (text := each.decode(errors="replace").strip()))


class Channel(asyncssh.SSHClientSession[bytes]):
    """A session. ``open``, then ``enter`` steps, then ``run`` once, then ``close``."""

    def __init__(self) -> None:
        self._entry: _Entry | None = _Entry(secrets.token_hex(8))
        self._nonce = self._entry.mark[1:-1].decode()
        self._receiver: Receiver | None = None
        self._channel: asyncssh.SSHClientChannel[bytes] | None = None
        self._news = asyncio.Event()
        self.status: int | None = None
        self.ended = asyncio.Event()
        self.failure: BaseException | None = None

    @classmethod
    async def open(cls, link: asyncssh.SSHClientConnection) -> Channel:
        """A new session; raises asyncssh.ChannelOpenError when the node allows no more of them."""
        _, session = await link.create_session(cls, READER, encoding=None)
        assert isinstance(session, cls)
        session._send(message(script("enter", nonce=session._nonce)))
        return session

    # What asyncssh calls.

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        self._channel = chan

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        err = datatype == asyncssh.EXTENDED_DATA_STDERR
        if self._entry:
            self._entry.feed(err, data)
            if len(self._entry.streams[err]) > _NOISE:
                self.close()
            self._hand_over()
            self._news.set()
        elif self._receiver:
            self._deliver(err, data)

    def exit_status_received(self, status: int) -> None:
        self.status = status

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended.set()
        self._news.set()
        if self._receiver:
            self._receiver.closed()

    # What this package calls.

    async def answer(self, known: int) -> str | None:
        """The entry's answer after ``known`` ones: ready, password, no-sudo, sorry, or None when it ended.

        That sudo is being asked is none.
        """
        assert self._entry
        while True:
            self._news.clear()
            if self._entry.rests() is not None:
                return "ready"
            said = self._entry.said()
            heard = self._entry.words() + ["sorry"] * said.count("Sorry, try again")
            heard = [word for word in heard if word not in ("ready", "sudo")]
            if len(heard) > known:
                return heard[known]
            if self.ended.is_set():
                return None
            await self._news.wait()

    def password(self, value: str) -> None:
        """Sudo's password: exactly the next line that it reads."""
        self._send(value.encode() + b"\n")

    @property
    def said(self) -> str:
        """What came while entering, apart from the answers."""
        return self._entry.said() if self._entry else ""

    @property
    def waits_for_sudo(self) -> bool:
        """Whether sudo was asked and has not answered."""
        return self._entry is not None and self._entry.words() == ["sudo"]

    @property
    def entered(self) -> bool:
        """Whether root's shell took the script."""
        return self._entry is None

    def run(self, receiver: Receiver, data: bytes) -> None:
        """Send a message; what the script prints goes to ``receiver``.

        May be called before root's shell is ready where nothing has to be asked for: the message waits on the
        node then, and a round trip is saved.
        """
        self._receiver = receiver
        self._hand_over()
        if self.ended.is_set():
            receiver.closed()
        self._send(data)

    def line(self) -> None:
        """Send an empty line, which a following script answers."""
        self._send(b"\n")

    def close(self) -> None:
        """Close the session. Scripts end by it, jobs do not."""
        if self._channel:
            self._channel.close()

    @property
    def usable(self) -> bool:
        """Whether it can still take a script."""
        return not self.ended.is_set()

    def _hand_over(self) -> None:
        """Once root's shell is ready, what comes after its mark is the receiver's."""
        rests = self._entry.rests() if self._entry and self._receiver else None
        if rests is None:
            return
        self._entry = None
        for err, rest in enumerate(rests):
            if rest:
                self._deliver(bool(err), rest)

    def _send(self, data: bytes) -> None:
        if self._channel and not self.ended.is_set():
            with contextlib.suppress(OSError):  # closing already: ``ended`` follows
                self._channel.write(data)

    def _deliver(self, err: bool, data: bytes) -> None:
        """Hand on; a receiver's own failure ends this session, not the connection of the node."""
        assert self._receiver
        if self.failure:
            return
        try:
            (self._receiver.err if err else self._receiver.out)(data)
        except Exception as failure:
            self.failure = failure
            self.close()
