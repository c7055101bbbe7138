"""The end of a run on the screen: what is still asked then, what lies above, an engine that fails, a lock."""

from __future__ import annotations

import threading
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from tests.ui import canned_run as told
from tests.ui.canned import FILE, CannedConnection, CannedNetwork, CannedServices
from tests.ui.look import opened
from tests.ui.steered_run import SteeredServices
from tests.waiting import until_async
from zkwizard.model.cluster import Cluster
from zkwizard.model.errors import ConnectionFailed
from zkwizard.model.ports import Connection, Network, NodeRecord, Prompter
from zkwizard.model.step import Outcome
from zkwizard.screens.case import Case
from zkwizard.screens.choices import Choices
from zkwizard.screens.done import Done
from zkwizard.screens.failure import Failure
from zkwizard.screens.help import Help
from zkwizard.screens.home import Home
from zkwizard.screens.questions import Confirm
from zkwizard.screens.run import Run
from zkwizard.screens.services import RunHandle
from zkwizard.screens.steps import After, Step
from zkwizard.screens.too_small import TooSmall


@pytest.fixture
def file(place: Path) -> Path:
    path = place / "cluster.yaml"
    path.write_text(FILE)
    return path


@pytest.fixture
def services() -> SteeredServices:
    return SteeredServices()


# Questions ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "question"), [("q", Choices), ("ctrl+q", Choices), ("H", Confirm)])
async def test_what_is_asked_when_it_succeeds_goes_and_done_is_shown(
    key: str, question: type[Choices], file: Path, services: SteeredServices
) -> None:
    async with opened(services=services) as seen:
        screen, run = await services.running(seen, file, told.halfway)
        await seen.shows("is lost")
        await seen.press(key)
        await seen.until(lambda: isinstance(seen.app.screen, question), "the question")
        run.tells(told.done)
        await seen.until(lambda: isinstance(seen.app.screen, Done), "the end")
        assert seen.app.screen_stack[-2:] == [screen, seen.app.screen]
        assert not run.stops
        await seen.press("q")
        await seen.until(lambda: isinstance(seen.app.screen, Home))
        assert len(seen.app.screen_stack) == 1


async def test_whether_to_skip_is_asked_no_longer_than_the_run_lasts(
    file: Path, services: SteeredServices
) -> None:
    async with opened(services=services) as seen:
        screen, run = await services.running(seen, file, told.asking)
        await seen.until(lambda: isinstance(seen.app.screen, Failure))
        await seen.press("x")
        await seen.shows("Skip join on node1?")
        run.tells(lambda story: story.ends(Outcome.STOPPED, "join@node1"))
        await seen.until(lambda: seen.app.screen is screen, "the question goes")
        await seen.shows("stopped after")


async def test_what_lies_above_a_question_stays_until_it_is_closed(
    file: Path, services: SteeredServices
) -> None:
    async with opened(services=services) as seen:
        _, run = await services.running(seen, file, told.halfway)
        await seen.shows("is lost")
        await seen.press("q")
        await seen.shows("The run is not over")
        await seen.press("f1")
        await seen.until(lambda: isinstance(seen.app.screen, Help))
        run.tells(told.done)
        await seen.until(lambda: not run.alive)
        below = seen.app.screen_stack[1]
        await seen.until(lambda: isinstance(below, Run) and below._over, "the screen knows")
        assert isinstance(seen.app.screen, Help)
        await seen.press("f1")
        await seen.until(lambda: isinstance(seen.app.screen, Done), "the end, and no question")
        assert not any(isinstance(each, Choices) for each in seen.app.screen_stack)


async def test_leaving_is_asked_about_once_from_wherever_one_is(
    file: Path, services: SteeredServices
) -> None:
    async with opened(services=services) as seen:
        await services.running(seen, file, told.asking)
        await seen.until(lambda: isinstance(seen.app.screen, Failure))
        await seen.press("ctrl+q")
        await seen.shows("The run is not over")
        await seen.press("escape")
        await seen.until(lambda: isinstance(seen.app.screen, Failure))
        assert seen.app.return_code is None
        await seen.press("ctrl+q")
        await seen.shows("The run is not over")
        await seen.press("ctrl+q")
    assert seen.app.return_code == 0


# A terminal that is too small -----------------------------------------------------------------------------


