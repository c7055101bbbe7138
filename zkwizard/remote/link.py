"""One SSH connection: log in, check the host key, and say in words what failed.

Facts: asyncssh's connection takes 7 round trips. TimeoutError and OSError are not asyncssh.Error. A server
that accepts and then says nothing is covered by the connect timeout, one that falls silent later by
keepalive.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import asyncssh

from zkwizard.model.errors import ConnectionFailed, HostKeyRejected
from zkwizard.model.secret import Secret
from zkwizard.model.text import T, Text, Words
from zkwizard.remote.hostkeys import HostKeyCheck, KnownHosts
from zkwizard.remote.keys import TRIES, KeyPair, KeyProblem, Keys, Questions
from zkwizard.remote.login import Login
from zkwizard.remote.timing import Timing


@dataclass(frozen=True)
class Target:
    """Where to log in, and as whom. ``node`` is the name for messages and questions."""

    node: str
    host: str
    port: int
    user: str
    key: str

    def __str__(self) -> str:
        return f"{self.user}@{self.host}:{self.port}"


@dataclass(frozen=True)
class Means:
    """What all logins of a network share."""

    keys: Keys
    questions: Questions
    hosts: KnownHosts
    accept_new: bool
    timing: Timing


class Linker:
    """Makes connections to one target, and remembers what worked for the next time."""

    def __init__(self, target: Target, means: Means) -> None:
        self.target = target
        self.password: Secret | None = None
        """The SSH password, once it was asked for: sudo's is often the same."""
        self._means = means

    async def connect(self, tunnel: asyncssh.SSHClientConnection | None) -> asyncssh.SSHClientConnection:
        """A connection; raises ConnectionFailed or HostKeyRejected."""
        try:
            return await self._log_in(tunnel)
        except KeyProblem as problem:
            raise self._failed(problem.words) from problem
        except TimeoutError as error:
            words = T(
                "{target} does not answer within {seconds} s: is the machine on, is the address right, is "
                "the port open in the provider's firewall?",
                target=str(self.target),
                seconds=f"{self._limit(tunnel):g}",
            )
            raise self._failed(words) from error
        except (OSError, asyncssh.Error) as error:
            raise self._failed(_words(self.target, error)) from error

    async def _log_in(self, tunnel: asyncssh.SSHClientConnection | None) -> asyncssh.SSHClientConnection:
        """Attempts, each with what the last one lacked: an accepted host key, a passphrase, a password."""
        pairs = [] if self.password else await self._means.keys.open(self.target.key)
        locked = [] if self.password else await self._means.keys.locked(self.target.key)
        if locked and not pairs:
            pairs = await self._unlocked(locked)
        tries = TRIES
        while True:
            check = HostKeyCheck(
                self._means.hosts, self.target.host, self.target.port, accept_new=self._means.accept_new
            )
            login = Login(check, pairs, self.password)
            try:
                return await self._attempt(tunnel, check, login)
            except asyncssh.HostKeyNotVerifiable as error:
                await self._settle(check, error.reason)
            except asyncssh.DisconnectError as error:
                if not _refused(error):
                    raise self._failed(_ended(self.target, error, login)) from error
                if locked:
                    pairs = await self._unlocked(locked)
                elif not await self._ask_password(login, tries):
                    raise self._failed(self._refusal(login)) from error
                else:
                    tries -= 1

    async def _attempt(
        self, tunnel: asyncssh.SSHClientConnection | None, check: HostKeyCheck, login: Login
    ) -> asyncssh.SSHClientConnection:
        timing = self._means.timing
        return await asyncssh.connect(
            self.target.host,
            self.target.port,
            tunnel=tunnel or (),
            username=self.target.user,
            client_factory=lambda: login,
            client_keys=None,
            known_hosts=check.trusted,
            server_host_key_algs=check.algorithms,
            config=None,
            gss_host=None,
            keepalive_interval=timing.keepalive,
            keepalive_count_max=timing.keepalive_misses,
            connect_timeout=self._limit(tunnel),
        )

    def _limit(self, tunnel: asyncssh.SSHClientConnection | None) -> float:
        """Seconds. A jump host forwards only when it has made a session for us, which takes PAM half a minute
        where systemd-logind is stuck."""
        timing = self._means.timing
        return timing.connect + timing.enter if tunnel else timing.connect

    async def _unlocked(self, locked: list[Callable[[], Awaitable[KeyPair]]]) -> list[KeyPair]:
        """The next locked key that opens. A named one must open; of the usual ones, another may."""
        while locked:
            try:
                return [await locked.pop(0)()]
            except KeyProblem:
                if self.target.key:
                    raise
        return []

    async def _settle(self, check: HostKeyCheck, reason: str) -> None:
        """A key that is not trusted: ask a person if it is new, refuse it otherwise."""
        node, target = self.target.node, self.target
        if check.mismatch:
            raise HostKeyRejected(node, check.refusal())
        if not check.unknown:
            words = T("the host key of {target} is refused: {reason}", target=str(target), reason=reason)
            raise HostKeyRejected(node, words)
        new, fingerprint = check.unknown, check.unknown.get_fingerprint()

        def settled() -> bool:
            return any(known.key == new for known in self._means.hosts.of(target.host, target.port))

        host = f"{target.host}:{target.port}"
        if not await self._means.questions.accept(settled, node, host, fingerprint):
            words = T(
                "the host key of {host} is new ({fingerprint}) and was not accepted. Compare it with the "
                "fingerprint on the provider's console; nothing was sent to the machine.",
                host=host,
                fingerprint=fingerprint,
            )
            raise HostKeyRejected(node, words)
        self._means.hosts.remember(target.host, target.port, new)

    @property
    def _name(self) -> str:
        return f"ssh-password-{self.target.node}"

    async def _ask_password(self, login: Login, tries: int) -> bool:
        """Whether there is a password to try that was not tried yet."""
        if self.password:
            self._means.questions.wrong(self._name, self.password)
            self.password = None
        if tries and login.password_offered:
            question = T("Password of {target}", target=str(self.target))
            self.password = await self._means.questions.secret(self._name, question)
        return self.password is not None

    def _refusal(self, login: Login) -> Text:
        files: Words = self.target.key or T("agent and usual files")
        had_password = self._means.questions.was_wrong(self._name)
        if login.tried_keys == 1:
            tried = T("1 key ({files})", files=files)
        elif login.tried_keys:
            tried = T("{count} keys ({files})", count=login.tried_keys, files=files)
        else:
            tried = T("no key ({files})", files=files)
        if had_password:
            tried = T("{keys}, and a password", keys=tried)
        advice = T("Check ssh.user and ssh.key in cluster.yaml")
        if login.password_offered and not had_password:
            advice = T("{advice}, give a password in ZKWIZARD_SSH_PASSWORD", advice=advice)
        return T(
            "{target} refuses the login: tried {tried}. {advice}, or put a key there with: ssh-copy-id -p "
            "{port} {user}@{host}",
            target=str(self.target),
            tried=tried,
            advice=advice,
            port=self.target.port,
            user=self.target.user,
            host=self.target.host,
        )

    def _failed(self, message: Words) -> ConnectionFailed:
        return ConnectionFailed(self.target.node, message)


