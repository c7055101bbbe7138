"""Texts for nodes: what several of them share goes over the line once, and comes out as it was."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

import zkwizard
from tests.golden.golden import SCENARIOS, program
from zkwizard.phases.order import PHASES
from zkwizard.remote.scripts import sharing

PACKAGE = Path(zkwizard.__file__).parent
SHELLS = [shell for shell in ("dash", "bash") if shutil.which(shell)]


def _read_by(shell: str, texts: list[str]) -> list[str]:
    """What the shell takes the words for."""
    assignments, words = sharing(texts)
    script = assignments + "\n".join(f"text={word}\nprintf '%s\\001' \"$text\"" for word in words)
    done = subprocess.run([shell], input=script.encode(), capture_output=True, check=True)
    return done.stdout.decode().split("\1")[:-1]


@pytest.mark.parametrize("shell", SHELLS)
def test_texts_come_out_as_they_were(shell: str) -> None:
    common = 'zk_one() { # it\'s "quoted" $here `and` \\there\n  printf \'%s\\n\' "$*" ünï 云\n}\n\n'
    texts = [
        f"head\n\n{common}tail '\n",
        f"{common}{common}",
        "",
        "nothing in common",
        f"\n\n\n{common.strip()}",
    ]
    assert _read_by(shell, texts) == texts


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_programs_share_most_of_what_they_are(shell: str, scenario: str) -> None:
    programs = [text for phase in PHASES if (text := program(phase, SCENARIOS[scenario]))]
    assert _read_by(shell, programs) == programs
    assignments, words = sharing(programs)
    assert len(assignments) + sum(map(len, words)) < sum(map(len, programs)) * 0.6


def test_one_alone_shares_nothing() -> None:
    text = "the same paragraph, long enough to be worth a name of its own, again and again\n\n" * 3
    assignments, words = sharing([text])
    assert (assignments, len(words)) == ("", 1)


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.sh")), ids=lambda path: path.name)
def test_the_texts_are_ascii(path: Path) -> None:
    """A console without UTF-8 shows them as they are; and another character doubles a program's memory."""
    assert path.read_text(encoding="utf-8").isascii()
