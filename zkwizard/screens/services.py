"""What the screens need from outside: the app that leads from one to the other, and what it was given."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from textual.app import App

if TYPE_CHECKING:  # Home is on the screen before the model is loaded
    from zkwizard.model.cluster import Cluster
    from zkwizard.model.ports import Network, Prompter
    from zkwizard.model.secret import Secret


class Services(Protocol):
    """The way to the nodes, and the practice nodes."""

    def network(self, cluster: Cluster, file: Path, ask: Prompter) -> Network:
        """The connections to a cluster's nodes; ``ask`` is asked for what the environment does not know."""

    async def proxy_password(self, ask: Prompter) -> Secret:
        """The proxy's password, percent-encoded. Raises SecretMissing when nobody gives it."""

    def start_practice(self) -> Path:
        """Practice nodes, started if they do not run; gives their cluster file. May block for seconds.

        Raises ZkwizardError with what is missing and how to allow it.
        """

    def practice_nodes(self) -> int:
        """How many run now."""


@dataclass(frozen=True)
class Leave:
    """What is to be done after the screens: a command line to type."""

    command: tuple[str, ...] = ()


class Shell(App[Leave]):
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
    def go_on(self, path: Path, what: str) -> None:
        """Pick up an interrupted ``run`` or ``reset``."""
