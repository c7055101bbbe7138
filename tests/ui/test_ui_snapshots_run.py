"""Runs, failures, resets and what is asked about them, as they were looked at and kept; no node is there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from textual.screen import Screen

from tests.ui import canned_run as told
from tests.ui.canned import FILE
from tests.ui.look import Seen, opened
from tests.ui.snapshot import unchanged
from zkwizard.app import Look
from zkwizard.screens.carrying import Carrying
from zkwizard.screens.choices import Choices
from zkwizard.screens.done import Done
from zkwizard.screens.failure import Failure
from zkwizard.screens.person import Needed
from zkwizard.screens.proof import ProofScreen
from zkwizard.screens.run import Run
from zkwizard.store.catalogue import translator
from zkwizard.widgets.log_pane import LogPane
from zkwizard.widgets.run.grid import RunGrid

SIZES = [(80, 24), (120, 40)]


@dataclass(frozen=True)
class Shot:
    """What is told, the screen that it leads to, and the keys pressed there."""

    tale: told.Tale
    screen: type[Screen[Any]]
    keys: tuple[str, ...] = ()


SHOTS: dict[str, Shot] = {
    "run-waiting": Shot(told.waiting, Run),
    "run": Shot(told.halfway, Run),
    "run-log": Shot(told.halfway, Run, ("tab",)),
    "run-log-filtered": Shot(told.halfway, Run, ("tab", "slash", *"pulled", "enter")),
    "run-log-times": Shot(told.halfway, Run, ("tab", "t", "up")),
    "run-last-lines": Shot(told.halfway, Run, ("v",)),
    "run-messages": Shot(told.halfway, Run, ("m",)),
    "run-zoomed": Shot(told.halfway, Run, ("z",)),
    "run-stop-now": Shot(told.halfway, Run, ("H",)),
    "run-leaving": Shot(told.halfway, Run, ("q",)),
    "run-help": Shot(told.halfway, Run, ("f1",)),
    "run-held": Shot(told.held, Choices),
    "run-person": Shot(told.person, Needed),
    "run-asking": Shot(told.asking, Failure, ("escape",)),
    "run-skip": Shot(told.asking, Failure, ("escape", "x")),
    "run-failed": Shot(told.failed, Run),
    "run-over": Shot(told.done, Done, ("escape",)),
    "failure": Shot(told.explained_failure, Failure),
    "failure-looking": Shot(told.asking, Failure),
    "done": Shot(told.done, Done),
    "done-merge": Shot(told.done, Done, ("m",)),
    "done-save": Shot(told.done, Done, ("k",)),
}
RESETS: dict[str, Shot] = {
    "carrying": Shot(told.resetting, Carrying),
    "carrying-failed": Shot(told.reset_failed, Carrying),
    "proof": Shot(told.proved, ProofScreen),
}
IN_CHINESE = ("run-waiting", "run", "run-asking", "failure", "done", "run-leaving")
CHINESE = Look(translator(["zh_TW"]))


@pytest.fixture
def file(scene: Path) -> Path:
    path = scene / "cluster.yaml"
    path.write_text(FILE)
    return path


async def run(seen: Seen, file: Path, shot: Shot) -> None:
    """Begin the run, and go to where the picture is taken."""
    seen.app.go_on(file, "run")
    await seen.until(lambda: isinstance(seen.app.screen, shot.screen), shot.screen.__name__)
    if shot.screen is Run:
        await seen.until(lambda: seen.app.screen.query(RunGrid), "the grid")
    await seen.walk(*shot.keys)


async def reset(seen: Seen, file: Path, shot: Shot) -> None:
    """Begin a reset of all that is in reach."""
    seen.app.take_back(file)
    await seen.until(lambda: seen.app.screen.query("#reset-name:focus"), "the name may be typed")
    await seen.type("zk")
    await seen.press("enter")
    await seen.until(lambda: isinstance(seen.app.screen, shot.screen), shot.screen.__name__)
    await seen.rests()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", SHOTS)
async def test_runs(name: str, size: tuple[int, int], file: Path) -> None:
    async with opened(size=size, services=told.ToldServices(SHOTS[name].tale)) as seen:
        await run(seen, file, SHOTS[name])
        unchanged(seen, name)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", RESETS)
async def test_resets(name: str, size: tuple[int, int], file: Path) -> None:
    async with opened(size=size, services=told.ToldServices(RESETS[name].tale)) as seen:
        await reset(seen, file, RESETS[name])
        unchanged(seen, name)


async def test_where_there_is_room_the_log_stands_beside_the_grid(file: Path) -> None:
    async with opened(size=(160, 50), services=told.ToldServices(told.halfway)) as seen:
        await run(seen, file, SHOTS["run"])
        unchanged(seen, "run")


@pytest.mark.parametrize("size", SIZES)
async def test_a_log_that_grows_while_one_reads(size: tuple[int, int], file: Path) -> None:
    async with opened(size=size, services=told.ToldServices(told.halfway)) as seen:
        await run(seen, file, SHOTS["run-log"])
        await seen.press("pageup")
        pane = seen.app.screen.query_one(LogPane)
        pane.feed("master", [f"[config/images] Pulled image {number}" for number in range(214)])
        await seen.shows("214 new")
        await seen.rests()
        unchanged(seen, "run-log-paused")


@pytest.mark.parametrize("name", IN_CHINESE)
async def test_runs_in_chinese(name: str, file: Path) -> None:
    async with opened(services=told.ToldServices(SHOTS[name].tale), look=CHINESE) as seen:
        await run(seen, file, SHOTS[name])
        unchanged(seen, f"{name}-zh_TW")


@pytest.mark.parametrize("name", RESETS)
async def test_resets_in_chinese(name: str, file: Path) -> None:
    async with opened(services=told.ToldServices(RESETS[name].tale), look=CHINESE) as seen:
        await reset(seen, file, RESETS[name])
        unchanged(seen, f"{name}-zh_TW")
