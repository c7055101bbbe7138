"""Private keys and passwords: read and decrypted once, asked for at most once.

Decrypting an OpenSSH key takes 0.2 s of bcrypt: it is done in a thread, and all connections share the result.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import asyncssh

from zkwizard.model.errors import Interrupted
from zkwizard.model.ports import Prompter
from zkwizard.model.secret import Redactor, Secret
from zkwizard.model.text import T, Text, Words

USUAL = ("id_ed25519", "id_ecdsa", "id_rsa")
"""Key files in ~/.ssh that are tried when none is named."""

TRIES = 3
"""Answers of a person before a login is given up, as ssh and sudo have it."""

A = TypeVar("A")
KeyPair = Any
"""What asyncssh takes to log in: a key, a key with its certificate, or one of the agent's."""


class KeyProblem(Exception):
    """A key file can't be used; the text is for a person."""

    def __init__(self, words: Text) -> None:
        super().__init__(words)
        self.words = words


class Questions:
    """Puts questions to a person: in a thread, one at a time, and each secret only once.

    An answer that was wrong is never given again: servers count wrong passwords and lock who has too many,
    and the environment or a keyring gives the same one however often it is asked.
    """

    def __init__(self, prompter: Prompter, redactor: Redactor) -> None:
        self._prompter = prompter
        self._redactor = redactor
        self._turn = asyncio.Lock()
        self._answers: dict[str, Secret | None] = {}
        self._wrong: dict[str, set[str]] = {}
        self._again: set[str] = set()
        self._interrupted: Interrupted | None = None

    async def secret(self, name: str, question: Text) -> Secret | None:
        """A password or passphrase, or None when nobody gives one, or none that was not wrong already."""
        async with self._turn:
            if name not in self._answers:
                again = name in self._again
                asked = T("That was wrong. {question}", question=question) if again else question
                answer = await self._put(self._prompter.secret, name, asked)
                if answer:
                    self._redactor.add(answer)
                    if self.is_wrong(name, answer):
                        return None
                self._answers[name] = answer
            return self._answers[name]

    def wrong(self, name: str, answer: Secret) -> None:
        """It was not the right one: whoever can be asked is asked anew."""
        self._wrong.setdefault(name, set()).add(answer.reveal())
        known = self._answers.get(name)
        if known and known.reveal() == answer.reveal():
            del self._answers[name]
            self._again.add(name)

    def is_wrong(self, name: str, answer: Secret) -> bool:
        """Whether it was tried already, in vain."""
        return answer.reveal() in self._wrong.get(name, ())

    def was_wrong(self, name: str) -> bool:
        """Whether an answer to this question was."""
        return name in self._again

    async def accept(self, check: Callable[[], bool], node: str, host: str, fingerprint: str) -> bool:
        """Whether a new host key is trusted; ``check`` says whether that was settled meanwhile."""
        async with self._turn:
            return check() or await self._put(self._prompter.accept_host_key, node, host, fingerprint)

    async def _put(self, question: Callable[..., A], *words: Words) -> A:
        """In a thread. Who ended a question with Ctrl-C is not asked another one."""
        if self._interrupted:
            raise self._interrupted
        try:
            return await asyncio.to_thread(question, *words)
        except Interrupted as interruption:
            self._interrupted = interruption
            raise


@dataclass
class _File:
    """A key file, read; ``pair`` is None while it is locked by a passphrase."""

    path: Path
    data: bytes
    pair: KeyPair | None


class Keys:
    """Key files and the agent."""

    def __init__(self, questions: Questions) -> None:
        self._questions = questions
        self._files: dict[str, _File] = {}
        self._reading = asyncio.Lock()
        self._agent: asyncssh.SSHAgentClient | None = None

    async def open(self, named: str) -> list[KeyPair]:
        """What can be used without asking: open key files; also the agent, unless a named file is open."""
        files = [file for file in await self._read(named) if file.pair]
        pairs = [file.pair for file in files]
        return pairs if named and pairs else [*pairs, *await self._of_agent()]

    async def locked(self, named: str) -> list[Callable[[], Awaitable[KeyPair]]]:
        """Key files that need a passphrase, each as a question to be put."""
        return [partial(self._unlock, file) for file in await self._read(named) if not file.pair]

    async def _read(self, named: str) -> list[_File]:
        async with self._reading:
            paths = [named] if named else [f"~/.ssh/{name}" for name in USUAL]
            found = [await self._file(path, must=bool(named)) for path in paths]
        files = [file for file in found if file]
        if named and not files:
            raise KeyProblem(T("there is no key file {path}: check ssh.key in cluster.yaml", path=named))
        return files

    async def _file(self, path: str, *, must: bool) -> _File | None:
        """The file, read once; one that nobody named may be unusable."""
        if path not in self._files:
            try:
                file = await asyncio.to_thread(_load, Path(path).expanduser())
            except FileNotFoundError:
                return None
            except (OSError, ValueError) as error:
                if not must:
                    return None
                words = T("the key file {path} can't be read: {error}", path=path, error=str(error))
                raise KeyProblem(words) from error
            self._files[path] = file
        return self._files[path]

    async def _unlock(self, file: _File) -> KeyPair:
        name = f"ssh-passphrase-{file.path.name}"
        for _ in range(TRIES):
            passphrase = await self._questions.secret(name, T("Passphrase of {path}", path=str(file.path)))
            if passphrase is None:
                break
            if pair := await self._opened(file, passphrase):
                return pair
            self._questions.wrong(name, passphrase)
        if self._questions.was_wrong(name):
            raise KeyProblem(T("the passphrase does not open {path}", path=str(file.path)))
        raise KeyProblem(
            T(
                "{path} has a passphrase and nobody can be asked for it: give the key to an agent, or the "
                "passphrase in ZKWIZARD_SSH_PASSPHRASE",
                path=str(file.path),
            )
        )

    async def _opened(self, file: _File, passphrase: Secret) -> KeyPair | None:
        """The file's key, decrypted once for all; None if this is not its passphrase."""
        async with self._reading:
            if not file.pair:
                try:
                    file.pair = await asyncio.to_thread(_pair, file.path, file.data, passphrase.reveal())
                except (ValueError, asyncssh.Error):
                    return None
            return file.pair

    async def _of_agent(self) -> list[KeyPair]:
        """The agent's keys; no agent, or one that does not answer, has none."""
        path = os.environ.get("SSH_AUTH_SOCK", "")
        if not path:
            return []
        try:
            if not self._agent:
                self._agent = await asyncssh.connect_agent(path)
            return list(await self._agent.get_keys())
        except (OSError, ValueError):
            self._agent = None
            return []

    def close(self) -> None:
        """Leave the agent."""
        if self._agent:
            self._agent.close()
            self._agent = None


def _load(path: Path) -> _File:
    data = path.read_bytes()
    try:
        return _File(path, data, _pair(path, data, None))
    except asyncssh.KeyImportError as error:
        if "assphrase" not in str(error):
            raise
        return _File(path, data, None)


def _pair(path: Path, data: bytes, passphrase: str | None) -> KeyPair:
    """The key, with the certificate that may lie beside it."""
    key = asyncssh.import_private_key(data, passphrase)
    certificate = path.with_name(f"{path.name}-cert.pub")
    return (key, asyncssh.read_certificate(str(certificate))) if certificate.is_file() else key
