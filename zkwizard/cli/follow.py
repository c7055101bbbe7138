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
from zkwizard.model.step import Outcome
from zkwizard.model.terminal import harmless
from zkwizard.phases.order import PHASES


class _Interrupted:
    """Ctrl-C ended the following; on the nodes all goes on."""


_Result = FollowEnded | None | _Interrupted
_Following = tuple[_Result, dict[str, ConnectionFailed]]
"""How it ended, and the nodes that could not be followed."""


def follow(options: Namespace) -> int:
    """Follow the run that holds the nodes until it gives them back; changes nothing there."""
    session = Session(options)
    nodes = session.chosen(options.node)
    names = titles(plan(session.cluster, PHASES, nodes=nodes))
    printer: Printer = JsonPrinter() if options.json else FollowPrinter(names)
    background: Background[_Following] = Background(_work(session, nodes, options.patience))
    _show(background, printer)
    result, unreachable = background.result()
    return _exit_code(session.cluster.name, nodes, result, unreachable)


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
            where = f"of cluster {event.cluster} on {', '.join(event.nodes)}"
            yield f"following run {event.run} {where}, by {event.operator} since {begun}"
        case PhaseStarted():
            count = len(event.steps)
            yield f"{event.phase:<18} {event.node:<10} begins: {count} step{'' if count == 1 else 's'}"
        case StepBegan():
            title = names.get((event.phase, event.node, event.step), "")
            yield f"{event.phase:<18} {event.node:<10} {event.step} …  {title}".rstrip()
        case Output():
            for line in event.data.decode(errors="replace").removesuffix("\n").split("\n"):
                yield f"{event.phase:<18} {event.node:<10} | {_last_state(line)}"
        case PhaseEnded(outcome=Outcome.CHANGED | Outcome.UNCHANGED):
            yield f"{event.phase:<18} {event.node:<10} done: {event.changed} changed"
        case FollowEnded():
            yield _last_line(event)


def _last_line(event: FollowEnded) -> str:
    how = "holds no node any more that can be reached" if event.unreachable else "has given the nodes back"
    words = [f"run {', '.join(event.runs)} {how}; followed for {event.seconds:.0f} s"]
    if event.failed:
        words.append(f"failed: {', '.join(event.failed)}")
    if event.unreachable:
        words.append(f"not followed to the end: {', '.join(event.unreachable)}")
    return "; ".join(words)


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
        print("\nno longer followed; on the nodes everything goes on", file=sys.stderr)
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
        print(f"cluster {cluster}: no run holds {free}; there is nothing to follow", file=sys.stderr)
    if result and result.failed:
        return ExitCode.PHASE_FAILED
    if unreachable:
        return ExitCode.SOME_NODES_FAILED if set(nodes) - unreachable.keys() else ExitCode.CONNECTION
    return ExitCode.DONE
