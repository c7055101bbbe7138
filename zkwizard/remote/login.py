"""What asyncssh asks while it logs in: is the host's key trusted, and which key or password to use.

asyncssh's questions must be answered at once and within its time limit, a person takes longer. So nothing is
asked here: what was missing is noted, the attempt fails, a person is asked, and another attempt is made.
"""

from __future__ import annotations

from collections.abc import Sequence

import asyncssh

from zkwizard.model.secret import Secret
from zkwizard.remote.hostkeys import HostKeyCheck
from zkwizard.remote.keys import KeyPair

_BANNER = 1000
"""Characters of what a server says that are kept."""


class Login(asyncssh.SSHClient):
    """One attempt."""

    def __init__(self, check: HostKeyCheck, pairs: Sequence[KeyPair], password: Secret | None) -> None:
        self._check = check
        self._pairs = list(pairs)
        self._password = password
        self.tried_keys = 0
        self.had_password = password is not None
        self.password_offered = False
        """Whether the server would take a password."""
        self.said = ""
        """What the server said before or instead of letting somebody in: a banner, or why not."""

    def auth_banner_received(self, msg: str, lang: str) -> None:
        """Many have a banner for everybody; PAM says in the same way why it lets an account in no more."""
        self.said = (self.said + msg)[-_BANNER:]

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        """Called for every key that is not among the trusted, new and changed ones alike."""
        return self._check.judge(key)

    def public_key_auth_requested(self) -> Sequence[KeyPair] | None:
        """All keys at the first call; asyncssh calls again when they are used up."""
        pairs, self._pairs = self._pairs, []
        self.tried_keys += len(pairs)
        return pairs or None

    def password_auth_requested(self) -> str | None:
        """The password, once: a server asks again after a wrong one."""
        self.password_offered = True
        password, self._password = self._password, None
        return password.reveal() if password else None

    def kbdint_auth_requested(self) -> str | None:
        """Servers that ask for the password by keyboard-interactive (PAM)."""
        self.password_offered = True
        return "" if self._password else None

    def kbdint_challenge_received(
        self, name: str, instructions: str, lang: str, prompts: Sequence[tuple[str, bool]]
    ) -> list[str] | None:
        """The one question for a password; second factors are nothing that a machine can answer."""
        if not prompts:
            return []
        password = self.password_auth_requested() if len(prompts) == 1 else None
        return [password] if password is not None else None
