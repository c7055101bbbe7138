"""Commands speak the language of the person, and data stays as it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from tests.brackets import english_words, marked, unmarked
from zkwizard.cli import dispatch, main
from zkwizard.cli.causes import told
from zkwizard.cli.findings import findings_text
from zkwizard.cli.follow import FollowPrinter
from zkwizard.cli.printers import describe
from zkwizard.cli.words import column, labelled
from zkwizard.demo.breaks import BREAKS
from zkwizard.engine.planning import plan
from zkwizard.model.cause import Cause, Command
from zkwizard.model.events import (
    Event,
    Explained,
    FollowEnded,
    Found,
    LinkChanged,
    Notice,
    Output,
    PersonNeeded,
    PhaseEnded,
    PhaseStarted,
    RunEnded,
    RunFollowed,
    RunStarted,
    StepBegan,
    StepEnded,
    StepRetried,
)
from zkwizard.model.finding import Finding, Severity
from zkwizard.model.step import OperatorStep, Outcome, Step
from zkwizard.model.text import T, Text
from zkwizard.phases.order import PHASES
from zkwizard.store import assets
from zkwizard.store.catalogue import translator
from zkwizard.store.clusterfile import load
from zkwizard.widgets.words import speak

IDS = [phase.id for phase in PHASES]


@pytest.fixture(autouse=True)
def english(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The language is one per process."""
    monkeypatch.setenv("ZKWIZARD_STATE", str(tmp_path / "state"))
    yield
    speak(str)