async def test_the_end_comes_when_there_is_room_again(file: Path, services: SteeredServices) -> None:
    async with opened(services=services) as seen:
        screen, run = await services.running(seen, file, told.halfway)
        await seen.press("q")
        await seen.shows("The run is not over")
        await seen.pilot.resize_terminal(70, 20)
        await seen.until(lambda: isinstance(seen.app.screen, TooSmall))
        run.tells(told.done)
        await seen.until(lambda: screen._over)
        assert isinstance(seen.app.screen, TooSmall)
        await seen.pilot.resize_terminal(80, 24)
        await seen.until(lambda: isinstance(seen.app.screen, Done))
        assert [type(each) for each in seen.app.screen_stack] == [Home, Run, Done]


async def test_what_comes_while_there_is_no_room_lies_below_the_message(
    file: Path, services: SteeredServices
) -> None:
    async with opened(services=services) as seen:
        await seen.pilot.resize_terminal(70, 20)
        await seen.until(lambda: isinstance(seen.app.screen, TooSmall))
        seen.app.go_on(file, "run")
        await seen.until(lambda: services.runs and services.runs[-1].started)
        services.runs[-1].tells(told.waiting)
        await seen.until(lambda: [type(each) for each in seen.app.screen_stack] == [Home, Run, TooSmall])
        await seen.shows("70×20")
        await seen.pilot.resize_terminal(60, 15)
        await seen.shows("60×15")
        await seen.pilot.resize_terminal(80, 24)
        await seen.shows("next: probe")
        assert [type(each) for each in seen.app.screen_stack] == [Home, Run]


# The engine fails -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ExceptionGroup("tasks", [ValueError("a fault [b]of[/b] its own")]), "a fault [b]of[/b] its own"),
        (ConnectionFailed("node1", "nobody answers"), "nobody answers"),
    ],
)
async def test_an_engine_that_fails_is_told_and_the_run_can_go_on(
    error: Exception, words: str, file: Path, services: SteeredServices
) -> None:
    async with opened(size=(120, 40), services=services) as seen:
        _, run = await services.running(seen, file, told.halfway)
        await seen.shows("is lost")
        run.breaks(error)
        await seen.until(lambda: words in seen.text, "why")
        seen.app.clear_notifications()
        await seen.until(lambda: words in seen.text.splitlines()[2], "it stands there, too")
        assert "nobody's run" not in seen.text
        await seen.press("o")
        _, again = await services.shown(seen, 2, told.waiting)
        await seen.shows("next: probe")
        assert again is not run
        await seen.press("q")
        await seen.shows("The run is not over")


async def test_nothing_is_asked_about_a_run_whose_engine_failed(
    file: Path, services: SteeredServices
) -> None:
    async with opened(services=services) as seen:
        screen, run = await services.running(seen, file, told.asking)
        await seen.until(lambda: isinstance(seen.app.screen, Failure))
        run.breaks(ValueError("of its own"))
        await seen.until(lambda: screen._over)
        await seen.press("x", "g")
        assert isinstance(seen.app.screen, Failure), "nobody would hear an answer"
        await seen.press("r")
        await services.shown(seen, 2)


async def test_where_nothing_is_to_be_followed_that_is_said(file: Path) -> None:
    async with opened(services=Idle()) as seen:
        seen.app.push_screen(Run(Case.open(file), After(Step.RUN, watch=True)))
        await seen.shows("Step 6 of 6")
        words = "nobody's run holds the nodes: there is nothing to follow"
        await seen.until(lambda: words in seen.text.splitlines()[2])


class Idle(CannedServices):
    """Nodes that nobody's run holds."""

    def network(self, cluster: Cluster, file: Path, ask: Prompter) -> Network:
        return IdleNetwork()


class IdleNetwork(CannedNetwork):
    def connection(self, node: str) -> Connection:
        return IdleNode(node)


class IdleNode(CannedConnection):
    async def record(self, run: str = "", known: Collection[str] = (), *, wait: float = 0.0) -> NodeRecord:
        return NodeRecord(None)


# The lock -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["q", "ctrl+q"])
async def test_a_screen_that_is_left_before_the_run_starts_holds_nothing(key: str, file: Path) -> None:
    services = Late()
    async with opened(services=services) as seen:
        seen.app.go_on(file, "run")
        await seen.until(services.asked.is_set)
        assert isinstance(seen.app.screen, Run)
        await seen.press(key)
        await seen.until(lambda: seen.app.return_code == 0 or isinstance(seen.app.screen, Home))
    services.may_begin.set()
    await until_async(lambda: [run for run in services.runs if run.abandoned], "the cluster is free")
    assert not services.runs[0].started


class Late(SteeredServices):
    """A run whose beginning takes until the test allows it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.may_begin = threading.Event(), threading.Event()

    def begin(self, *args: Any, **named: Any) -> RunHandle:
        self.asked.set()
        self.may_begin.wait(60)
        return super().begin(*args, **named)
