"""Home: what is saved and how it stands, and the ways to begin."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from textual.widgets import OptionList

from tests.ui.look import opened
from zkwizard.app import ZkwizardApp
from zkwizard.store.recent import recent, remember
from zkwizard.store.state import ClusterState, state_root


def journal(name: str, *events: dict[str, object]) -> None:
    """A run of a cluster, as the engine writes it."""
    folder = ClusterState(state_root(), name).new_run()
    folder.path.mkdir(parents=True)
    folder.journal.write_text("".join(json.dumps(event) + "\n" for event in events))


STARTED = {
    "event": "run-started",
    "at": 1_700_000_000.0,
    "cluster": "ours",
    "phases": ["probe"],
    "purpose": "run",
}
BEGUN = {"event": "phase-started", "at": 1_700_000_001.0, "phase": "packages", "node": "node1", "sha256": "x"}


async def test_a_new_cluster_is_a_file_at_once(place: Path) -> None:
    async with opened() as seen:
        await seen.press("n")
        await seen.shows("What shall the cluster be called?")
        await seen.type("Bad")
        await seen.shows("RFC 1123")
        await seen.press("enter")
        assert not list(place.iterdir())
        await seen.press("backspace", "backspace", "backspace")
        await seen.type("home")
        await seen.press("enter")
        await seen.shows("Step 1 of 6", "No machine yet")
        assert "name: home\n" in (place / "home.yaml").read_text()
        await seen.press("escape")
        await seen.shows("New cluster", "home", "not complete")


async def test_a_file_that_is_there_is_never_overwritten(place: Path) -> None:
    (place / "mine.yaml").write_text("name: mine\n")

    async with opened() as seen:
        await seen.press("n")
        await seen.shows("What shall")
        await seen.type("mine")
        await seen.shows("is there already")
        await seen.press("enter")
        assert (place / "mine.yaml").read_text() == "name: mine\n"


async def test_a_file_is_opened_by_its_path_and_remembered(file: Path) -> None:
    async with opened() as seen:
        await seen.press("o")
        await seen.shows("Which cluster file?")
        await seen.type("nothing.yaml")
        await seen.shows("there is no such file")
        await seen.press(*["backspace"] * len("nothing.yaml"))
        await seen.type("cluster.yaml")
        await seen.press("enter")
        await seen.shows("Step 1 of 6", "master")
    assert recent() == [file]


async def test_an_unreadable_file_is_said_and_nothing_opens(place: Path) -> None:
    broken = place / "broken.yaml"
    broken.write_text("name: [\n")
    remember(broken)

    async with opened() as seen:
        await seen.shows("broken")
        await seen.press("enter")
        seen.app.open_cluster(broken)
        await seen.pilot.pause()
        assert "Step 1" not in seen.text


async def test_an_interrupted_run_stands_first_and_goes_on(
    file: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That the run itself goes on is shown on practice nodes, in test_ui_run."""
    picked_up: list[tuple[Path, str]] = []
    monkeypatch.setattr(ZkwizardApp, "go_on", lambda app, path, what: picked_up.append((path, what)))
    other = place / "other.yaml"
    other.write_text(file.read_text().replace("name: ours ", "name: other "))
    remember(file)
    remember(other)
    journal("ours", STARTED, BEGUN)

    async with opened() as seen:
        await seen.shows("go on: run of", "in packages", "other")
        choices = seen.app.screen.query_one(OptionList)
        assert choices.get_option_at_index(0).id == f"file:{file}"
        await seen.until(lambda: choices.highlighted == 0)
        await seen.press("enter")
        await seen.until(lambda: picked_up)
    assert picked_up == [(file, "run")]


async def test_how_the_last_run_ended_is_told(file: Path) -> None:
    remember(file)
    ended = {"event": "phase-ended", "phase": "packages", "node": "node1", "outcome": "failed", "at": 1.0}
    over = {"event": "run-ended", "at": 1_700_000_009.0, "outcome": "failed"}
    journal("ours", STARTED, BEGUN, ended, over)

    async with opened() as seen:
        await seen.shows("failed on 2023-11-1", "in packages on node1")


async def test_off_the_list_leaves_the_file(file: Path) -> None:
    remember(file)

    async with opened() as seen:
        await seen.shows("ready to run")
        choices = seen.app.screen.query_one(OptionList)
        await seen.until(lambda: choices.highlighted == 0)
        await seen.press("delete")
        await seen.until(lambda: "ready to run" not in seen.text)
    assert file.exists() and recent() == []
