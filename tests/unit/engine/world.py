"""A cluster on nodes in folders, and the runs of the engine made on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

from tests.unit.engine.local import Answers, LocalNetwork
from zkwizard.controllers.by_hand import ByHand
from zkwizard.engine.pace import Pace
from zkwizard.engine.request import History, Request
from zkwizard.engine.run import Engine
from zkwizard.engine.vault import Vault
from zkwizard.model.cluster import Cluster, Driver, Node, Overlay, Role, Ssh
from zkwizard.model.context import Context
from zkwizard.model.events import Event, PhaseEnded, PhaseStarted, RunEnded
from zkwizard.model.phase import On, Phase
from zkwizard.model.secret import Redactor
from zkwizard.model.step import OperatorStep, Outcome, Step
from zkwizard.model.text import T
from zkwizard.steps import vocabulary as v
from zkwizard.store.journal import Journal
from zkwizard.store.state import ClusterState

NODES = ["master", "node1", "node2"]


def cluster() -> Cluster:
    """A control plane and two workers on this machine, in a network that is there already."""
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
    """A step that always has something to do and is content with it, unless ``parts`` say otherwise."""
    parts = {"check": "false", "verify": ":", **parts}
    return v.command(parts.pop("id", "thing"), T("Title"), T("Why."), apply=apply, **parts)


Steps = Callable[[Context], Sequence[Step | OperatorStep]]


def phase(name: str, steps: Steps | Step | None = None, **parts: Any) -> Phase:
    """A phase with these steps, or this one, on all nodes; by default its step touches a file."""
    own = steps or step(f"touch {name}")
    of_node: Steps = (lambda context: [own]) if isinstance(own, Step) else own
    return Phase(id=name, title=T(name), summary=T(name), on=parts.pop("on", On.ALL), steps=of_node, **parts)


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
        explain: bool = False,
    ) -> RunEnded:
        """A run of these phases to its end; ``during`` is called with every event."""
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
            self.engine = Engine(
                request, self.network, ByHand(), vault, emit, values={}, pace=pace, explain=explain
            )
            ended = await asyncio.wait_for(self.engine.run(), 100)
            self.unattended = sum(node.scripts for node in self.network.nodes.values())
            return ended

        try:
            return asyncio.run(main())
        finally:
            journal.close()

    def ended(self) -> dict[str, Outcome]:
        """phase@node → how it ended, in the last run."""
        return {f"{e.phase}@{e.node}": e.outcome for e in self.events if isinstance(e, PhaseEnded)}

    def order(self) -> list[str]:
        """phase@node in the order in which they began."""
        return [f"{e.phase}@{e.node}" for e in self.events if isinstance(e, PhaseStarted)]

    def reason(self, name: str) -> str:
        """Why phase@node ended as it did."""
        return next(
            str(e.reason) for e in self.events if isinstance(e, PhaseEnded) and f"{e.phase}@{e.node}" == name
        )
