"""One question, one table: events, containers, peers, certificates, etcd, the one-address audit."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import ClassVar

from textual import on, work
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from zkwizard.engine.inside.audit import audit
from zkwizard.engine.inside.inspection import (
    look_at_certificates,
    look_at_containers,
    look_at_etcd,
    look_at_events,
    look_at_peers,
)
from zkwizard.inspect.trouble import Trouble
from zkwizard.model.errors import ConnectionFailed
from zkwizard.model.finding import Finding
from zkwizard.model.ports import Network
from zkwizard.model.terminal import one_line
from zkwizard.model.text import T
from zkwizard.screens.troubleshoot.looking import LookScreen, Place, trouble_lines
from zkwizard.tables import certs, containers, etcd, events, findings, peers
from zkwizard.tables.table import Mood, Note, Table, line_of
from zkwizard.widgets.sheet import Sheet
from zkwizard.widgets.words import labelled, mark, say, say_error

_SIGNS = {Mood.BAD: "✗", Mood.DOUBTFUL: "!", Mood.FAINT: "·", Mood.PLAIN: "·"}


class AnswerScreen(LookScreen[None]):
    """A table; below it what it says in general, and the row under the cursor whole."""

    BINDINGS: ClassVar = [Binding("r,f5", "again", str(T("Ask again")), id="answer.again")]

    def body(self) -> Iterable[Widget]:
        """Head, table, row."""
        yield Vertical(
            Static(id="answer-head", classes="head", markup=False),
            Sheet(id="answer"),
            VerticalScroll(Static(id="answer-detail", markup=False), id="answer-side", can_focus=False),
            id="answer-body",
        )

    def on_mount(self) -> None:
        """Ask."""
        self.sheet.focus()
        self.action_again()

    @property
    def sheet(self) -> Sheet:
        """The table."""
        return self.query_one(Sheet)

    @abstractmethod
    async def look(self, network: Network) -> Table | Trouble:
        """Ask, and shape the answer; runs in the line's thread."""

    @work(exclusive=True, group="answer")
    async def action_again(self) -> None:
        """Ask, now."""
        self._head(say(T("asking …")))
        found = await self.ask(self.look)
        if not self.here or found is None:
            return
        if isinstance(found, Trouble):
            self._head(*trouble_lines(found))
            self.sheet.fill(Table(self.sheet.table.columns))
        else:
            self._head(say(T("asked at {time}", time=time.strftime("%H:%M:%S"))))
            self.sheet.fill(found)
        self._show_row()

    def failed(self, words: str) -> None:
        """Above the table, where one looks."""
        self._head(words)

    def _head(self, *lines: str) -> None:
        self.query_one("#answer-head", Static).update("\n".join(lines))

    @on(Sheet.RowHighlighted)
    def _moved(self) -> None:
        self._show_row()

    def _show_row(self) -> None:
        table = self.sheet.table
        notes = [note for note in table.notes if note.about in ("", self.sheet.here)]
        lines = [f"{mark(_SIGNS[note.mood])} {line_of(note.text, say)}" for note in notes]
        lines += self.row_lines()
        self.query_one("#answer-detail", Static).update("\n".join(lines))
        self.query_one("#answer-side").display = bool(lines)

    def row_lines(self) -> list[str]:
        """What of the row under the cursor the table had no room for."""
        return [labelled(title, text) for title, text in self.sheet.cut_here]


class Events(AnswerScreen):
    """What happened, the newest first: that is what one looks for."""

    TITLE_TEXT = T("Events")
    ABOUT = (T("What the cluster told, the newest first. w shows warnings only, and all again."),)
    BINDINGS: ClassVar = [Binding("w", "warnings", str(T("Only warnings")), id="events.warnings")]

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self._warnings = False

    async def look(self, network: Network) -> Table | Trouble:
        """From the API server."""
        found = await look_at_events(self.at.cluster, network, warnings=self._warnings)
        return found if isinstance(found, Trouble) else events.table(tuple(reversed(found)))

    def action_warnings(self) -> None:
        """Only warnings, or everything."""
        self._warnings = not self._warnings
        self.action_again()


