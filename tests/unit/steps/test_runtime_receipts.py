"""Receipts: what undo takes back, what it leaves to somebody, and what it does a second time."""

from __future__ import annotations

from pathlib import Path

from tests.unit.steps.machine import Machine
from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.steps import vocabulary as v
from zkwizard.steps.render import undo_steps

TITLE, WHY = T("Title"), T("Why.")


def _file(path: Path, content: str = "ours\n", id: str = "a-file") -> Step:
    return v.file(id, TITLE, WHY, path=str(path), content=content)


def _block(path: Path) -> Step:
    return v.block("hosts", TITLE, WHY, path=str(path), name="hosts", content="10.9.8.118 master\n")


def test_folders_that_were_made_go_when_they_are_empty(machine: Machine) -> None:
    machine.root.joinpath("there").mkdir()
    steps = [
        _file(machine.root / "there" / "made" / "deep" / "file"),
        _file(machine.root / "shared" / "file", id="b-file"),
    ]
    machine.run(*steps)
    (machine.root / "shared" / "theirs").write_text("x")
    machine.run(*undo_steps(steps))
    assert list((machine.root / "there").iterdir()) == []
    assert [path.name for path in (machine.root / "shared").iterdir()] == ["theirs"]


def test_a_folder_that_was_there_stays(machine: Machine) -> None:
    folder = machine.root / "there"
    folder.mkdir()
    step = v.directory("folder", TITLE, WHY, path=str(folder), mode="700")
    assert machine.run(step).hows == {"folder": "changed"}
    machine.run(*undo_steps([step]))
    assert folder.is_dir()


def test_a_second_time_there_is_nothing_to_take_back(machine: Machine) -> None:
    steps = [_file(machine.root / "file"), _block(machine.root / "hosts")]
    machine.run(*steps)
    assert set(machine.run(*undo_steps(steps)).hows.values()) == {"changed"}
    assert set(machine.run(*undo_steps(steps)).hows.values()) == {"unchanged"}


def test_what_was_there_comes_back_into_a_folder_that_is_gone(machine: Machine) -> None:
    path = machine.root / "folder" / "file"
    path.parent.mkdir()
    path.write_text("before\n")
    machine.run(_file(path))
    path.unlink()
    path.parent.rmdir()
    machine.run(*undo_steps([_file(path)]))
    assert path.read_text() == "before\n"


def test_lines_that_somebody_wrote_into_the_block_stay_with_it(machine: Machine) -> None:
    path = machine.root / "hosts"
    path.write_text("127.0.0.1 localhost\n")
    step = _block(path)
    machine.run(step)
    changed = path.read_text().replace("# END", "192.0.2.1 theirs\n# END")
    path.write_text(changed)
    undone = machine.run(*undo_steps([step]))
    assert undone.hows == {"hosts": "unchanged"}
    assert f"kept zkwizard's block in {path}: someone changed it" in undone.output
    assert path.read_text() == changed


def test_a_file_that_held_the_block_alone_goes_with_it(machine: Machine) -> None:
    path = machine.root / "new" / "hosts"
    machine.run(_block(path))
    machine.run(*undo_steps([_block(path)]))
    assert not path.parent.exists()


def test_a_block_without_any_receipt_is_known_by_its_marks(machine: Machine) -> None:
    """zkwizard's folder on the node was deleted by hand."""
    path = machine.root / "hosts"
    path.write_text("127.0.0.1 localhost\n# BEGIN zkwizard hosts\n10.9.8.118 master\n# END zkwizard hosts\n")
    machine.run(*undo_steps([_block(path)]))
    assert path.read_text() == "127.0.0.1 localhost\n"
