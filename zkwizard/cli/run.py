"""``zkwizard run``: from the cluster file to a verified cluster."""

from __future__ import annotations

import signal
import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from zkwizard.cli.printers import JsonPrinter, PlainPrinter, Printer, titles
from zkwizard.cli.prompt import confirmed
from zkwizard.cli.runs import Ended, Run
from zkwizard.cli.session import Session
from zkwizard.engine.planning import plan
from zkwizard.engine.schedule import select
from zkwizard.model.errors import ExitCode, InputError
from zkwizard.model.events import Event, PhaseEnded
from zkwizard.model.phase import Phase
from zkwizard.model.plan import Plan
from zkwizard.model.ports import StopMode
from zkwizard.model.remains import Teardown
from zkwizard.model.step import Outcome
from zkwizard.model.text import T
from zkwizard.phases.order import PHASES, find
from zkwizard.store.recent import remember
from zkwizard.widgets.words import say


def run(options: Namespace) -> int:
    """Run the chosen phases; goes on with an interrupted run."""
    session = Session(options)
    remember(Path(options.file))
    phases = chosen_phases(options)
    nodes = session.chosen(options.node)
    forecast = plan(session.cluster, phases, nodes=nodes)
    if not options.yes and not confirmed(_question(forecast, nodes)):
        raise InputError(T("nothing was done; --yes goes on without asking, zkwizard plan shows it all"))
    return carry_out(session, phases, nodes, forecast, as_json=options.json, take_over=options.take_over)


def chosen_phases(options: Namespace) -> tuple[Phase, ...]:
    """The phases of --phase, or --from and --until. Raises InputError for unknown ones."""
    if options.phase and (options.first or options.last):
        raise InputError(T("--phase can't be combined with --from and --until"))
    for name in (*options.phase, options.first, options.last):
        if name:
            find(name)
    return select(PHASES, only=options.phase, first=options.first, last=options.last)


def carry_out(
    session: Session,
    phases: tuple[Phase, ...],
    nodes: tuple[str, ...],
    forecast: Plan,
    *,
    as_json: bool,
    take_over: bool = False,
    teardown: Teardown | None = None,
    watch: Callable[[list[Event]], None] = lambda events: None,
) -> int:
    """Run it, show it, keep its journal; gives the exit code. ``watch`` gets all events too."""
    run = Run(session, phases, nodes, take_over=take_over, teardown=teardown)
    printer = _printer(session, forecast, as_json=as_json)
    seen = _Seen()
    try:
        _show(run, [printer.show, seen.take, watch])
    finally:
        printer.close()
    if seen.failed:
        print(say(T("journal and logs: {path}", path=str(run.folder.path))), file=sys.stderr)
    ended = run.result()
    if teardown and ended.event.outcome is Outcome.FAILED:
        return _reset_code(seen, ended.unreachable, teardown.nodes)
    leader = session.cluster.first_control_plane.name
    return _exit_code(ended, seen, nodes, leader)


def _show(run: Run, sinks: list[Callable[[list[Event]], None]]) -> None:
    """Pass events to all sinks until it is over; Ctrl-C stops gently, twice now."""
    presses = 0

    def interrupted(number: int, frame: FrameType | None) -> None:
        nonlocal presses
        presses += 1
        mode = StopMode.GENTLY if presses == 1 else StopMode.NOW
        words = T("stopping after the steps at work; Ctrl-C again stops now")
        print(f"\n{say(words if presses == 1 else T('stopping now'))}", file=sys.stderr)
        run.stop(mode)

    before = signal.signal(signal.SIGINT, interrupted)
    run.start()
    try:
        while run.alive:
            batch = run.events(wait=0.1)
            for sink in sinks:
                sink(batch)
    finally:
        signal.signal(signal.SIGINT, before)


class _Seen:
    """What the exit code depends on."""

    def __init__(self) -> None:
        self.failed: list[PhaseEnded] = []

    def take(self, events: list[Event]) -> None:
        """Remember failures."""
        self.failed += [
            event for event in events if isinstance(event, PhaseEnded) and event.outcome is Outcome.FAILED
        ]


def _exit_code(ended: Ended, seen: _Seen, nodes: tuple[str, ...], leader: str) -> int:
    """Without the leader there is no cluster, so its failure is the whole run's."""
    if ended.event.outcome is Outcome.STOPPED:
        return ExitCode.INTERRUPTED
    if ended.event.outcome is not Outcome.FAILED:
        return ExitCode.DONE
    failed = {event.node for event in seen.failed}
    if failed <= ended.unreachable:
        return ExitCode.CONNECTION
    some = leader not in failed and set(nodes) - failed
    return ExitCode.SOME_NODES_FAILED if some else ExitCode.PHASE_FAILED


def _reset_code(seen: _Seen, unreachable: frozenset[str], nodes: tuple[str, ...]) -> int:
    """Every node that is taken back counts the same."""
    failed = {event.node for event in seen.failed}
    if not failed >= set(nodes):
        return ExitCode.SOME_NODES_FAILED
    return ExitCode.CONNECTION if failed <= unreachable else ExitCode.PHASE_FAILED


def _printer(session: Session, forecast: Plan, *, as_json: bool) -> Printer:
    if as_json:
        return JsonPrinter()
    if sys.stderr.isatty():
        from zkwizard.cli.live import LivePrinter

        live = LivePrinter(forecast)
        session.terminal.undisturbed = live.undisturbed
        return live
    return PlainPrinter(titles(forecast))


def _question(forecast: Plan, nodes: tuple[str, ...]) -> str:
    phases = list(dict.fromkeys(planned.phase.id for planned in forecast.phases))
    steps = sum(len(planned.program.steps) for planned in forecast.phases if planned.program)
    return say(
        T(
            "cluster {cluster}: {steps} steps in {phases} phases ({first} to {last}) on {nodes}. Go on?",
            cluster=forecast.cluster,
            steps=steps,
            phases=len(phases),
            first=phases[0],
            last=phases[-1],
            nodes=", ".join(nodes),
        )
    )
