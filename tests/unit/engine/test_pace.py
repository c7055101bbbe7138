"""Stepping through by hand: what waits for a person, and what comes of each answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from tests.unit.engine.world import World, phase, step
from zkwizard.engine.pace import Answer, Pace
from zkwizard.engine.run import Engine
from zkwizard.engine.schedule import Task
from zkwizard.model.events import Event, Paused, PhaseEnded, PhaseSkipped, PhaseStarted, PhaseWaits
from zkwizard.model.phase import On
from zkwizard.model.ports import StopMode
from zkwizard.model.step import Outcome


def answering(pace: Pace, *answers: Answer) -> Callable[[Engine, Event], None]:
    """Allow whatever waits, and give these answers one after the other."""
    left = list(answers)

    def during(engine: Engine, event: Event) -> None:
        soon = asyncio.get_running_loop().call_soon
        if isinstance(event, Paused) and event.next:
            soon(pace.allow, event.next)
        if isinstance(event, PhaseWaits):
            soon(pace.answer, Task(event.phase, event.node), left.pop(0))

    return during


def test_by_hand_a_phase_starts_only_when_it_is_allowed(tmp_path: Path) -> None:
    world, pace = World(tmp_path), Pace(manual=True)
    ended = world.run(phase("one"), phase("two"), phase("three"), pace=pace, during=answering(pace))
    assert ended.outcome is Outcome.CHANGED
    told = [
        event.next if isinstance(event, Paused) else f"{event.phase} began"
        for event in world.events
        if isinstance(event, (Paused, PhaseStarted))
    ]
    began = [[name, *[f"{name} began"] * 3] for name in ("one", "two", "three")]
    assert told == [word for words in began for word in words]


def test_by_hand_all_may_be_allowed_and_a_pause_put_before_the_rest(tmp_path: Path) -> None:
    world, pace = World(tmp_path), Pace(manual=True)
    rests: list[str] = []

    def during(engine: Engine, event: Event) -> None:
        if isinstance(event, Paused):
            rests.append(event.next)
            asyncio.get_running_loop().call_soon(pace.allow_all)
        if isinstance(event, PhaseStarted) and event.phase == "two":
            pace.pause_after("two")

    ended = world.run(phase("one"), phase("two"), phase("three"), pace=pace, during=during)
    assert ended.outcome is Outcome.CHANGED
    assert rests == ["one", "three"]


def test_a_failed_phase_waits_and_is_done_again(tmp_path: Path) -> None:
    world, pace = World(tmp_path), Pace(manual=True)
    mark = tmp_path / "mark"
    flaky = step(f"[ -e {mark} ] || {{ touch {mark}; exit 7; }}")
    ended = world.run(
        phase("one", flaky, on=On.FIRST_CONTROL_PLANE),
        phase("two"),
        pace=pace,
        during=answering(pace, Answer.RETRY),
    )
    assert ended.outcome is Outcome.CHANGED
    assert ended.failed == ()
    waits = [event for event in world.events if isinstance(event, PhaseWaits)]
    assert [(event.phase, event.node, event.blocked) for event in waits] == [
        ("one", "master", ("two@master",))
    ]
    outcomes = [e.outcome for e in world.events if isinstance(e, PhaseEnded) and e.phase == "one"]
    assert outcomes == [Outcome.FAILED, Outcome.CHANGED]


def test_a_skipped_phase_keeps_nothing_from_starting(tmp_path: Path) -> None:
    world, pace = World(tmp_path), Pace(manual=True)
    ended = world.run(
        phase("one", step("exit 7"), on=On.FIRST_CONTROL_PLANE),
        phase("two"),
        pace=pace,
        during=answering(pace, Answer.SKIP),
    )
    assert ended.outcome is Outcome.CHANGED
    assert ended.skipped == ("one@master",)
    assert [(e.phase, e.node) for e in world.events if isinstance(e, PhaseSkipped)] == [("one", "master")]
    assert world.ended()["two@master"] is Outcome.CHANGED


def test_giving_up_fails_what_needs_it_and_the_rest_still_pauses(tmp_path: Path) -> None:
    world, pace = World(tmp_path), Pace(manual=True)
    ended = world.run(
        phase("one", step("exit 7"), on=On.FIRST_CONTROL_PLANE),
        phase("two"),
        phase("three"),
        pace=pace,
        during=answering(pace, Answer.GIVE_UP),
    )
    assert ended.outcome is Outcome.FAILED
    assert ended.failed == ("one@master",)
    assert world.ended()["three@node1"] is Outcome.CHANGED
    assert "two@master" not in world.ended()


def test_stopping_ends_every_waiting(tmp_path: Path) -> None:
    world, pace = World(tmp_path), Pace(manual=True)
    stopping: list[asyncio.Task[None]] = []

    def during(engine: Engine, event: Event) -> None:
        if isinstance(event, Paused) and event.next == "one":
            asyncio.get_running_loop().call_soon(pace.allow, "one")
        elif isinstance(event, Paused):
            stopping.append(asyncio.ensure_future(engine.stop(StopMode.GENTLY)))

    failing = phase("one", step("exit 7"), on=On.FIRST_CONTROL_PLANE)
    ended = world.run(failing, phase("two"), phase("three"), pace=pace, during=during)
    assert stopping
    assert ended.outcome is Outcome.FAILED
    assert ended.failed == ("one@master",)
    assert set(world.ended()) == {"one@master"}


def test_contact_lost_for_long_is_followed_again_when_it_is_tried_again(tmp_path: Path) -> None:
    world, pace = World(tmp_path), Pace(manual=True)
    count = tmp_path / "count"
    world.network.nodes["master"].dead_line = True
    answer = answering(pace, Answer.RETRY)

    def during(engine: Engine, event: Event) -> None:
        if isinstance(event, PhaseWaits):
            world.network.nodes["master"].dead_line = False
        answer(engine, event)

    ended = world.run(
        phase("one", step(f"echo x >>{count}; touch done"), on=On.FIRST_CONTROL_PLANE),
        pace=pace,
        during=during,
    )
    assert ended.outcome is Outcome.CHANGED
    assert ended.left == ()
    assert count.read_text() == "x\n"
