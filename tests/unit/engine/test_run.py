"""The engine over nodes in folders: order, failure, resuming, stopping, secrets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import pytest
from local import Answers, LocalNetwork

from zkwizard.controllers.by_hand import ByHand
from zkwizard.engine.pace import Answer, Pace
from zkwizard.engine.request import History, Request
from zkwizard.engine.run import Engine
from zkwizard.engine.schedule import Needs, Task, graph, select
from zkwizard.engine.vault import Vault
from zkwizard.model.cluster import Cluster, Driver, Node, Overlay, Role, Ssh
from zkwizard.model.context import Context
from zkwizard.model.errors import InputError
from zkwizard.model.events import (
    Event,
    LinkChanged,
    Output,
    Paused,
    PhaseEnded,
    PhaseSkipped,
    PhaseStarted,
    PhaseWaits,
    RunEnded,
    StepEnded,
)
from zkwizard.model.phase import On, Phase, Work
from zkwizard.model.placeholders import hole, secret_ref
from zkwizard.model.ports import StopMode
from zkwizard.model.secret import Redactor
from zkwizard.model.step import Outcome, Step
from zkwizard.model.text import T
from zkwizard.steps import vocabulary as v
from zkwizard.store.journal import Journal, read
from zkwizard.store.state import ClusterState

NODES = ["master", "node1", "node2"]


def cluster() -> Cluster:
    nodes = tuple(
        Node(
            name=name,
            role=Role.WORKER if number else Role.CONTROL_PLANE,
            ssh=Ssh(host="127.0.0.1", port=2200 + number),
            overlay_ip=IPv4Address(f"10.9.8.{number + 1}"),
        )
        for number, name in enumerate(NODES)
    )
    overlay = Overlay(driver=Driver.EXISTING, cidr=IPv4Network("10.9.8.0/24"))
    return Cluster(name="home", overlay=overlay, nodes=nodes)


def step(apply: str = "touch done", **parts: Any) -> Step:
    parts = {"check": "false", "verify": ":", **parts}
    return v.command(parts.pop("id", "thing"), T("Title"), T("Why."), apply=apply, **parts)


def phase(name: str, steps: Callable[[Context], Sequence[Step]] | Step | None = None, **parts: Any) -> Phase:
    made = steps or step(f"touch {name}")
    if isinstance(made, Step):
        only = made
        made = lambda context: [only]  # noqa: E731 - a phase is a function
    return Phase(id=name, title=T(name), summary=T(name), on=parts.pop("on", On.ALL), steps=made, **parts)


class World:
    """One cluster in folders, and the runs made on it."""

    def __init__(self, folder: Path) -> None:
        self.network = LocalNetwork(folder / "nodes", NODES)
        self.state = ClusterState(folder / "state", "home")
        self.prompter = Answers({"proxy-password": "p@ss/w"})
        self.redactor = Redactor()
        self.events: list[Event] = []
        self.engine: Engine | None = None
        self.unattended = 0
        """Scripts on nodes that the last run did not see to their end."""

    def run(
        self,
        *phases: Phase,
        nodes: Sequence[str] = NODES,
        history: History | None = None,
        during: Callable[[Engine, Event], None] = lambda engine, event: None,
        run: str = "",
        own_runs: frozenset[str] = frozenset(),
        take_over: bool = False,
        pace: Pace | None = None,
    ) -> RunEnded:
        folder = self.state.new_run()
        request = Request(
            run=run or folder.id,
            cluster=cluster(),
            phases=phases,
            nodes=nodes,
            operator="ann@laptop",
            key=b"key",
            fingerprint="f",
            history=history,
            own_runs=own_runs,
            take_over=take_over,
        )
        self.events = []
        journal = Journal(folder)

        def emit(event: Event) -> None:
            journal(event)
            self.events.append(event)
            assert self.engine
            during(self.engine, event)

        async def main() -> RunEnded:
            vault = Vault(self.prompter, self.redactor)
            self.engine = Engine(request, self.network, ByHand(), vault, emit, values={}, pace=pace)
            ended = await asyncio.wait_for(self.engine.run(), 100)
            self.unattended = sum(node.scripts for node in self.network.nodes.values())
            return ended

        try:
            return asyncio.run(main())
        finally:
            journal.close()

    def ended(self) -> dict[str, Outcome]:
        return {f"{e.phase}@{e.node}": e.outcome for e in self.events if isinstance(e, PhaseEnded)}

    def order(self) -> list[str]:
        return [f"{e.phase}@{e.node}" for e in self.events if isinstance(e, PhaseStarted)]

    def reason(self, name: str) -> str:
        return next(
            str(e.reason) for e in self.events if isinstance(e, PhaseEnded) and f"{e.phase}@{e.node}" == name
        )


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_all_phases_on_all_nodes_then_nothing_to_do(world: World) -> None:
    names = phase("names", step("touch $NODE/names", check="[ -e $NODE/names ]", verify=""))
    assert world.run(names).outcome is Outcome.CHANGED
    again = world.run(names)
    assert (again.outcome, again.changed) == (Outcome.UNCHANGED, 0)


def test_a_node_goes_on_without_waiting_for_a_slower_one(world: World) -> None:
    wait = 'until [ -e "$NODE/go" ]; do sleep 0.02; done'
    slow = phase("first", lambda c: [step(wait if c.node.name == "node2" else ":")])

    def let_go(engine: Engine, event: Event) -> None:
        if isinstance(event, PhaseEnded) and (event.phase, event.node) == ("second", "node1"):
            (world.network.nodes["node2"].folder / "go").touch()

    world.run(slow, phase("second"), during=let_go)
    order = world.order()
    ends = [f"{e.phase}@{e.node}" for e in world.events if isinstance(e, PhaseEnded)]
    assert ends.index("second@node1") < ends.index("first@node2")
    assert order.index("first@node2") < order.index("second@node1")


def test_a_phase_waits_for_what_it_names(world: World) -> None:
    slow = phase("network", step("sleep 0.5"), on=On.FIRST_CONTROL_PLANE)
    world.run(phase("names"), slow, phase("join", on=On.OTHERS, after=("network",)))
    ends = [f"{e.phase}@{e.node}" for e in world.events if isinstance(e, PhaseEnded)]
    starts = [i for i, e in enumerate(world.events) if isinstance(e, PhaseStarted) and e.phase == "join"]
    network_end = next(
        i for i, e in enumerate(world.events) if isinstance(e, PhaseEnded) and e.phase == "network"
    )
    assert min(starts) > network_end
    assert set(ends) >= {"join@node1", "join@node2"}


def test_the_first_control_plane_leads_and_others_use_what_it_captured(world: World) -> None:
    def steps(context: Context) -> list[Step]:
        if context.node.name == "master":
            return [v.capture("version", T("t"), T("w"), values={"version": "echo 1.36.4"})]
        return [step(f"echo {context.value('master', 'version', 'by master')} >$NODE/version")]

    assert world.run(phase("packages", steps, leader_first=True)).outcome is Outcome.CHANGED
    assert (world.network.nodes["node1"].folder / "version").read_text() == "1.36.4\n"


def test_a_failed_worker_does_not_hold_up_the_others(world: World) -> None:
    fails = phase("runtime", lambda c: [step("exit 5" if c.node.name == "node1" else ":")])
    leader = phase("network", on=On.FIRST_CONTROL_PLANE, after=("runtime",))
    ended = world.run(fails, leader, phase("join", on=On.OTHERS, after=("network",)))
    assert ended.failed == ("runtime@node1",)
    done = world.ended()
    assert done["join@node2"] is Outcome.CHANGED
    assert "join@node1" not in done
    assert world.reason("runtime@node1") == "step thing failed"


def test_a_failed_control_plane_holds_up_what_needs_it(world: World) -> None:
    fails = phase("network", step("exit 5"), on=On.FIRST_CONTROL_PLANE)
    world.run(fails, phase("join", on=On.OTHERS, after=("network",)))
    assert set(world.ended()) == {"network@master"}


def test_a_failed_gate_keeps_everything_from_starting(world: World) -> None:
    gate = phase("links", lambda c: [step("exit 5" if c.node.name == "node2" else ":")], gate=True)
    world.run(gate, phase("names"))
    assert {name.split("@")[0] for name in world.ended()} == {"links"}


def test_an_unreachable_node_fails_with_words_and_the_rest_goes_on(world: World) -> None:
    world.network.nodes["node2"].unreachable = True
    ended = world.run(phase("names"))
    assert ended.failed == ("names@node2",)
    assert world.reason("names@node2") == "nobody answers at port 22"
    assert world.engine and world.engine.connection_failures == {"node2"}
    assert world.network.nodes["node2"].logins == 2, "the first look and taking it, which share one attempt"


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


def test_a_node_of_another_run_keeps_the_whole_run_from_starting(world: World) -> None:
    """Two runs at once on one cluster would undo each other's work, so no node is touched."""
    world.network.nodes["node1"].holder = "other"
    assert world.run(phase("names")).failed == ("names@master", "names@node1", "names@node2")
    for name in NODES:
        assert "node1: it belongs to the run of bob@desk" in world.reason(f"names@{name}")
        assert "zkwizard follow" in world.reason(f"names@{name}")
        assert world.network.nodes[name].started == []
        assert not world.network.nodes[name].record_file.exists(), "what was taken is given back"


