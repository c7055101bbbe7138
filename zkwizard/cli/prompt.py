"""Asking a person in a terminal, or the environment, or the system keyring where there is one."""

from __future__ import annotations

import getpass
import os
import re
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec

from zkwizard.model.ports import Prompter
from zkwizard.model.secret import Redactor, Secret


class TerminalPrompter(Prompter):
    """Environment first, then keyring, then a person.

    ZKWIZARD_SSH_PASSWORD_NODE1 comes before ZKWIZARD_SSH_PASSWORD. Every secret that it gives is made known
    to the redactor before anybody else sees it.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self.undisturbed: Callable[[], AbstractContextManager[None]] = nullcontext
        """What keeps the terminal still while a person types; set by whoever draws on it."""

    def secret(self, name: str, question: str) -> Secret | None:
        """The secret, or None when nobody can be asked."""
        value = _from_environment(name) or _from_keyring(name) or self._ask(question)
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
            print(
                f"\n{node} ({host}) is new here. Its host key is\n    {fingerprint}\n"
                "Compare it with what the provider's console shows.",
                file=sys.stderr,
            )
            return _answer("Trust this key? Type yes: ").strip().lower() == "yes"

    def _ask(self, question: str) -> str:
        if not _has_person():
            return ""
        with self.undisturbed():
            return getpass.getpass(f"{question}: ")


def confirmed(question: str) -> bool:
    """Whether a person says yes; no when nobody is there."""
    return _has_person() and _answer(f"{question} [y/N] ").strip().lower() in ("y", "yes")


def _has_person() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


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
