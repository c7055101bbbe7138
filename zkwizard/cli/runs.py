"""One run from its first lock to its last line in the journal, for the commands and for the screens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from zkwizard.cli.session import Site
from zkwizard.controllers.by_hand import ByHand
from zkwizard.engine.background import Background, Emit, Register
from zkwizard.engine.pace import Pace
from zkwizard.engine.request import History, Request
from zkwizard.engine.run import Engine
from zkwizard.engine.vault import Vault
from zkwizard.model.events import Event, PhaseEnded, RunEnded
from zkwizard.model.phase import Phase
from zkwizard.model.ports import StopMode
from zkwizard.model.remains import Teardown
from zkwizard.store.journal import Journal, read
from zkwizard.store.state import RunFolder


@dataclass(frozen=True)
class Ended:
    """How a run ended."""

    event: RunEnded
    unreachable: frozenset[str]
    """Nodes that could not be reached."""


class Run:
    """A run in a thread of its own, with its journal, its logs, and the cluster's lock on this machine.

    Raises ZkwizardError when another zkwizard here holds the cluster. The lock is given back by `result`, or
    by `abandon` where it is never started.
    """

    def __init__(
        self,
        site: Site,
        phases: Sequence[Phase],
        nodes: Sequence[str],
        *,
        pace: Pace | None = None,
        take_over: bool = False,
        teardown: Teardown | None = None,
    ) -> None:
        self._started = False
        self._held = ExitStack()
        self._held.enter_context(site.state.lock())
        try:
            self.folder, self.history = _folder(site, "reset" if teardown else "run")
            request = Request(
                run=self.folder.id,
                cluster=site.cluster,
                phases=phases,
                nodes=nodes,
                operator=site.operator,
                key=self.folder.key(),
                fingerprint=site.fingerprint,
                teardown=teardown,
                history=self.history,
                take_over=take_over,
                own_runs=frozenset(run.id for run in site.state.runs()),
            )
            self._journal = Journal(self.folder)
            self._background = Background(_work(site, request, self._journal, pace))
        except BaseException:
            self._held.close()
            raise

    def start(self) -> None:
        """Begin."""
        self._started = True
        self._background.start()

    def abandon(self) -> None:
        """Give the cluster free if it was never started, as if nobody had asked for it; else do nothing."""
        if not self._started:
            self._journal.close()
            if self.history is None:
                self.folder.discard()
            self._held.close()

    @property
    def alive(self) -> bool:
        """Whether it is still at work, or has events that nobody took."""
        return self._background.alive

    def events(self, wait: float = 0.0) -> list[Event]:
        """Events since the last call; waits up to so many seconds for the first."""
        return self._background.events(wait)

    def stop(self, mode: StopMode) -> None:
        """Ask it to stop; from any thread."""
        self._background.stop(mode)

    def tell(self, word: Callable[[], None]) -> None:
        """Call it in the engine's thread, as the methods of a pace must be."""
        self._background.tell(word)

    def result(self) -> Ended:
        """Wait for the end; raises what went wrong in the engine itself."""
        try:
            return self._background.result()
        finally:
            self._held.close()


def _folder(site: Site, purpose: str) -> tuple[RunFolder, History | None]:
    """A new run's folder, or that of an interrupted one with what it did.

    An interrupted reset looks again at everything: nobody knows what was done by hand in between.
    """
    for run in reversed(site.state.runs()):
        record = read(run)
        if record.started and not record.over and record.purpose == purpose:
            same = record.fingerprint == site.fingerprint and purpose == "run"
            return run, History(record.done if same else {}, record.begun)
        if record.started:
            break
    return site.state.new_run(), None


def _work(
    site: Site, request: Request, journal: Journal, pace: Pace | None
) -> Callable[[Emit, Register], Awaitable[Ended]]:
    async def work(emit: Emit, register: Register) -> Ended:
        network = site.network()

        def tell(event: Event) -> None:
            if isinstance(event, PhaseEnded):  # before the journal says that the phase is done
                site.state.save_values(engine.values)
            journal(event)
            emit(event)

        engine = Engine(
            request,
            network,
            ByHand(),
            Vault(site.prompter, site.redactor),
            tell,
            values=_values(site, request.teardown),
            keep_program=journal.program,
            settled=journal.settled,
            explain=request.teardown is None,
            pace=pace,
        )
        register(engine.stop)
        try:
            return Ended(await engine.run(), frozenset(engine.connection_failures))
        finally:
            await network.close()
            journal.close()

    return work


def _values(site: Site, teardown: Teardown | None) -> dict[tuple[str, str], str]:
    """What steps have captured before; of nodes that are taken back nothing is true any more."""
    values = site.state.values()
    if teardown is None:
        return values
    whole = site.cluster.first_control_plane.name in teardown.nodes
    kept = {at: value for at, value in values.items() if not whole and at[0] not in teardown.nodes}
    site.state.save_values(kept)
    return kept