class Containers(AnswerScreen):
    """A node's containers; Enter shows the log of one."""

    TITLE_TEXT = T("Containers")
    ABOUT = (
        T(
            "As the node's runtime sees them, also when the API server is down. Enter or l shows the log "
            "of the container under the cursor. n goes to the next node."
        ),
    )
    BINDINGS: ClassVar = [
        Binding("l", "log", str(T("Log")), id="containers.log"),
        Binding("n", "node", str(T("Next node")), id="containers.node"),
    ]

    def __init__(self, place: Place, node: str) -> None:
        super().__init__(place)
        self._node = node

    @property
    def subject(self) -> str:
        """The node."""
        return self._node

    async def look(self, network: Network) -> Table | Trouble:
        """From the runtime."""
        found = await look_at_containers(network, self._node)
        return found if isinstance(found, Trouble) else containers.table(self._node, found)

    @on(Sheet.RowSelected)
    def action_log(self) -> None:
        """The log of the container under the cursor."""
        from zkwizard.screens.troubleshoot.logs import ContainerLog

        if self.sheet.here:
            self.zk.push_screen(ContainerLog(self.at, self._node, self.sheet.here, self.sheet.row_here[0][1]))

    def action_node(self) -> None:
        """The same of the next node."""
        names = [node.name for node in self.at.cluster.nodes]
        self._node = names[(names.index(self._node) + 1) % len(names)]
        self.query_one("#subject", Static).update(self._node)
        self.sheet.fill(Table(self.sheet.table.columns))
        self.action_again()


class Peers(AnswerScreen):
    """How every node reaches every other."""

    TITLE_TEXT = T("Peers")
    ABOUT = (
        T(
            "Every link in both directions: direct or relayed, the round trip and the loss of three "
            "packets through the overlay, and ZeroTier's own measure of the physical path below it."
        ),
    )

    async def look(self, network: Network) -> Table | Trouble:
        """From the nodes themselves."""
        chosen = [node.name for node in self.at.cluster.nodes]
        report = await look_at_peers(self.at.cluster, network, chosen)
        return _with_absent(peers.table(report), report.unreachable)


class Certs(AnswerScreen):
    """When every certificate expires."""

    TITLE_TEXT = T("Certificates")
    ABOUT = (T("Those of all nodes, read off the files themselves; what expires first stands at the top."),)

    async def look(self, network: Network) -> Table | Trouble:
        """From the nodes themselves."""
        found, absent = await look_at_certificates(network, [node.name for node in self.at.cluster.nodes])
        return _with_absent(certs.table(found, time.time()), absent)


class EtcdMembers(AnswerScreen):
    """The members of the cluster's database."""

    TITLE_TEXT = T("etcd")
    ABOUT = (T("The members and their health, asked in etcd's own container: no API server is needed."),)

    async def look(self, network: Network) -> Table | Trouble:
        """From etcdctl."""
        found = await look_at_etcd(self.at.cluster, network)
        return found if isinstance(found, Trouble) else etcd.table(found)


class Audit(AnswerScreen):
    """Whether every node has one address, everywhere."""

    TITLE_TEXT = T("One-address audit")
    ABOUT = (
        T(
            "kubelet, etcd, certificates, names, flannel and proxy have to agree on one address for each "
            "node. What does not agree stands first; below it what was seen and expected, and what to do."
        ),
    )

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self._findings: list[Finding] = []

    async def look(self, network: Network) -> Table | Trouble:
        """From the nodes and the API server."""
        found = await audit(self.at.cluster, network)
        self._findings = findings.sorted_findings(found.findings, show_all=True)
        table = findings.table(self._findings)
        silent = [Note(found.api.text, Mood.BAD)] if found.api else []
        return _with_absent(Table(table.columns, table.rows, [*table.notes, *silent]), found.unreachable)

    def row_lines(self) -> list[str]:
        """The four parts of the finding."""
        if not self.sheet.here:
            return []
        finding = self._findings[int(self.sheet.here)]
        return [labelled(label, one_line(say(words))) for label, words in findings.parts(finding)]


def _with_absent(table: Table, absent: Mapping[str, ConnectionFailed]) -> Table:
    """The table, and which nodes could not be asked."""
    notes = [Note(say_error(error), Mood.BAD) for error in absent.values()]
    return Table(table.columns, table.rows, [*table.notes, *notes])
