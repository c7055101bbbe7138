"""The secrets of a run: asked for once, made where they are made, and known to the redactor at once."""

from __future__ import annotations

import asyncio
import secrets
import string
from urllib.parse import quote

from zkwizard.model.errors import SecretMissing
from zkwizard.model.ports import Prompter
from zkwizard.model.secret import Redactor, Secret
from zkwizard.model.text import T, Text

_TOKEN = string.ascii_lowercase + string.digits


class Vault:
    """Gives secrets by the names that programs use. Nothing of it is ever stored."""

    def __init__(self, prompter: Prompter, redactor: Redactor) -> None:
        self._prompter = prompter
        self._known: dict[str, Secret] = {}
        self._lock = asyncio.Lock()
        self.redactor = redactor

    async def get(self, name: str) -> Secret:
        """The secret called ``name``. Raises SecretMissing when nobody can be asked for it."""
        async with self._lock:
            if name not in self._known:
                secret = await self._find(name)
                self.redactor.add(secret)
                self._known[name] = secret
            return self._known[name]

    async def _find(self, name: str) -> Secret:
        if name == "join-token":
            return Secret(name, bootstrap_token())
        if name == "proxy-password":
            plain = await self._ask(name, T("Password for the proxy"))
            return Secret(name, quote(plain.reveal(), safe=""))
        return await self._ask(name, T("{name}", name=name))

    async def _ask(self, name: str, question: Text) -> Secret:
        secret = await asyncio.to_thread(self._prompter.secret, name, question)
        if secret is None:
            variable = "ZKWIZARD_" + name.upper().replace("-", "_")
            raise SecretMissing(
                T(
                    "{question}: nobody can be asked here; set {variable}",
                    question=question,
                    variable=variable,
                )
            )
        self.redactor.add(secret)
        return secret


def bootstrap_token() -> str:
    """A bootstrap token in kubeadm's form, ``[a-z0-9]{6}.[a-z0-9]{16}``, fresh for every run."""
    return ".".join("".join(secrets.choice(_TOKEN) for _ in range(length)) for length in (6, 16))
