"""Becoming root on a fresh session: the login is root, or sudo without a password, or with one.

Facts (Debian 12): ``sudo -k -S -p ''`` takes exactly the first line of standard input, and asks for another
after a wrong password, two seconds later. Without a password rule it reads nothing (``enter.sh``).
"""

from __future__ import annotations

import asyncio

import asyncssh

from zkwizard.model.errors import ConnectionFailed
from zkwizard.model.secret import Secret
from zkwizard.remote.channel import Channel
from zkwizard.remote.keys import Questions
from zkwizard.remote.link import Linker

_NOT_ALLOWED = "{user} may not use sudo: add it to the group sudo (or wheel), or log in as root"
_CAUSES = {
    "not in the sudoers file": _NOT_ALLOWED,
    "is not allowed to": "{user} may use sudo only for some commands: zkwizard needs all, or log in as root",
    "may not run sudo": _NOT_ALLOWED,
    "must have a tty": "sudo insists on a terminal: remove requiretty from /etc/sudoers",
    "password is required": "sudo wants a password and could not read it",
    "account validation failure": "sudo refuses {user}: the account or its password has expired",
}


class Root:
    """Opens sessions of one node that are root's, and keeps the sudo password that worked."""

    def __init__(self, linker: Linker, questions: Questions, limit: float) -> None:
        self._linker = linker
        self._questions = questions
        self._limit = limit
        self._worked: Secret | None = None
        self._first = asyncio.Lock()

    async def channel(self, link: asyncssh.SSHClientConnection) -> Channel:
        """A session ready for a script. ConnectionFailed says why root is not to be had.

        A login as root needs no answers, so its script may be sent at once.
        """
        try:
            channel = await Channel.open(link)
        except asyncssh.ChannelOpenError as error:
            if link.is_closed():  # asyncssh says it in the same way as a node that allows no more sessions
                raise ConnectionError(error.reason) from error
            raise
        if self._linker.target.user == "root":
            return channel
        try:
            await self._enter(channel)
        except BaseException:
            channel.close()
            raise
        return channel

    async def _enter(self, channel: Channel) -> None:
        match await self._answer(channel, 0):
            case "ready":
                return
            case "password":
                await self._with_password(channel)
            case "no-sudo":
                raise self._failed(
                    "there is no sudo for {user}: log in as root, or install sudo (su is not supported)"
                )
            case _:
                raise self._refusal(channel)

    async def _with_password(self, channel: Channel) -> None:
        """Give the password that worked, or the SSH password, or the one that a person gives."""
        if self._worked:
            return await self._try(channel, [self._worked])
        async with self._first:  # one wrong password is enough, not one for each session
            candidates = [self._worked] if self._worked else [self._linker.password]
            await self._try(channel, [secret for secret in candidates if secret])

    async def _try(self, channel: Channel, candidates: list[Secret]) -> None:
        for known in range(1, 4):
            asked = not candidates
            password = await self._ask() if asked else candidates.pop()
            channel.password(password.reveal())
            match await self._answer(channel, known):
                case "ready":
                    self._worked = password
                    return
                case "sorry" if not asked:
                    continue
                case "sorry":
                    self._questions.forget(self._name)
                    raise self._failed("the sudo password of {user} is wrong")
                case _:
                    raise self._refusal(channel)
        raise self._refusal(channel)

    async def _ask(self) -> Secret:
        user, node = self._linker.target.user, self._linker.target.node
        password = await self._questions.secret(self._name, f"sudo password of {user} on {node}")
        if password is None:
            raise self._failed(
                "sudo asks {user} for a password and nobody can be asked for it: give it in the environment "
                "or the keyring, log in as root, or allow NOPASSWD"
            )
        return password

    @property
    def _name(self) -> str:
        return f"sudo-password-{self._linker.target.node}"

    async def _answer(self, channel: Channel, known: int) -> str | None:
        try:
            async with asyncio.timeout(self._limit):
                return await channel.answer(known)
        except TimeoutError:
            raise self._failed(
                f"no shell of root within {self._limit:g} s: does the login shell of {{user}} wait for input?"
                f" It said: {channel.said[-300:] or 'nothing'}"
            ) from None

    def _refusal(self, channel: Channel) -> ConnectionFailed:
        said = channel.said
        for sign, cause in _CAUSES.items():
            if sign in said:
                return self._failed(cause)
        return self._failed(
            f"the session of {{user}} ended before it was root's: {said[-300:] or 'it said nothing'}"
        )

    def _failed(self, message: str) -> ConnectionFailed:
        return ConnectionFailed(self._linker.target.node, message.replace("{user}", self._linker.target.user))
