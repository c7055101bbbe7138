"""What a reset refuses on its screen, and how an interrupted one is offered again: no node is needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ui.canned import FILE, CannedServices
from tests.ui.look import Seen, opened
from zkwizard.model.events import PhaseStarted, RunStarted
from zkwizard.screens.reset import Reset
from zkwizard.store.journal import Journal
from zkwizard.store.recent import remember
from zkwizard.store.state import ClusterState, state_of


@pytest.fixture
def file(place: Path) -> Path:
    path = place / "cluster.yaml"
    path.write_text(FILE)
    return path


async def looked(seen: Seen) -> Reset:
    await seen.until(lambda: isinstance(seen.app.screen, Reset) and seen.app.screen.query("#reset-ask"))
    await seen.until(lambda: seen.told("#reset-ask"), "the first look")
    await seen.until(lambda: getattr(seen.app.focused, "id", "") == "reset-name", "the cursor at the name")
    screen = seen.app.screen
    assert isinstance(screen, Reset)
    return screen


async def test_an_interrupted_reset_stands_first_and_is_looked_at_again(file: Path) -> None:
    folder = ClusterState(state_of(file), "zk").new_run()
    journal = Journal(folder)
    journal(RunStarted(at=1.0, run=folder.id, cluster="zk", phases=("stop",), purpose="reset"))
    journal(PhaseStarted(at=1.0, phase="stop", node="node1", sha256="sum"))
    journal.close()
    remember(file)
    async with opened(services=CannedServices()) as seen:
        await seen.shows("go on: reset of")
        await seen.press("home", "enter")
        await looked(seen)
        await seen.shows("Type the cluster's name, zk", "! can't be reached now, and stays as it is: node2")


async def test_nothing_is_begun_where_nobody_can_be_reached(file: Path) -> None:
    async with opened(services=CannedServices()) as seen:
        seen.app.take_back(file)
        screen = await looked(seen)
        await seen.press("shift+tab", "shift+tab", "home", "space", "down", "space")
        await seen.shows("[ ] master", "[ ] node1", "[x] node2", "✗ none of them can be reached now")
        assert screen.query_one("#reset-name").disabled
        await seen.press("end", "space")
        await seen.shows("✗ no node is chosen")


async def test_a_node_that_is_reached_by_the_overlay_does_not_leave_it(file: Path) -> None:
    file.write_text(FILE.replace("203.0.113.2", "10.9.8.65"))
    async with opened(services=CannedServices()) as seen:
        seen.app.take_back(file)
        screen = await looked(seen)
        await seen.press("shift+tab", "end", "space")
        await seen.shows("node1 would be out of reach")
        assert screen.query_one("#reset-name").disabled
        await seen.press("space")
        await seen.shows("Type the cluster's name, zk")


async def test_the_name_alone_does_it_and_nothing_like_it(file: Path) -> None:
    async with opened(services=CannedServices()) as seen:
        seen.app.take_back(file)
        await looked(seen)
        for wrong in ("ZK", "z", "zk2"):
            await seen.type(wrong)
            await seen.press("enter")
            await seen.shows("Nothing was done: this cluster is called zk.")
            await seen.press(*["backspace"] * len(wrong))
    runs = ClusterState(state_of(file), "zk").runs()
    assert runs == []


async def test_a_file_with_faults_is_told_and_opens_nothing(file: Path) -> None:
    file.write_text("name: zk\n")
    async with opened(services=CannedServices()) as seen:
        home = seen.app.screen
        seen.app.take_back(file)
        seen.app.troubleshoot(file)
        await seen.until(lambda: seen.app._notifications, "the reason")
        assert seen.app.screen is home
