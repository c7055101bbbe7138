"""The engine on a real node that goes on by itself: what zkwizard did not see, and what it stops."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest

from tests.remote.jobs import phases_begun
from tests.remote.operator import Operator, network
from tests.sshd.farm import TestNode
from tests.waiting import has, until_async
from zkwizard.controllers.by_hand import ByHand
from zkwizard.engine.request import History, Request
from zkwizard.engine.run import Engine
from zkwizard.engine.vault import Vault
from zkwizard.model.cluster import Cluster, Driver, Node, Overlay, Role, Ssh
from zkwizard.model.events import Event, Notice, Output, PhaseEnded, PhaseStarted
from zkwizard.model.phase import On, Phase
from zkwizard.model.ports import StopMode
from zkwizard.model.secret import Redactor
from zkwizard.model.step import Outcome
from zkwizard.model.text import T
from zkwizard.steps import vocabulary as v

RUN = "r1"
DID = "/var/lib/zkwizard/did"
WAITS = (
    f'echo waits >>{DID}; until [ -e "$ZK_DIR/go" ]; do [ ! -e "$ZK_DIR/stop" ] || exit 143; sleep 0.02; done'
)


def phase(name: str, apply: str) -> Phase:
    step = v.command("thing", T("Title"), T("Why."), check="false", apply=apply, verify=":")
    return Phase(id=name, title=T(name), summary=T(name), on=On.ALL, steps=lambda context: [step])


def three(middle: str = WAITS) -> list[Phase]:
    """``p1`` is at work until it is let go."""
    return [
        phase("p0", f"echo p0 >>{DID}"),
        phase("p1", f"{middle}\necho p1 >>{DID}"),
        phase("p2", f"echo p2 >>{DID}"),
    ]


class Operation:
    """One zkwizard, as it may be killed and started again."""

    def __init__(self, node: TestNode, known_hosts: Path) -> None:
        self._node = node
        self._known_hosts = known_hosts
        self.events: list[Event] = []

    def engine(
        self, phases: Sequence[Phase], history: History | None = None
    ) -> tuple[Engine, Callable[[], Awaitable[None]]]:
        self.events = []
        ssh = Ssh(host="127.0.0.1", port=self._node.port, user="root", key=str(self._node.key))
        cluster = Cluster(
            name="test",
            overlay=Overlay(driver=Driver.EXISTING, cidr="10.9.0.0/24"),
            nodes=(Node(name="n1", role=Role.CONTROL_PLANE, overlay_ip="10.9.0.1", ssh=ssh),),
        )
        request = Request(
            run=RUN,
            cluster=cluster,
            phases=phases,
            nodes=["n1"],
            operator="ann@laptop",
            key=b"key",
            fingerprint="f",
            history=history,
        )
        operator = Operator()
        redactor = Redactor()
        there = network([self._node], self._known_hosts, operator)
        engine = Engine(request, there, ByHand(), Vault(operator, redactor), self.events.append, values={})
        return engine, there.close

    async def killed(self, phases: Sequence[Phase]) -> dict[tuple[str, str], str]:
        """A run that ends while the node is at work on ``p1``; gives what a journal would know that ended
        before anything of ``p1`` came in: the programs that are done.
        """
        engine, close = self.engine(phases)
        task = asyncio.create_task(engine.run())
        await until_async(lambda: phases_begun(self._node), "p1 has begun", fits=has("p1"))
        await until_async(self.ended, "it is told that p0 ended", fits=has("p0"))
        task.cancel()
        await asyncio.wait([task])
        await close()
        return {("p0", "n1"): next(e.sha256 for e in self.events if isinstance(e, PhaseStarted))}

    def ended(self) -> dict[str, Outcome]:
        return {e.phase: e.outcome for e in self.events if isinstance(e, PhaseEnded)}

    def notices(self) -> list[str]:
        return [str(e.text) for e in self.events if isinstance(e, Notice)]


def did(node: TestNode) -> list[str]:
    return node.run(f"cat {DID}").split()


@pytest.fixture
def operation(node: TestNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operation:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return Operation(node, tmp_path / "known_hosts")


async def test_a_node_needs_nobody_between_phases(node: TestNode, operation: Operation) -> None:
    engine, close = operation.engine(three(middle=":"))
    ended = await engine.run()
    await close()
    assert (ended.outcome, did(node)) == (Outcome.CHANGED, ["p0", "p1", "p2"])
    assert operation.ended() == dict.fromkeys(("p0", "p1", "p2"), Outcome.CHANGED)


async def test_work_that_no_journal_knows_is_followed_and_counts(
    node: TestNode, operation: Operation
) -> None:
    """zkwizard was killed before it heard that the node had gone on."""
    done = await operation.killed(three())
    engine, close = operation.engine(three(), History(done=done))

    async def let_go() -> None:
        await until_async(lambda: "\n".join(operation.notices()), "it is said", fits=has("still at work"))
        node.run("touch /var/lib/zkwizard/runs/r1/p1/go")

    ended, _ = await asyncio.gather(engine.run(), let_go())
    await close()
    assert did(node) == ["p0", "waits", "p1", "p2"], "nothing twice"
    assert operation.ended() == dict.fromkeys(("p0", "p1", "p2"), Outcome.CHANGED) | {"p0": Outcome.UNCHANGED}
    assert not ended.failed


async def test_work_with_another_program_is_followed_and_done_again(
    node: TestNode, operation: Operation
) -> None:
    """The cluster file was changed in between."""
    done = await operation.killed(three())
    engine, close = operation.engine(three(middle=f"echo other >>{DID}"), History(done=done))

    async def let_go() -> None:
        await until_async(lambda: "\n".join(operation.notices()), "it is said", fits=has("still at work"))
        node.run("touch /var/lib/zkwizard/runs/r1/p1/go")

    ended, _ = await asyncio.gather(engine.run(), let_go())
    await close()
    assert did(node) == ["p0", "waits", "p1", "other", "p1", "p2"]
    assert not ended.failed


@pytest.mark.parametrize("mode", list(StopMode))
async def test_stopped_while_the_node_goes_on(node: TestNode, operation: Operation, mode: StopMode) -> None:
    engine, close = operation.engine(three())

    async def stop() -> None:
        await until_async(lambda: phases_begun(node), "p1 has begun", fits=has("p1"))
        await engine.stop(mode)

    ended, _ = await asyncio.gather(engine.run(), stop())
    await close()
    assert ended.outcome is Outcome.STOPPED
    assert (did(node), phases_begun(node)) == (["p0", "waits"], ["p0", "p1"])
    assert not node.run("ls /var/lib/zkwizard/claim 2>/dev/null || :"), "the node is given back"


async def test_stopped_before_the_end_of_the_first_was_heard(node: TestNode, operation: Operation) -> None:
    """The node has begun the next phase, which the engine does not know yet: stopped and followed, too."""
    engine, close = operation.engine(three())
    stopping: list[asyncio.Task[None]] = []

    def emit(event: Event) -> None:
        operation.events.append(event)
        if isinstance(event, PhaseEnded) and event.phase == "p0":
            for _ in range(500):
                if "p1" in phases_begun(node):
                    break
            stopping.append(asyncio.create_task(engine.stop(StopMode.GENTLY)))

    engine._sink = emit
    ended = await engine.run()
    await asyncio.gather(*stopping)
    await close()
    assert ended.outcome is Outcome.STOPPED
    assert phases_begun(node) == ["p0", "p1"]
    assert operation.ended() == {"p0": Outcome.CHANGED, "p1": Outcome.STOPPED}
    assert not [e for e in operation.events if isinstance(e, Output)]
    assert not node.run("ls /var/lib/zkwizard/claim 2>/dev/null || :"), "the node is given back"