def test_who_is_at_work_is_told_before_the_machines_are_judged(world: World) -> None:
    world.network.nodes["node2"].holder = "other"
    world.network.nodes["node2"].at_work = True
    world.run(phase("probe", work=Work.FACTS), phase("names"))
    assert set(world.ended()) == {"probe@master", "probe@node1", "probe@node2"}
    assert "bob@desk (cluster home, run other" in world.reason("probe@master")
    assert "in phase init" in world.reason("probe@master")
    assert world.unattended == 0
    assert not any(node.record_file.exists() for node in world.network.nodes.values())


def test_a_probe_alone_disturbs_nobody(world: World) -> None:
    world.network.nodes["node2"].holder = "other"
    world.network.nodes["node2"].at_work = True
    world.run(phase("probe", work=Work.FACTS))
    assert all("bob@desk" not in str(e.reason) for e in world.events if isinstance(e, PhaseEnded))


def test_a_run_that_waits_for_another_node_is_not_idle(world: World) -> None:
    """Its claim of node1 has nothing at work, but it is at work on master."""
    for name in ("master", "node1"):
        world.network.nodes[name].holder = "other"
    world.network.nodes["master"].at_work = True
    world.run(phase("names"), nodes=["node1"], take_over=True)
    assert "master: bob@desk" in world.reason("names@node1")
    world.network.nodes["master"].at_work = False
    assert world.run(phase("names"), nodes=["node1"], take_over=True).outcome is Outcome.CHANGED


