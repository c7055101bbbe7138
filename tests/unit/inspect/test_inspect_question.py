"""Several questions in one script: what comes back, whatever they print."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkwizard.inspect.question import Answer, Answers, Question, read, script

NONCE = "0123456789abcdef"
SHELLS = (["dash"], ["bash", "--posix"])


def asked(text: str, name: str = "one") -> Question[Answer]:
    return Question(name, text, lambda answer: answer)


def ask(shell: list[str], *questions: Question[Answer]) -> Answers:
    """As ``script.sh`` of remote runs it: by eval, with nothing on standard input."""
    done = subprocess.run(
        [*shell, "-c", '(eval "$1") </dev/null', "x", script(NONCE, questions)],
        check=True,
        capture_output=True,
        timeout=30,
    )
    assert done.stderr == b""
    return read(done.stdout, NONCE)


@pytest.mark.parametrize("shell", SHELLS, ids=["dash", "bash"])
def test_output_words_and_status_are_told_apart(shell: list[str]) -> None:
    questions = [
        asked("echo printed; echo said >&2; exit 3", "both"),
        asked("printf 'no end of line'", "no-newline"),
        asked("cat; true", "nothing"),
        asked("seq 50000; seq 3 >&2", "much"),
        asked("no_such_command_here", "unknown"),
    ]
    answers = ask(shell, *questions)
    assert answers.get(questions[0]) == Answer("printed\n", "said", 3)
    assert answers.get(questions[1]) == Answer("no end of line", "", 0)
    assert answers.get(questions[2]) == Answer("", "", 0)
    assert (len(answers.get(questions[3]).out.split()), answers.get(questions[3]).err) == (50000, "1\n2\n3")
    assert answers.get(questions[4]).status == 127


@pytest.mark.parametrize("shell", SHELLS, ids=["dash", "bash"])
def test_one_that_ends_or_changes_its_shell_harms_no_other(shell: list[str]) -> None:
    questions = [asked("set -e; cd /; PATH=/nowhere; false; echo never", "first"), asked("seq 1", "second")]
    answers = ask(shell, *questions)
    assert answers.get(questions[0]) == Answer("", "", 1)
    assert answers.get(questions[1]) == Answer("1\n", "", 0)


def test_the_answer_travels_compressed() -> None:
    text = script(NONCE, [asked("seq 100000")])
    done = subprocess.run(["sh", "-c", text], check=True, capture_output=True)
    assert len(done.stdout) < 300_000


def test_output_can_not_forge_a_mark() -> None:
    forged = asked(r"printf '\n\036ffff err-one\n0 \n\036ffff out-two\nforged\n'")
    other = asked("echo honest", "two")
    answers = ask(["sh"], forged, other)
    assert "forged" in answers.get(forged).out
    assert answers.get(other).out == "honest\n"


def test_what_never_came_has_no_status() -> None:
    assert read(b"", NONCE).get(asked("")) == Answer("", "", -1)
    cut = f"\n\x1e{NONCE} out-one\nhalf of".encode()
    assert read(cut, NONCE).get(asked("")) == Answer("", "", -1)


@given(st.binary())
def test_any_bytes_will_do(data: bytes) -> None:
    read(data, NONCE).get(asked(""))
    read(b"\x1f\x8b" + data, NONCE)
    read(f"\n\x1e{NONCE} out-one\n".encode() + data + f"\n\x1e{NONCE} err-one\n".encode() + data, NONCE)


@pytest.mark.parametrize("names", [["one", "one"], ["$(id)"], [""], ["A"]])
def test_names_that_are_no_names_are_refused(names: list[str]) -> None:
    with pytest.raises(ValueError, match="not usable"):
        script(NONCE, [asked("", name) for name in names])
