"""Asking a person in a terminal, or the environment, or the system keyring where there is one."""

from __future__ import annotations

import os
import re
import signal
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib.util import find_spec

from zkwizard.model.errors import Interrupted
from zkwizard.model.ports import Prompter
from zkwizard.model.secret import Redactor, Secret
from zkwizard.model.text import T, Text
from zkwizard.widgets.words import say

_CTRL_C = b"\x03"
_LONGEST = 4096
"""Bytes of a line that a terminal gives at once."""


class TerminalPrompter(Prompter):
    """Environment first, then keyring, then a person.

    ZKWIZARD_SSH_PASSWORD_NODE1 comes before ZKWIZARD_SSH_PASSWORD. Every secret that it gives is made known
    to the redactor before anybody else sees it. A person may end a question with Ctrl-C: it raises
    Interrupted, and the process is interrupted as it would have been without the question.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self.undisturbed: Callable[[], AbstractContextManager[None]] = nullcontext
        """What keeps the terminal still while a person types; set by whoever draws on it."""

    def secret(self, name: str, question: Text) -> Secret | None:
        """The secret, or None when nobody can be asked."""
        return self.unasked(name) or self._kept(name, self._ask(say(question)))

    def unasked(self, name: str) -> Secret | None:
        """What the environment or the keyring knows."""
        return self._kept(name, _from_environment(name) or _from_keyring(name))

    def _kept(self, name: str, value: str) -> Secret | None:
        if not value:
            return None
        found = Secret(name, value)
        self._redactor.add(found)
        return found

    def accept_host_key(self, node: str, host: str, fingerprint: str) -> bool:
        """Show the fingerprint and ask; only a typed ``yes`` is one."""
        if not _has_person():
            return False
        with self.undisturbed():
            words = T(
                "\n{node} ({host}) is new here. Its host key is\n    {fingerprint}\n"
                "Compare it with what the provider's console shows.",
                node=node,
                host=host,
                fingerprint=fingerprint,
            )
            print(say(words), file=sys.stderr)
            return _read(say(T("Trust this key? Type yes: ")), echo=True).strip().lower() == "yes"

    def _ask(self, question: str) -> str:
        if not _has_person():
            return ""
        with self.undisturbed():
            return _read(f"{question}: ", echo=False)


def confirmed(question: str) -> bool:
    """Whether a person says yes; no when nobody is there."""
    return _has_person() and _answer(f"{question} [y/N] ").strip().lower() in ("y", "yes")


def typed(question: str) -> str | None:
    """What a person types; None when nobody is there."""
    return _answer(question).strip() if _has_person() else None


def _has_person() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _read(question: str, *, echo: bool) -> str:
    """A line from the terminal, in any thread; empty at its end."""
    descriptor = sys.stdin.fileno()
    with _answering(descriptor, echo=echo):
        print(question, end="", file=sys.stderr, flush=True)
        line = os.read(descriptor, _LONGEST)
    if not echo or not line.endswith(b"\n"):
        print(file=sys.stderr)
    if line.endswith(_CTRL_C):
        signal.raise_signal(signal.SIGINT)
        raise Interrupted(T("interrupted at a question"))
    return line.decode(errors="replace").rstrip("\n")


@contextmanager
def _answering(descriptor: int, *, echo: bool) -> Iterator[None]:
    """The terminal for one line. Ctrl-C ends the line instead of sending a signal: a signal is the main
    thread's, and would leave this one waiting for the line, and the terminal without its echo.
    """
    before = termios.tcgetattr(descriptor)
    changed = termios.tcgetattr(descriptor)
    changed[3] &= ~(termios.ISIG if echo else termios.ISIG | termios.ECHO)
    changed[6][termios.VEOL] = _CTRL_C
    termios.tcsetattr(descriptor, termios.TCSAFLUSH, changed)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSAFLUSH, before)


def _answer(question: str) -> str:
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline()


def _from_environment(name: str) -> str:
    variable = "ZKWIZARD_" + re.sub(r"[^A-Z0-9]+", "_", name.upper())
    general = "_".join(variable.split("_")[:3])
    return os.environ.get(variable) or os.environ.get(general) or ""


def _from_keyring(name: str) -> str:
    if find_spec("keyring") is None:
        return ""
    import keyring
    from keyring.errors import KeyringError

    try:
        return keyring.get_password("zkwizard", name) or ""
    except KeyringError:
        return ""