def test_all_nodes_are_held_until_the_last_one_is_done(world: World) -> None:
    """Also one that has nothing to do in this run, and one whose own work is long over."""
    held: list[set[str]] = []

    def look(engine: Engine, event: Event) -> None:
        if isinstance(event, StepEnded):
            held.append({name for name, node in world.network.nodes.items() if node.record_file.exists()})

    world.run(
        phase("names", lambda c: [step("sleep 0.3" if c.node.name == "master" else ":")]),
        phase("init", on=On.FIRST_CONTROL_PLANE),
        during=look,
    )
    assert held == [set(NODES)] * 4
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


def test_a_vanished_job_is_started_anew_and_said(world: World) -> None:
    world.network.nodes["node1"].vanish = 1
    assert world.run(phase("names")).outcome is Outcome.CHANGED
    assert world.network.nodes["node1"].started == ["names", "names"]


def test_holes_refuse_to_run(world: World) -> None:
    step_with_hole = step(f"echo '{hole('token', 'made at join')}'")
    world.run(phase("join", step_with_hole))
    assert "token: made at join" in world.reason("join@master")
    assert world.network.nodes["master"].started == []


def test_failed_steps_keep_their_last_lines(world: World) -> None:
    world.run(phase("names", step("seq 1 100; echo last; exit 3")), nodes=["master"])
    failed = next(e for e in world.events if isinstance(e, StepEnded))
    assert failed.code == 3
    assert failed.tail[-2:] == ("100", "last")


