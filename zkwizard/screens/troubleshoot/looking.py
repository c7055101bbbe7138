"""What all screens that look inside share: the cluster, the line to it, and how failures are told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual.binding import Binding
from textual.widget import Widget

from zkwizard.engine.inside.line import Line
from zkwizard.inspect.trouble import Kind, Trouble
from zkwizard.model.cluster import Cluster
from zkwizard.model.errors import ZkwizardError
from zkwizard.model.ports import Network
from zkwizard.model.terminal import harmless
from zkwizard.model.text import T, Text
from zkwizard.screens.frame import Frame, R
from zkwizard.screens.services import Shell
from zkwizard.store.state import ClusterState, is_practice, state_of
from zkwizard.widgets.words import mark, say, say_error

if TYPE_CHECKING:
    from zkwizard.model.secret import Redactor

V = TypeVar("V")
_HINTS: dict[Kind, Text] = {
    Kind.API_DOWN: T("Containers, journal, certificates, peers and etcd need no API server."),
    Kind.NO_ETCD: T("Look at the containers of the control plane, and at its kubelet's journal."),
    Kind.KUBELET: T("Look at the nodes, and at the peers."),
    Kind.RUNTIME_DOWN: T("Look at containerd's journal."),
    Kind.NO_CLUSTER: T("There is no cluster yet: a run makes it."),
}


class Place:
    """A cluster that is looked at, and the one line to it for all screens that do."""

    def __init__(self, app: Shell, cluster: Cluster, file: Path) -> None:
        self.cluster = cluster
        self.file = file
        self.practice = is_practice(file)
        self.redactor: Redactor = app.services.redactor
        self.line = Line(lambda: app.services.network(cluster, file, app.asking))

    @property
    def state(self) -> ClusterState:
        """What zkwizard remembers of it on this machine."""
        return ClusterState(state_of(self.file), self.cluster.name)

    @property
    def folder(self) -> Path:
        """Where copies and saved logs go."""
        return self.state.path / "saved"


class LookScreen(Frame[R]):
    """A screen that asks nodes; ends with Escape."""

    BINDINGS: ClassVar = [Binding("escape", "back", str(T("Back")), id="back")]

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.at = place
        self.practice = place.practice

    @property
    def subject(self) -> str:
        """The file."""
        return self.at.file.name

    def body(self) -> Iterable[Widget]:
        """What the screen is about."""
        return ()

    async def ask(self, work: Callable[[Network], Awaitable[V]]) -> V | None:
        """Do it over the line; a failure is told, and gives None."""
        try:
            return await self.at.line.ask(work)
        except ZkwizardError as error:
            self.failed(f"{mark('✗')} {harmless(say_error(error))}")
        except asyncio.CancelledError:
            raise
        return None

    def failed(self, words: str) -> None:
        """Say why there is no answer."""
        self.zk.notify(words, severity="error", markup=False, timeout=15)

    def action_back(self) -> None:
        """Back to where one came from."""
        self.dismiss(None)


def trouble_lines(trouble: Trouble) -> list[str]:
    """Why there is no answer, where to look next, and the tool's own words."""
    lines = [f"{mark('✗')} {say(trouble.text)}"]
    if hint := _HINTS.get(trouble.kind):
        lines.append(f"  {say(hint)}")
    if trouble.said and trouble.said.removeprefix("zk: not found: ") not in str(trouble.text):
        lines.append(f"  {harmless(trouble.said)}")
    return lines