@pytest.fixture
def brackets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands speak a language that is none."""
    monkeypatch.setattr(dispatch, "translator", lambda names: marked)
    speak(marked)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "cluster.yaml"
    path.write_text(assets.text("cluster.example.yaml"))
    return path


def _left(text: str, *data: str) -> set[str]:
    return english_words([unmarked(text)]) - english_words(data)


@pytest.mark.parametrize("command", ["check", "plan", "status"])
@pytest.mark.usefixtures("brackets")
def test_commands_say_nothing_in_english(
    command: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run([command, str(file)]) == 0
    said = "".join(capsys.readouterr())
    assert "«" in said
    assert _left(said, *IDS, file.read_text(), str(file), *_data(file)) == set()


def _data(file: Path) -> list[str]:
    """What the texts of a plan name: steps, packages, services, settings, files, and what is known later."""
    made = plan(load(file), PHASES)
    programs = [each.program for each in made.phases if each.program]
    steps: list[Step | OperatorStep] = [step for each in made.phases for step in each.operator]
    steps += [step for program in programs for step in program.steps]
    texts = [text for step in steps for text in (step.title, step.why)]
    named = [str(value) for text in texts for value in text.args.values() if not isinstance(value, Text)]
    return [*named, *(step.id for step in steps), *(hole for program in programs for hole in program.holes)]


@pytest.mark.usefixtures("brackets")
def test_errors_of_input(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, data in (
        (["plan", str(file), "--node", "nobody"], "node nobody"),
        (["plan", str(file), "--phase", "nmaes"], "nmaes"),
        (["run", str(file), "--phase", "names", "--from", "names"], "phase from until names"),
        (["run", str(file), "--from", "verify", "--until", "names"], "from until"),
        (["run", str(file)], "yes zkwizard plan"),
        (["reset", str(file), "--yes", "other"], "other"),
        (["init", "-o", str(file)], "-o"),
        (["demo", "--break", "nothing"], " ".join(each.name for each in BREAKS) + " break nothing list"),
        (["demo", "--fail", "x"], "fail STEP NODE TIMES x"),
        (["demo", "--cut", "node1@names:long"], "cut NODE PHASE SECONDS node names long"),
        (["demo", "--nodes", "0"], "nodes"),
        (["check", str(file.parent / "none.yaml")], "none zkwizard init"),
        (["kubeconfig", str(file), "--merge", "-o", "x"], "merge output"),
    ):
        assert main.run(arguments) == 2, arguments
        said = capsys.readouterr().err
        assert _left(said, "zkwizard", str(file), file.read_text(), data, *IDS) == set(), said


def _events() -> list[Event]:
    where: dict[str, Any] = {"at": 0.0, "phase": "names", "node": "n"}
    finding = Finding("id", Severity.WARN, "", T("A."), T("b"), T("c"), T("d"))
    cause = Cause(
        "id", "n", what=T("a"), why=T("b"), seen=("1",), remedy=T("c"), commands=(Command("n", "1"),)
    )
    ends = [
        RunEnded(at=0.0, run="1", outcome=outcome, left=left, failed=("names@n",))
        for outcome in Outcome
        for left in ((), ("n",))
    ]
    return [
        RunStarted(at=0.0, run="1", cluster="n", phases=(), nodes=("n",), resumed=False),
        RunStarted(at=0.0, run="1", cluster="n", phases=(), nodes=("n",), resumed=True),
        PhaseStarted(**where, steps=("1", "2")),
        PhaseStarted(**where, steps=("1",)),
        StepBegan(**where, step="1"),
        StepRetried(**where, step="1", attempt=1, code=1, delay=1),
        *(StepEnded(**where, step="1", outcome=Outcome.FAILED, code=code) for code in (1, 65, 124, 137)),
        *(StepEnded(**where, step="1", outcome=outcome) for outcome in Outcome),
        Output(**where, step="1", data=b"1\n"),
        PhaseEnded(**where, outcome=Outcome.FAILED, reason=T("step {step} failed", step="1")),
        PhaseEnded(**where, outcome=Outcome.STOPPED),
        PhaseEnded(**where, outcome=Outcome.CHANGED, changed=2),
        *(LinkChanged(at=0.0, node="n", state=state, message=T("a")) for state in ("silent", "lost", "back")),
        Found(at=0.0, phase="names", finding=finding),
        Explained(at=0.0, cause=cause),
        Notice(at=0.0, node="n", text=T("a")),
        PersonNeeded(at=0.0, phase="names", step="1", text=T("a")),
        *ends,
        RunFollowed(at=0.0, run="1", cluster="n", operator="n", since=0.0, nodes=("n",)),
        FollowEnded(at=0.0, runs=("1",), seconds=1.0, failed=("names@n",), unreachable=("n",)),
        FollowEnded(at=0.0, runs=("1",), seconds=1.0, failed=(), unreachable=()),
    ]


@pytest.mark.usefixtures("brackets")
def test_events_are_told_in_the_language(capsys: pytest.CaptureFixture[str]) -> None:
    for event in _events():
        said = "\n".join(describe(event, {}))
        assert _left(said, "names", "zkwizard") == set(), said
    FollowPrinter({}).show(_events())
    assert _left(capsys.readouterr().out, "names", "zkwizard") == set()


def test_columns_are_counted_in_cells() -> None:
    speak(translator(["zh_TW"]))
    cause = Cause("id", "n1", what=T("a"), why=T("WHY"), seen=("SEEN",), remedy=T("FIX"), explains=("X",))
    starts = {
        cell_len(line[: line.index(word)])
        for line in told(cause)
        for word in ("SEEN", "WHY", "FIX")
        if line.endswith(word)
    }
    assert starts == {13}
    finding = Finding("id", Severity.STOP, "n1", T("A"), T("SEEN"), T("EXPECTED"), T("FIX"))
    lines = findings_text([finding], show_all=False).splitlines()
    words = ("SEEN", "EXPECTED", "FIX")
    assert [cell_len(line[: line.index(word)]) for line, word in zip(lines[1:4], words, strict=True)] == [
        16
    ] * 3
    assert column("節點", 6) == "節點  "
    assert labelled("節點", "n1", indent=2, cells=3) == "  節點 n1"


def test_data_is_the_same_in_every_language(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(file.read_text().replace("role: control-plane", "role: master"))
    said = {}
    for language in ("en", "zh-TW"):
        assert main.run(["--lang", language, "check", str(file), "--json"]) == 2
        said[language] = json.loads(capsys.readouterr().out)
    assert said["en"] == said["zh-TW"]
    assert said["en"][0]["allowed"].isascii()


def test_the_language_of_a_command(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(["--lang", "zh_TW", "plan", str(file), "--phase", "names"]) == 0
    assert "主機名稱" in capsys.readouterr().out
    monkeypatch.setenv("LANGUAGE", "zh_TW")
    assert main.run(["plan", str(file), "--phase", "names"]) == 0
    assert "主機名稱" in capsys.readouterr().out
    assert main.run(["--lang", "en-GB", "plan", str(file), "--phase", "names"]) == 0
    assert "主機名稱" not in capsys.readouterr().out


def test_a_language_that_there_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main.run(["--lang", "tlh", "status", "x.yaml"])
    assert ended.value.code == 2
    assert "--lang: found 'tlh'; allowed: en, zh_TW" in capsys.readouterr().err
