"""What the screens need from outside: the app that leads from one to the other, and what it was given."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from textual.app import App

if TYPE_CHECKING:  # Home is on the screen before the model is loaded
    from collections.abc import Callable, Sequence

    from zkwizard.engine.pace import Pace
    from zkwizard.engine.request import History
    from zkwizard.model.cluster import Cluster
    from zkwizard.model.events import Event, RunEnded
    from zkwizard.model.phase import Phase
    from zkwizard.model.ports import Network, Prompter, StopMode
    from zkwizard.model.remains import Teardown
    from zkwizard.model.secret import Redactor, Secret
    from zkwizard.store.state import RunFolder


class Services(Protocol):
    """The way to the nodes, and the practice nodes."""

    @property
    def redactor(self) -> Redactor:
        """What is known to be secret here: nothing of it may reach a screen or a file."""

    def network(self, cluster: Cluster, file: Path, ask: Prompter) -> Network:
        """The connections to a cluster's nodes; ``ask`` is asked for what the environment does not know."""

    async def proxy_password(self, ask: Prompter) -> Secret:
        """The proxy's password, percent-encoded. Raises SecretMissing when nobody gives it."""

    def begin(
        self,
        cluster: Cluster,
        file: Path,
        ask: Prompter,
        *,
        phases: Sequence[Phase],
        nodes: Sequence[str],
        pace: Pace | None = None,
        teardown: Teardown | None = None,
        take_over: bool = False,
    ) -> RunHandle:
        """A run, or with ``teardown`` a reset, that is not started yet.

        Raises ZkwizardError when another zkwizard on this machine is at work on the cluster.
        """

    def start_practice(self) -> Path:
        """Practice nodes, started if they do not run; gives their cluster file. May block for seconds.

        Raises ZkwizardError with what is missing and how to allow it.
        """

    def practice_nodes(self) -> int:
        """How many run now."""


class RunHandle(Protocol):
    """A run in a thread of its own: nothing on the screen can hold it up."""

    @property
    def folder(self) -> RunFolder:
        """Where its journal and logs are."""

    @property
    def history(self) -> History | None:
        """What was done already, when it goes on with an interrupted run."""

    @property
    def alive(self) -> bool:
        """Whether it is still at work, or has events that nobody took."""

    def start(self) -> None:
        """Begin."""

    def abandon(self) -> None:
        """Give the cluster free if it was never started, as if nobody had asked for it; else do nothing."""

    def events(self, wait: float = 0.0) -> list[Event]:
        """Events since the last call; waits up to so many seconds for the first."""

    def stop(self, mode: StopMode) -> None:
        """Ask it to stop; from any thread."""

    def tell(self, word: Callable[[], None]) -> None:
        """Call it in the engine's thread, as the methods of a pace must be."""

    def result(self) -> RunResult:
        """Wait for the end, and give the cluster free; raises what went wrong in the engine itself."""


class RunResult(Protocol):
    """How a run ended."""

    @property
    def event(self) -> RunEnded:
        """Its last event."""

    @property
    def unreachable(self) -> frozenset[str]:
        """Nodes that could not be reached."""


class Shell(App[None]):
    """The app as the screens know it."""

    services: Services

    @property
    @abstractmethod
    def asking(self) -> Prompter:
        """Who asks for host keys and secrets while the engine's thread waits."""

    @abstractmethod
    def forget_secrets(self) -> None:
        """Ask for passwords again: one of them may have been wrong."""

    @abstractmethod
    def practice_file(self) -> Path | None:
        """The cluster file of the practice nodes, if they run."""

    @abstractmethod
    def open_cluster(self, path: Path) -> None:
        """Go through the steps of a cluster."""

    @abstractmethod
    def troubleshoot(self, path: Path) -> None:
        """Look inside a cluster."""

    @abstractmethod
    def take_back(self, path: Path) -> None:
        """Take a cluster, or nodes of it, back."""

    @abstractmethod
    def go_on(self, path: Path, what: str) -> None:
        """Pick up an interrupted ``run`` or ``reset``."""
