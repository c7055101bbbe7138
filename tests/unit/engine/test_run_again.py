"""Runs that do not come to their end: stopped, cut off; and how the next one goes on."""

from __future__ import annotations

import asyncio

import pytest

from tests.unit.engine.world import World, phase, step
from tests.waiting import until_async
from zkwizard.engine.request import History
from zkwizard.engine.run import Engine
from zkwizard.model.events import Event, LinkChanged, PhaseEnded, PhaseStarted
from zkwizard.model.phase import On, Work
from zkwizard.model.ports import StopMode
from zkwizard.model.step import Outcome
from zkwizard.store.journal import read


@pytest.mark.parametrize("probed", [True, False])
def test_a_question_that_was_interrupted_stops_the_run(probed: bool, world: World) -> None:
    """The signal comes beside it, perhaps a moment later."""
    world.network.nodes["node2"].interrupted = True

    def stop(engine: Engine, event: Event) -> None:
        if isinstance(event, PhaseEnded) and event.outcome is Outcome.STOPPED and not stops:
            stops.append(asyncio.ensure_future(engine.stop(StopMode.GENTLY)))

    stops: list[asyncio.Future[None]] = []
    phases = [phase("probe", work=Work.FACTS)] if probed else []
    ended = world.run(*phases, phase("names"), during=stop)
    assert ended.outcome is Outcome.STOPPED
    assert world.ended()[f"{'probe' if probed else 'names'}@node2"] is Outcome.STOPPED
    assert not any(node.record_file.exists() for node in world.network.nodes.values())


def test_a_node_without_contact_fails_and_the_next_run_goes_on_there(world: World) -> None:
    world.network.nodes["node2"].dead_line = True
    ended = world.run(phase("names"), run="r1")
    assert (ended.failed, ended.left) == (("names@node2",), ("node2",))
    assert world.engine and world.engine.connection_failures == {"node2"}
    assert [n for n, node in world.network.nodes.items() if node.record_file.exists()] == ["node2"]
    record = read(world.state.runs()[-1])
    assert not record.over, "the next run goes on with this one"
    assert record.failed == {("names", "node2"): "no contact for 1 h"}
    history = History(record.done, record.begun)
    assert set(history.begun) == {("names", "node2")}
    world.network.nodes["node2"].dead_line = False
    world.network.nodes["node2"].unreachable = True
    ended = world.run(phase("names"), run="r1", history=history)
    assert ended.left == ("node2",), "still not seen to its end"
    assert [e.left for e in world.events if isinstance(e, PhaseEnded) and e.node == "node2"] == [True]
    world.network.nodes["node2"].unreachable = False
    ended = world.run(phase("names"), run="r1", history=history)
    assert (ended.outcome, ended.left) == (Outcome.CHANGED, ())
    assert world.network.nodes["node2"].started == ["names"], "it was followed, not done again"


def test_stopping_gently_ends_after_the_step_and_starts_nothing_more(world: World) -> None:
    steps = [step('until [ -e "$ZK_DIR/stop" ]; do sleep 0.02; done', id="slow"), step(id="next")]
    tasks: list[asyncio.Task[None]] = []

    def stop(engine: Engine, event: Event) -> None:
        if isinstance(event, PhaseStarted) and event.node == "node2":
            tasks.append(asyncio.get_running_loop().create_task(stop_soon(engine)))

    async def stop_soon(engine: Engine) -> None:
        folder = world.network.nodes["node2"].folder
        await until_async(lambda: list(folder.glob("*/names/log")), "the phase is at work")
        await engine.stop(StopMode.GENTLY)

    ended = world.run(phase("names", lambda c: steps), phase("system"), during=stop)
    assert ended.outcome is Outcome.STOPPED
    assert "system@master" not in world.ended()
    assert set(world.ended().values()) == {Outcome.STOPPED}


def test_a_node_that_cannot_be_told_is_left_with_its_work(world: World) -> None:
    world.network.nodes["node2"].deaf = True
    tasks: list[asyncio.Task[None]] = []

    def stop(engine: Engine, event: Event) -> None:
        if isinstance(event, LinkChanged):
            tasks.append(asyncio.get_running_loop().create_task(engine.stop(StopMode.NOW)))

    ended = world.run(phase("names"), during=stop)
    assert ended.left == ("node2",)
    assert "names@node2" not in world.ended()
    record = read(world.state.runs()[-1])
    assert not record.over
    assert ("names", "node2") in record.begun


def test_a_phase_that_makes_a_secret_is_done_again_when_a_run_goes_on(world: World) -> None:
    token = phase("join-token", on=On.FIRST_CONTROL_PLANE, each_time=True)
    world.run(token, run="r1")
    programs = {(e.phase, e.node): e.sha256 for e in world.events if isinstance(e, PhaseStarted)}
    world.run(token, run="r1", history=History({}, programs))
    world.run(token, run="r1", history=History(programs, {}))
    assert world.network.nodes["master"].started == ["join-token"] * 3


def test_an_interrupted_run_goes_on_where_it_stopped(world: World) -> None:
    world.run(phase("names"), run="r1")
    programs = {(e.phase, e.node): e.sha256 for e in world.events if isinstance(e, PhaseStarted)}
    begun = {("names", "node2"): programs.pop(("names", "node2"))}
    ended = world.run(phase("names"), phase("system"), run="r1", history=History(programs, begun))
    assert ended.outcome is Outcome.CHANGED
    assert world.network.nodes["node1"].started == ["names", "system"]
    assert world.network.nodes["node2"].started == ["names", "system"]
    assert "names@node1" not in world.order()


def test_a_run_that_goes_on_with_other_answers_does_its_phases_again(world: World) -> None:
    world.run(phase("names"), run="r1")
    programs = {(e.phase, e.node): e.sha256 for e in world.events if isinstance(e, PhaseStarted)}
    changed = phase("names", step("touch other"))
    world.run(changed, run="r1", history=History({}, programs))
    assert world.network.nodes["node1"].started == ["names", "names"]


def test_the_journal_knows_how_a_run_stands(world: World) -> None:
    world.run(phase("names", lambda c: [step("exit 1" if c.node.name == "node1" else ":")]))
    record = read(world.state.runs()[-1])
    assert record.over and record.outcome == "failed"
    assert set(record.done) == {("names", "master"), ("names", "node2")}
    assert record.failed == {("names", "node1"): "step thing failed"}


def test_a_journal_cut_off_in_a_line_is_read_up_to_there(world: World) -> None:
    world.run(phase("names"))
    journal = world.state.runs()[-1].journal
    journal.write_bytes(journal.read_bytes()[:-40])
    record = read(world.state.runs()[-1])
    assert not record.over
    assert len(record.done) == 3