def test_secrets_reach_the_node_and_nothing_else(world: World, tmp_path: Path) -> None:
    content = f"proxy = me:{secret_ref('proxy-password')}@host\n"
    apply = "zk_content cat >$NODE/conf; cat $NODE/conf; printf 'p@ss/w plain\\n'"
    world.run(phase("proxy", step(apply, content=content)), nodes=["node1"])
    node = world.network.nodes["node1"].folder
    assert (node / "conf").read_text() == "proxy = me:p%40ss%2Fw@host\n"
    output = b"".join(e.data for e in world.events if isinstance(e, Output))
    assert output == b"proxy = me:[secret]@host\n[secret] plain\n"
    written = [path for path in (tmp_path / "state").rglob("*") if path.is_file()]
    assert len(written) >= 2
    for path in written:
        assert b"p@ss/w" not in path.read_bytes() and b"p%40ss%2Fw" not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0


def test_a_secret_nobody_can_give_fails_with_the_variable_to_set(world: World) -> None:
    world.prompter = Answers({})
    world.run(phase("proxy", step("zk_content cat", content=secret_ref("proxy-password"))))
    assert "ZKWIZARD_PROXY_PASSWORD" in world.reason("proxy@master")


def test_stopping_gently_ends_after_the_step_and_starts_nothing_more(world: World) -> None:
    steps = [step('until [ -e "$ZK_DIR/stop" ]; do sleep 0.02; done', id="slow"), step(id="next")]
    tasks: list[asyncio.Task[None]] = []

    def stop(engine: Engine, event: Event) -> None:
        if isinstance(event, PhaseStarted) and event.node == "node2":
            tasks.append(asyncio.get_running_loop().create_task(stop_soon(engine)))

    async def stop_soon(engine: Engine) -> None:
        folder = world.network.nodes["node2"].folder
        while not list(folder.glob("*/names/log")):
            await asyncio.sleep(0.01)
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


@pytest.mark.parametrize("apply", [":", "exit 1"])
def test_nodes_are_given_back_however_it_ends(world: World, apply: str) -> None:
    world.run(phase("names", step(apply)), phase("system"))
    assert not any(node.record_file.exists() for node in world.network.nodes.values())


def test_a_node_that_an_earlier_run_from_here_holds_idle_is_taken(world: World) -> None:
    world.network.nodes["node1"].holder = "earlier"
    assert world.run(phase("names"), own_runs=frozenset({"earlier"})).outcome is Outcome.CHANGED


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


def test_selecting_phases() -> None:
    phases = [phase(name) for name in ("a", "b", "c")]
    assert [p.id for p in select(phases, first="b")] == ["b", "c"]
    assert [p.id for p in select(phases, last="b")] == ["a", "b"]
    assert [p.id for p in select(phases, only=["c", "a"])] == ["a", "c"]
    with pytest.raises(InputError, match="--from c comes after --until a"):
        select(phases, first="c", last="a")


def test_nodes_take_turns_where_a_phase_says_so() -> None:
    needs = graph(cluster(), [replace(phase("join"), one_at_a_time=True)], NODES)
    assert needs[Task("join", "node1")] == Needs(settled=(Task("join", "master"),))
    assert needs[Task("join", "node2")] == Needs(settled=(Task("join", "node1"),))


# Stepping through by hand ---------------------------------------------------------------------------------


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
