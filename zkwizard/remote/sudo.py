"""Becoming root on a fresh session: the login is root, or sudo without a password, or with one.

Facts (Debian 12): ``sudo -k -S -p ''`` takes exactly the first line of standard input, and asks for another
after a wrong password, two seconds later, three times in all. Without a password rule it reads nothing
(``enter.sh``). It looks the machine's own name up, and waits where no name server answers.
"""

from __future__ import annotations

import asyncio

import asyncssh

from zkwizard.model.errors import ConnectionFailed
from zkwizard.model.secret import Secret
from zkwizard.model.text import T, Text, Words
from zkwizard.remote.channel import Channel
from zkwizard.remote.keys import TRIES, Questions
from zkwizard.remote.link import Linker

_NOT_ALLOWED = T("{user} may not use sudo: add it to the group sudo (or wheel), or log in as root")
_WRONG_PASSWORD = T("the sudo password of {user} is wrong")
_WRONG = "incorrect password attempt"
"""sudo's last word; after the others it says "Sorry, try again"."""
_CAUSES = {
    "not in the sudoers file": _NOT_ALLOWED,
    "is not allowed to": T(
        "{user} may use sudo only for some commands: zkwizard needs all, or log in as root"
    ),
    "may not run sudo": _NOT_ALLOWED,
    "must have a tty": T("sudo insists on a terminal: remove requiretty from /etc/sudoers"),
    "password is required": T("sudo wants a password and could not read it"),
    "account validation failure": T("sudo refuses {user}: the account or its password has expired"),
    _WRONG: _WRONG_PASSWORD,
    "password has expired": T("the password of {user} has expired: log in by hand once (ssh) and change it"),
    "Please login as": T("nobody may log in as {user} there: it says {said}. Set ssh.user in cluster.yaml"),
}


class Root:
    """Opens sessions of one node that are root's, and keeps the sudo password that worked."""

    def __init__(self, linker: Linker, questions: Questions, limit: float) -> None:
        self._linker = linker
        self._questions = questions
        self._limit = limit
        self._worked: Secret | None = None
        self._first = asyncio.Lock()
        self._failures = 0
        self._failure: ConnectionFailed | None = None

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
                    T("there is no sudo for {user}: log in as root, or install sudo (su is not supported)")
                )
            case _:
                raise self.refusal(channel)

    async def _with_password(self, channel: Channel) -> None:
        """Give the password that worked, or the SSH password, or those that a person gives.

        Sessions that wait while one of them fails share its failure.
        """
        if self._worked:
            return await self._try(channel)
        before = self._failures
        async with self._first:
            if self._failures > before and self._failure:
                raise self._failure
            try:
                await self._try(channel)
            except ConnectionFailed as failure:
                self._failures, self._failure = self._failures + 1, failure
                raise

    async def _try(self, channel: Channel) -> None:
        given = self._worked or self._linker.password
        if given and self._questions.is_wrong(self._name, given):
            given = None
        for known in range(1, TRIES + 1):
            password, given = given or await self._ask(), None
            channel.password(password.reveal())
            answer = await self._answer(channel, known)
            if answer == "ready":
                self._worked = password
                return
            if answer == "sorry" or _WRONG in channel.said:
                self._questions.wrong(self._name, password)
            if answer != "sorry":
                break
        raise self.refusal(channel)

    async def _ask(self) -> Secret:
        user, node = self._linker.target.user, self._linker.target.node
        question = T("sudo password of {user} on {node}", user=user, node=node)
        password = await self._questions.secret(self._name, question)
        if password is None and self._questions.was_wrong(self._name):
            raise self._failed(_WRONG_PASSWORD)
        if password is None:
            raise self._failed(
                T(
                    "sudo asks {user} for a password and nobody can be asked for it: give it in "
                    "ZKWIZARD_SUDO_PASSWORD or the keyring, log in as root, or allow NOPASSWD"
                )
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
            raise self.no_shell(channel, self._limit) from None

    def no_shell(self, channel: Channel, seconds: float) -> ConnectionFailed:
        """Why a session that is still open is not root's after so long."""
        if channel.waits_for_sudo:
            return self._failed(
                T(
                    "sudo does not answer within {seconds} s. It looks up the machine's own name, and waits "
                    "for name servers that do not answer: put the name into /etc/hosts there "
                    "(127.0.1.1 NAME)"
                ),
                seconds=f"{seconds:g}",
            )
        return self._failed(
            T(
                "no shell of root within {seconds} s: does the login shell of {user} wait for input? "
                "It said: {said}"
            ),
            seconds=f"{seconds:g}",
            said=_last(channel.said) or T("nothing"),
        )

    def refusal(self, channel: Channel) -> ConnectionFailed:
        """Why a session ended before it was root's."""
        said = _last(channel.said)
        cause = next((cause for sign, cause in _CAUSES.items() if sign in channel.said), None)
        if cause:
            return self._failed(cause, said=said)
        return self._failed(
            T(
                "the session of {user} ended before it was root's: {said}. Check ssh.user in cluster.yaml, "
                "and log in by hand once to see more"
            ),
            said=said or T("it said nothing"),
        )

    def _failed(self, message: Text, **more: Words) -> ConnectionFailed:
        """``message`` still lacks its arguments, the user among them."""
        target = self._linker.target
        return ConnectionFailed(target.node, Text(message.template, {"user": target.user, **more}))


def _last(said: str) -> str:
    return " ".join(said.split())[-300:]
