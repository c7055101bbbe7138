"""What a node says on its way through the printers: nothing of it may act on the terminal."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from zkwizard.cli.findings import findings_text
from zkwizard.cli.follow import FollowPrinter
from zkwizard.cli.live import LivePrinter
from zkwizard.cli.main import run
from zkwizard.cli.printers import JsonPrinter, PlainPrinter, Printer
from zkwizard.model.cause import Cause
from zkwizard.model.events import (
    Event,
    Explained,
    Found,
    LinkChanged,
    Notice,
    Output,
    PersonNeeded,
    PhaseEnded,
    StepEnded,
    ValueCaptured,
)
from zkwizard.model.finding import Finding, Severity
from zkwizard.model.plan import Plan
from zkwizard.model.step import Outcome
from zkwizard.model.text import T

EVIL = "\x1b]0;title\x07\x1b[2J\x1b[6n\x9b31m\x00\x08\u202eevil\ufeff \x7f"
"""Sets the title, clears the screen, makes the terminal answer, overwrites, turns the direction."""


def events() -> list[Event]:
    where: dict[str, Any] = {"at": 0.0, "phase": "names", "node": "n1"}
    words = (T("Checked."), T("{seen}", seen=EVIL), T("expected"), T("fix"))
    finding = Finding("id", Severity.STOP, "n1", *words)
    cause = Cause("id", "n1", what=T("{what}", what=EVIL), why=T("why"), seen=(EVIL,), remedy=T("remedy"))
    return [
        StepEnded(**where, step="hosts", outcome=Outcome.FAILED, code=1, tail=(EVIL, f"100 %\t{EVIL}")),
        PhaseEnded(**where, outcome=Outcome.FAILED, reason=f"it said: {EVIL}"),
        LinkChanged(at=0.0, node="n1", state="lost", message=EVIL),
        Notice(at=0.0, node="n1", text=T("{words}", words=EVIL)),
        PersonNeeded(at=0.0, phase="p", step="s", text=T("{words}", words=EVIL)),
        Found(at=0.0, phase="probe", finding=finding),
        Explained(at=0.0, cause=cause),
        ValueCaptured(**where, step="s", name="v", value=EVIL),
        Output(**where, step="s", data=b"\xff\xfe" + EVIL.encode() + b"\n"),
    ]


def _live() -> Printer:
    return LivePrinter(Plan("home", (), forecast=True))


@pytest.mark.parametrize("make", [JsonPrinter, lambda: PlainPrinter({}), lambda: FollowPrinter({}), _live])
def test_nothing_of_a_node_acts_on_the_terminal(
    make: Callable[[], Printer], capsys: pytest.CaptureFixture[str]
) -> None:
    printer = make()
    printer.show(events())
    printer.close()
    shown = "".join(capsys.readouterr())
    assert "evil" in shown
    assert not {char for char in EVIL if not char.isprintable()} & set(shown)


def test_a_live_picture_has_no_sequences_but_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(
        "zkwizard.cli.live.Console",
        lambda **_: Console(file=screen, force_terminal=True, width=100, height=30, color_system="truecolor"),
    )
    printer = _live()
    printer.show(events())
    printer.close()
    shown = screen.getvalue()
    assert "␛]0;title␇␛[2J␛[6n" in shown
    for part in ("\x1b]", "\x1b[2J", "\x1b[6n", "\x9b", "\x00", "\x07", "\x08", "\u202e", "\ufeff", "\x7f"):
        assert part not in shown, part


def test_json_lines_keep_what_was_said(capsys: pytest.CaptureFixture[str]) -> None:
    JsonPrinter().show(events())
    lines = [json.loads(line) for line in capsys.readouterr().out.split("\n")[:-1]]
    assert lines[0]["tail"] == [EVIL, f"100 %\t{EVIL}"]
    assert lines[1]["reason"] == f"it said: {EVIL}"


def test_findings_and_errors(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found = [event.finding for event in events() if isinstance(event, Found)]
    assert "\x1b" not in findings_text(found, show_all=True)
    assert run(["probe", str(tmp_path / f"no{EVIL.replace(chr(0), '')}")]) != 0
    assert "\x1b" not in "".join(capsys.readouterr())
