"""The engine over nodes in folders: order, what a failure holds up and what not, secrets."""

from __future__ import annotations

from pathlib import Path

from tests.unit.engine.local import Answers
from tests.unit.engine.world import World, phase, step
from zkwizard.engine.run import Engine
from zkwizard.model.context import Context
from zkwizard.model.events import Event, Output, PhaseEnded, PhaseStarted, StepEnded
from zkwizard.model.phase import On
from zkwizard.model.placeholders import hole, secret_ref
from zkwizard.model.step import Outcome, Step
from zkwizard.model.text import T
from zkwizard.steps import vocabulary as v


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
