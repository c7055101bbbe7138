"""The one tree of errors, and the exit codes of the commands."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum

from zkwizard.model.text import T, Words, render


class ExitCode(IntEnum):
    """Exit codes of every command, also listed in the README."""

    DONE = 0
    PHASE_FAILED = 1
    BAD_INPUT = 2
    CONNECTION = 3
    SOME_NODES_FAILED = 4
    INTERRUPTED = 130


class ZkwizardError(Exception):
    """Base of all errors that are shown to a person as they are, without a traceback.

    ``str()`` is English.
    """

    exit_code: ExitCode = ExitCode.PHASE_FAILED

    def __init__(self, words: Words = "") -> None:
        super().__init__(words)
        self.words = words

    def render(self, translate: Callable[[str], str]) -> str:
        """What it says, in the language of ``translate``."""
        return render(self.words, translate)


class InputError(ZkwizardError):
    """The cluster file or a command's argument can't be used."""

    exit_code = ExitCode.BAD_INPUT


class ConnectionFailed(ZkwizardError):
    """A node can't be reached, or refuses the login, or its host key is not trusted."""

    exit_code = ExitCode.CONNECTION

    def __init__(self, node: str, message: Words) -> None:
        super().__init__(T("{node}: {message}", node=node, message=message))
        self.node = node
        self.said = message
        """The same without the node."""
        self.message = str(message)


class ContactLost(ConnectionFailed):
    """The line to a node at work stayed dead for longer than zkwizard waits; the work there goes on."""


class HostKeyRejected(ConnectionFailed):
    """The node's host key is new and nobody accepted it, or is not the one that is known."""


class JobRefused(ZkwizardError):
    """The node already belongs to a run that is not ours; the message says whose."""


class JobNotStarted(ZkwizardError):
    """The node was reached, and could not take the job: its disk is full or read-only, say."""


class Interrupted(ZkwizardError):
    """A person ended a question with Ctrl-C: what needed the answer is not done."""

    exit_code = ExitCode.INTERRUPTED


class SecretMissing(InputError):
    """A password or passphrase is needed and nobody can be asked for it."""