async def closed(link: asyncssh.SSHClientConnection) -> None:
    """Close the connection; a line that takes no bytes any more is given two seconds."""
    link.close()
    try:
        async with asyncio.timeout(2):
            await link.wait_closed()
    except TimeoutError:
        link.abort()


def _refused(error: asyncssh.DisconnectError) -> bool:
    """Whether the login failed, not the link. OpenSSH disconnects after 6 keys instead of saying no."""
    return isinstance(error, asyncssh.PermissionDenied) or "authentication failures" in error.reason


def _ended(target: Target, error: asyncssh.DisconnectError, login: Login) -> Text:
    """A connection that ended during the login. sshd says nothing when PAM refuses an account that proved who
    it is: expired, locked, not allowed at this hour, or all of them while the machine starts or goes down.
    """
    text = T("{target} ended the connection: {reason}", target=str(target), reason=error.reason)
    if login.tried_keys or login.had_password:
        text = T(
            "{text}. Where the line is good, the machine lets this account in no more (is it expired or "
            "locked?) or nobody for now (is it starting, or going down?)",
            text=text,
        )
    said = " ".join(login.said.split())
    return T("{text}. It said: {said}", text=text, said=said) if said else text


def _words(target: Target, error: Exception) -> Text:
    """What went wrong below the login."""
    match error:
        case ConnectionRefusedError():
            return T(
                "{target} refuses the connection: does sshd run there, and on this port?", target=str(target)
            )
        case asyncssh.ChannelOpenError():
            return T("the jump host can't reach {target}: {reason}", target=str(target), reason=error.reason)
        case OSError():
            return T(
                "{target} can't be reached: {reason}. Check ssh.host in cluster.yaml",
                target=str(target),
                reason=error.strerror or str(error),
            )
    return T("{target}: {error}", target=str(target), error=str(error))
