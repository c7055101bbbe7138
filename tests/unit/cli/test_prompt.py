"""Questions on a real terminal: what is typed stays unseen, and Ctrl-C ends the question and the command."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.terminal import Terminal

_ASKS = """
import asyncio
from zkwizard.cli.prompt import TerminalPrompter
from zkwizard.model.errors import Interrupted
from zkwizard.model.secret import Redactor

prompter = TerminalPrompter(Redactor())

async def main():
    try:
        print("answer:", repr(await asyncio.to_thread({question})))
    except Interrupted as error:
        print("ended:", error, int(error.exit_code))
    await asyncio.Event().wait()

def text(secret):
    return secret and secret.reveal()

try:
    asyncio.run(main())
except KeyboardInterrupt:
    print("interrupted")
"""
_SECRET = 'lambda: text(prompter.secret("sudo-password-n1", "sudo password"))'
_KEY = 'prompter.accept_host_key, "n1", "10.0.0.1:22", "SHA256:abc"'


def asked(question: str, folder: Path, **variables: str) -> Terminal:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ZKWIZARD")}
    script = _ASKS.format(question=question)
    return Terminal([sys.executable, "-c", script], {**clean, **variables}, folder)


@pytest.mark.parametrize(
    ("typed", "secret"), [("pass wörd\n", "pass wörd"), ("twq\x7fo\n", "two"), ("\n", None)]
)
def test_a_secret_is_read_without_showing_it(typed: str, secret: str | None, tmp_path: Path) -> None:
    terminal = asked(_SECRET, tmp_path)
    terminal.until("sudo password: ")
    assert not terminal.echoes
    terminal.types(typed)
    terminal.until(f"answer: {secret!r}")
    assert terminal.echoes
    terminal.ctrl_c()
    assert terminal.ended() == 0
    assert terminal.text.count("wörd") <= 1, "only the test itself prints it"


@pytest.mark.parametrize(
    ("typed", "accepted"), [("yes\n", True), ("no\n", False), ("\n", False), ("y\n", False)]
)
def test_a_host_key(typed: str, accepted: bool, tmp_path: Path) -> None:
    terminal = asked(_KEY, tmp_path)
    terminal.until("SHA256:abc")
    terminal.until("Type yes: ")
    terminal.types(typed)
    terminal.until(f"answer: {accepted}")
    terminal.ctrl_c()
    assert terminal.ended() == 0


@pytest.mark.parametrize("question", [_SECRET, _KEY])
def test_ctrl_c_ends_the_question_and_the_command(question: str, tmp_path: Path) -> None:
    """A thread that reads a terminal can't be cancelled, and would keep the process until Enter."""
    terminal = asked(question, tmp_path)
    terminal.until("(password|yes): ")
    terminal.types("half")
    terminal.ctrl_c()
    terminal.until("interrupted")
    assert terminal.echoes
    assert terminal.ended(20) == 0


def test_ctrl_d_is_no_answer(tmp_path: Path) -> None:
    terminal = asked(_SECRET, tmp_path)
    terminal.until("password: ")
    terminal.types("\x04")
    terminal.until("answer: None")
    terminal.ctrl_c()
    assert terminal.ended() == 0


def test_the_environment_is_not_asked_for(tmp_path: Path) -> None:
    terminal = asked(_SECRET, tmp_path, ZKWIZARD_SUDO_PASSWORD="from outside")
    terminal.until("answer: 'from outside'")
    terminal.ctrl_c()
    assert terminal.ended() == 0
    assert "password:" not in terminal.text
