"""Follows a run that somebody else started, on all nodes at once, until it has given them back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence

from zkwizard.engine.schedule import Task
from zkwizard.engine.watched import WatchedNode
from zkwizard.model.errors import ConnectionFailed
from zkwizard.model.events import Event, FollowEnded, Notice, RunFollowed
from zkwizard.model.ports import Claim, Network, NodeRecord
from zkwizard.model.secret import Redactor
from zkwizard.model.step import Outcome
from zkwizard.model.text import T

_QUIET = 30.0
"""Seconds without anything at work on any node, after which it is worth a line."""


class Watch:
    """One following of a cluster's nodes."""

    def __init__(
        self,
        nodes: Sequence[str],
        network: Network,
        redactor: Redactor,
        emit: Callable[[Event], None],
        *,
        patience: float,
    ) -> None:
        """``patience``: seconds without contact after which a node is not followed any more."""
        self.unreachable: dict[str, ConnectionFailed] = {}
        """Nodes that can't be followed, or not to the end, and why."""
        self._nodes = {
            name: WatchedNode(network.connection(name), redactor, emit, patience) for name in nodes
        }
        self._network = network
        self._emit = emit
        self._runs: dict[str, Claim] = {}
        """What is followed: whoever held a node at the first look."""
        self._quiet_since = time.monotonic()
        self._quiet_told = False
        self._free = asyncio.Event()

    async def run(self) -> FollowEnded | None:
        """Follow to the end; None when no node is held. Raises ConnectionFailed when none can be reached."""
        began = time.time()
        records = await self._first()
        if not records:
            raise next(iter(self.unreachable.values()))
        self._introduce(records)
        if not self._runs:
            return None
        async with asyncio.TaskGroup() as group:
            nodes = self._nodes
            tasks = [group.create_task(self._node(nodes[name], record)) for name, record in records.items()]
            await self._free.wait()
            for task in tasks:
                task.cancel()
        ended = FollowEnded(
            at=time.time(),
            runs=tuple(self._runs),
            failed=self._failed(),
            unreachable=tuple(self.unreachable),
            seconds=time.time() - began,
        )
        self._emit(ended)
        return ended

    async def _first(self) -> dict[str, NodeRecord]:
        """What all nodes tell, asked at once; those that can't be reached are left out, and said."""
        answers = await asyncio.gather(
            *(self._network.connection(name).record() for name in self._nodes), return_exceptions=True
        )
        records = {}
        for node, answer in zip(self._nodes.values(), answers, strict=True):
            if isinstance(answer, NodeRecord):
                records[node.name] = answer
            elif isinstance(answer, ConnectionFailed):
                self._give_up(node, answer)
            else:
                raise answer
        return records

    def _introduce(self, records: Mapping[str, NodeRecord]) -> None:
        """The runs that hold nodes, each told with its nodes."""
        claims = {name: record.claim for name, record in records.items() if record.claim}
        for name, claim in claims.items():
            self._runs.setdefault(claim.run, claim)
            self._nodes[name].run = claim.run
        for run, claim in self._runs.items():
            self._emit(
                RunFollowed(
                    at=time.time(),
                    run=run,
                    cluster=claim.cluster,
                    operator=claim.operator,
                    since=claim.since,
                    nodes=tuple(name for name, held in claims.items() if held.run == run),
                )
            )
        if claims and not any(claim.alive for claim in claims.values()):
            self._tell_quiet()

    async def _node(self, node: WatchedNode, record: NodeRecord) -> None:
        """Everything that the runs do on one node; ends only when the node can't be reached any more."""
        try:
            node.pass_over(record)
            while True:
                run = record.claim.run if record.claim else node.run
                if run in self._runs:
                    await node.jobs(run, record)
                self._hold(node, record.claim)
                record = await node.news()
                self._mind_the_quiet()
        except ConnectionFailed as error:
            self._give_up(node, error)
            self._hold(node, None)

    def _hold(self, node: WatchedNode, claim: Claim | None) -> None:
        """Who holds the node now; once no followed run holds any, all is over."""
        followed = claim is not None and claim.run in self._runs
        if claim and not followed and node.run:
            node.notice(T("now belongs to another run, of {claim}", claim=claim.words))
        node.run = claim.run if claim and followed else ""
        if not any(other.run for other in self._nodes.values()):
            self._free.set()

    def _mind_the_quiet(self) -> None:
        """Say once when nothing has been at work for a while."""
        if any(node.at_work for node in self._nodes.values()):
            self._quiet_since, self._quiet_told = time.monotonic(), False
        elif time.monotonic() - self._quiet_since >= _QUIET:
            self._tell_quiet()

    def _tell_quiet(self) -> None:
        if not self._quiet_told:
            self._quiet_told = True
            text = T(
                "nothing is at work on any node now: that zkwizard waits for something, or was ended; "
                "what it does next is followed"
            )
            self._emit(Notice(at=time.time(), text=text))

    def _give_up(self, node: WatchedNode, error: ConnectionFailed) -> None:
        self.unreachable[node.name] = error
        node.notice(T("is not followed: {message}", message=error.said))

    def _failed(self) -> tuple[str, ...]:
        return tuple(
            str(Task(phase, node.name))
            for node in self._nodes.values()
            for phase, outcome in node.outcomes.items()
            if outcome is Outcome.FAILED
        )
