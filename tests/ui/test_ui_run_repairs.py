"""What a person's word about a failure comes to: another try, a repair, the same run again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ui import canned_run as told
from tests.ui.canned import FILE
from tests.ui.canned_run import Story
from tests.ui.look import opened
from tests.ui.steered_run import SteeredServices
from zkwizard.engine.pace import Answer
from zkwizard.model.cause import Cause
from zkwizard.model.events import Explained
from zkwizard.model.ports import StopMode
from zkwizard.model.step import Outcome
from zkwizard.model.text import T
from zkwizard.screens.failure import Failure
from zkwizard.screens.help import Help


@pytest.fixture
def file(place: Path) -> Path:
    path = place / "cluster.yaml"
    path.write_text(FILE)
    return path


@pytest.fixture
def services() -> SteeredServices:
    return SteeredServices()


def named(story: Story, node: str, *repair: str) -> None:
    """A cause that these phases repair."""
    words = (T("The clock is wrong."), T("Certificates are not valid yet."))
    cause = Cause("clock", node, words[0], words[1], ("2020",), T("Set it."), repair=repair)
    story.tell(Explained(at=story.at, cause=cause))


async def test_where_the_failed_phase_repairs_it_that_is_tried_again(
    file: Path, services: SteeredServices
) -> None:
    async with opened(services=services) as seen:
        screen, run = await services.running(seen, file, told.asking)
        answer = run.asks("join", "node1")
        await seen.until(lambda: isinstance(seen.app.screen, Failure))
        run.tells(lambda story: named(story, "node1", "join"))
        run.tells(lambda story: named(story, "node2", "system"))
        await seen.shows("The clock is wrong.", "m Repair", "by the phases join")
        assert "phases system" not in seen.text, "another node's is not this failure's"
        await seen.press("m")
        await seen.until(answer.done)
        assert answer.result() is Answer.RETRY
        assert run.stops == []
        await seen.until(lambda: seen.app.screen is screen)
        assert screen._progress.asking() == []


@pytest.mark.parametrize(("node", "phases"), [("node1", ("system", "join")), ("master", ("join",))])
async def test_where_other_phases_or_nodes_repair_it_all_of_them_run_again(
    node: str, phases: tuple[str, ...], file: Path, services: SteeredServices
) -> None:
    def cause(story: Story) -> None:
        words = (T("Swap is on."), T("The kubelet does not start."))
        found = Cause(
            "swap", node, words[0], words[1], (), T("Off."), repair=phases, explains=("join@node1",)
        )
        story.tell(Explained(at=story.at, cause=found))

    async with opened(services=services) as seen:
        screen, run = await services.running(seen, file, told.asking)
        await seen.until(lambda: isinstance(seen.app.screen, Failure))
        run.tells(cause)
        await seen.shows("m Repair")
        await seen.press("m")
        await seen.until(lambda: run.stops == [StopMode.GENTLY], "what is at work ends first")
        assert seen.app.screen is screen
        await seen.press("f1")
        await seen.until(lambda: isinstance(seen.app.screen, Help))
        run.tells(lambda story: story.ends(Outcome.STOPPED))
        await seen.until(lambda: screen._over)
        assert isinstance(seen.app.screen, Help), "what a person reads is not taken away"
        await seen.press("f1")
        again, second = await services.shown(seen, 2)
        assert again is not screen
        assert len(seen.app.screen_stack) == 2
        order = second._story.phases
        second.pace.begin(order, {}, None, lambda phase: None)
        assert [phase for phase in order if second.pace.allows(phase)] == order[: order.index("join") + 1]


@pytest.mark.parametrize("key", ["m", "r"])
async def test_when_the_run_is_over_the_same_keys_begin_it_again(
    key: str, file: Path, services: SteeredServices
) -> None:
    async with opened(services=services) as seen:
        screen, run = await services.running(seen, file, told.explained_failure)
        await seen.until(lambda: isinstance(seen.app.screen, Failure))
        run.tells(lambda story: story.ends(Outcome.FAILED, "join@node1"))
        await seen.until(lambda: screen._over)
        await seen.press(key)
        await services.shown(seen, 2)
        assert run.stops == []


async def test_nothing_can_be_repaired_that_zkwizard_can_not(file: Path, services: SteeredServices) -> None:
    async with opened(services=services) as seen:
        _, run = await services.running(seen, file, told.asking)
        await seen.until(lambda: isinstance(seen.app.screen, Failure))
        run.tells(lambda story: named(story, "node1"))
        await seen.shows("The clock is wrong.")
        await seen.press("m")
        await seen.rests()
        assert isinstance(seen.app.screen, Failure)
        assert run.stops == []
