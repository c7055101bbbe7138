"""``zkwizard follow``: see what somebody else's run does, from any machine with a login."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from argparse import Namespace
from collections.abc import Awaitable, Callable, Iterator, Sequence
from types import FrameType

from zkwizard.cli.printers import JsonPrinter, News, Printer, Titles, describe, titles
from zkwizard.cli.session import Session
from zkwizard.engine.background import Background, Emit, Register
from zkwizard.engine.planning import plan
from zkwizard.engine.watch import Watch
from zkwizard.model.cluster import Cluster
from zkwizard.model.errors import ConnectionFailed, ExitCode
from zkwizard.model.events import (
    Event,
    FollowEnded,
    Output,
    PhaseEnded,
    PhaseStarted,
    RunFollowed,
    StepBegan,
)
from zkwizard.model.ports import StopMode
from zkwizard.model.remains import Teardown
from zkwizard.model.step import Outcome
from zkwizard.model.terminal import harmless
from zkwizard.model.text import T
from zkwizard.phases.order import PHASES
from zkwizard.phases.teardown.order import phases as teardown_phases
from zkwizard.widgets.words import say


class _Interrupted:
    """Ctrl-C ended the following; on the nodes all goes on."""


_Result = FollowEnded | None | _Interrupted
_Following = tuple[_Result, dict[str, ConnectionFailed]]
"""How it ended, and the nodes that could not be followed."""


def follow(options: Namespace) -> int:
    """Follow the run that holds the nodes until it gives them back; changes nothing there."""
    session = Session(options)
    nodes = session.chosen(options.node)
    names = follow_titles(session.cluster)
    printer: Printer = JsonPrinter() if options.json else FollowPrinter(names)
    background: Background[_Following] = Background(_work(session, nodes, options.patience))
    _show(background, printer)
    result, unreachable = background.result()
    return _exit_code(session.cluster.name, nodes, result, unreachable)


def follow_titles(cluster: Cluster) -> Titles:
    """Of all that somebody may be doing there: a run, or a reset of the whole cluster or of workers."""
    leader = cluster.first_control_plane.name
    everything = Teardown(tuple(node.name for node in cluster.nodes), packages=True, leave_overlay=True)
    workers = Teardown(tuple(name for name in everything.nodes if name != leader))
    known = (PHASES, teardown_phases(everything), teardown_phases(workers))
    return {at: title for phases in known for at, title in titles(plan(cluster, phases)).items()}


class FollowPrinter:
    """Lines on stdout: phases, steps, and what they print."""

    def __init__(self, names: Titles) -> None:
        self._titles = names
        self._is_news = News()

    def show(self, events: Sequence[Event]) -> None:
        """Print what is worth a line, at once."""
        for event in filter(self._is_news, events):
            when = time.strftime("%H:%M:%S", time.localtime(event.at))
            lines = [*_told(event, self._titles), *describe(event, self._titles)]
            if lines:
                print(harmless("\n".join(f"{when} {line}" for line in lines)))
        sys.stdout.flush()

    def close(self) -> None:
        """Nothing is kept back."""


def _told(event: Event, names: Titles) -> Iterator[str]:
    """What only a follower wants a line for: he did not start it, and sees no grid."""
    match event:
        case RunFollowed():
            begun = time.strftime("%Y-%m-%d %H:%M", time.localtime(event.since))
            words = T(
                "following run {run} of cluster {cluster} on {nodes}, by {operator} since {begun}",
                run=event.run,
                cluster=event.cluster,
                nodes=", ".join(event.nodes),
                operator=event.operator,
                begun=begun,
            )
            yield say(words)
        case PhaseStarted():
            count = len(event.steps)
            words = T("begins: 1 step") if count == 1 else T("begins: {count} steps", count=count)
            yield f"{event.phase:<18} {event.node:<10} {say(words)}"
        case StepBegan():
            title = names.get((event.phase, event.node, event.step), "")
            yield f"{event.phase:<18} {event.node:<10} {event.step} …  {title}".rstrip()
        case Output():
            for line in event.data.decode(errors="replace").removesuffix("\n").split("\n"):
                yield f"{event.phase:<18} {event.node:<10} | {_last_state(line)}"
        case PhaseEnded(outcome=Outcome.CHANGED | Outcome.UNCHANGED):
            words = T("done: {count} changed", count=event.changed)
            yield f"{event.phase:<18} {event.node:<10} {say(words)}"
        case FollowEnded():
            yield _last_line(event)


def _last_line(event: FollowEnded) -> str:
    args = {"runs": ", ".join(event.runs), "seconds": f"{event.seconds:.0f}"}
    words = [T("run {runs} has given the nodes back; followed for {seconds} s", **args)]
    if event.unreachable:
        words = [T("run {runs} holds no node any more that can be reached; followed for {seconds} s", **args)]
    if event.failed:
        words.append(T("failed: {places}", places=", ".join(event.failed)))
    if event.unreachable:
        words.append(T("not followed to the end: {nodes}", nodes=", ".join(event.unreachable)))
    return "; ".join(map(say, words))


def _last_state(line: str) -> str:
    """Of a line that was written over again and again what a terminal would show in the end."""
    return line.rstrip("\r").rpartition("\r")[2]


def _work(
    session: Session, nodes: Sequence[str], patience: float
) -> Callable[[Emit, Register], Awaitable[_Following]]:
    async def work(emit: Emit, register: Register) -> _Following:
        network = session.network()
        watch = Watch(nodes, network, session.redactor, emit, patience=patience)
        following = asyncio.create_task(watch.run())

        async def stop(mode: StopMode) -> None:
            following.cancel()

        register(stop)
        try:
            return await following, watch.unreachable
        except asyncio.CancelledError:
            return _Interrupted(), watch.unreachable
        finally:
            await network.close()

    return work


def _show(background: Background[_Following], printer: Printer) -> None:
    """Print events until it is over; Ctrl-C ends the following, and nothing else."""

    def interrupted(number: int, frame: FrameType | None) -> None:
        words = T("no longer followed; on the nodes everything goes on")
        print(f"\n{say(words)}", file=sys.stderr)
        background.stop(StopMode.NOW)

    before = signal.signal(signal.SIGINT, interrupted)
    background.start()
    try:
        while background.alive:
            printer.show(background.events(wait=0.1))
    finally:
        signal.signal(signal.SIGINT, before)
        printer.close()


def _exit_code(
    cluster: str, nodes: Sequence[str], result: _Result, unreachable: dict[str, ConnectionFailed]
) -> int:
    if isinstance(result, _Interrupted):
        return ExitCode.INTERRUPTED
    if result is None:
        free = ", ".join(node for node in nodes if node not in unreachable)
        words = T(
            "cluster {cluster}: no run holds {nodes}; there is nothing to follow", cluster=cluster, nodes=free
        )
        print(say(words), file=sys.stderr)
    if result and result.failed:
        return ExitCode.PHASE_FAILED
    if unreachable:
        return ExitCode.SOME_NODES_FAILED if set(nodes) - unreachable.keys() else ExitCode.CONNECTION
    return ExitCode.DONE
