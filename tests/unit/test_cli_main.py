"""Errors as a person sees them."""

from __future__ import annotations

from pathlib import Path

import pytest

from zkwizard.cli import main
from zkwizard.model.errors import ExitCode


def test_a_fault_of_its_own_is_a_line_and_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ZKWIZARD_STATE", str(tmp_path))
    monkeypatch.setitem(main._MODULES, "check", "no.such.module")
    assert main.run(["check", "x.yaml"]) == ExitCode.PHASE_FAILED
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "fault.txt" in said
    assert "ModuleNotFoundError" in (tmp_path / "fault.txt").read_text()


@pytest.mark.parametrize("command", sorted(main._MODULES))
def test_every_command_has_help_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main.run([command, "--help"])
    assert ended.value.code == 0
    assert f"example:\n  zkwizard {command}" in capsys.readouterr().out


def test_a_missing_file_is_bad_input_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["plan", str(tmp_path / "none.yaml")]) == ExitCode.BAD_INPUT
    assert "none.yaml" in capsys.readouterr().err


def test_a_state_folder_that_cannot_be_made_is_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ZKWIZARD_STATE", str(tmp_path / "file" / "state"))
    example = tmp_path / "cluster.yaml"
    assert main.run(["init", "-o", str(example)]) == ExitCode.DONE
    assert main.run(["status", str(example)]) == ExitCode.PHASE_FAILED
    assert "Traceback" not in (said := capsys.readouterr().err)
    assert str(tmp_path / "file") in said
