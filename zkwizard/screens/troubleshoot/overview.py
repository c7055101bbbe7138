"""Troubleshoot: nodes and pods as they are now, those with problems first, and a key for everything else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text as RichText
from textual import on, work
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from zkwizard.engine.inside.asking import ask_node
from zkwizard.engine.inside.inspection import NodesReport
from zkwizard.engine.inside.live import LiveLook, may_try_again
from zkwizard.inspect.pods import Pod
from zkwizard.inspect.question import Answers, Question
from zkwizard.inspect.trouble import Trouble
from zkwizard.model.errors import ConnectionFailed
from zkwizard.model.terminal import one_line
from zkwizard.model.text import T, Text
from zkwizard.screens.troubleshoot.looking import LookScreen, Place, trouble_lines
from zkwizard.tables import details
from zkwizard.tables import nodes as nodes_table
from zkwizard.tables import pods as pods_table
from zkwizard.tables.ages import span
from zkwizard.tables.details import Detail
from zkwizard.tables.table import Mood, Table, line_of
from zkwizard.widgets.more_keys import MoreKeys
from zkwizard.widgets.sheet import Sheet
from zkwizard.widgets.words import labelled, mark, say, say_error

PERIOD = 3.0
"""Seconds between an answer of a node and the next question to it."""
_LATER = 15.0
"""The same after a node could not be reached."""
_ROOMY = 130
"""Cells from which on there is room for all that is known of the row under the cursor."""
_STALE = 15.0
"""Seconds after which an answer counts as old."""


class Troubleshoot(LookScreen[None]):
    """Two tables; every key is about the row under the cursor, or about the cluster."""

    TITLE_TEXT = T("Troubleshoot")
    ABOUT = (
        T(
            "Nodes above, pods below, those with problems first; both are asked again every few seconds. "
            "Tab goes from one table to the other. What is wrong with the row under the cursor stands "
            "below the tables."
        ),
        T(
            "Nothing is changed by looking; the join command makes a token, and a repair or a reset asks "
            "first. With a dead API server there are no pods to be seen: containers, journal, peers, "
            "certificates and etcd are asked on the nodes themselves."
        ),
    )
    BINDINGS: ClassVar = [
        Binding("l", "logs", str(T("Logs")), id="look.logs"),
        Binding("d", "describe", str(T("Describe")), id="look.describe"),
        Binding("j", "journal", str(T("Journal")), id="look.journal"),
        Binding("e", "events", str(T("Events")), show=False, id="look.events"),
        Binding("x", "explain", str(T("Explain")), id="look.explain"),
        Binding("c", "containers", str(T("Containers")), show=False, id="look.containers"),
        Binding("p", "peers", str(T("Peers")), show=False, id="look.peers"),
        Binding("C", "certs", str(T("Certs")), show=False, id="look.certs"),
        Binding("E", "etcd", "etcd", show=False, id="look.etcd"),
        Binding("a", "audit", str(T("Audit")), show=False, id="look.audit"),
        Binding("b", "bundle", str(T("Bundle")), show=False, id="look.bundle"),
        Binding("J", "join", str(T("Join")), show=False, id="look.join"),
        Binding("R", "reset", str(T("Reset")), show=False, id="look.reset"),
        Binding("r,f5", "again", str(T("Ask again now")), show=False, id="look.again"),
    ]
    _MORE = ("events", "containers", "peers", "certs", "etcd", "audit", "bundle", "join", "reset")

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self._look = LiveLook(place.cluster)
        self._wake = {node.name: asyncio.Event() for node in place.cluster.nodes}
        self._went_to_trouble = False

    def body(self) -> Iterable[Widget]:
        """Nodes, pods, and what is wrong with the one under the cursor."""
        tables = Vertical(
            Static(id="nodes-head", classes="head", markup=False),
            Sheet(id="look-nodes"),
            Static(id="pods-head", classes="head", markup=False),
            Sheet(id="look-pods"),
            id="look-tables",
        )
        yield Horizontal(tables, Static(id="look-detail", markup=False), id="look")
        yield MoreKeys(*(f"look.{name}" for name in self._MORE))

    def on_mount(self) -> None:
        """Ask every node by itself, as long as the screen is open."""
        self._show()
        self.set_interval(1.0, self._show)
        self.pods.focus()
        for node in self.at.cluster.nodes:
            self._watch(node.name)

    def on_resize(self) -> None:
        """Where there is room, the row under the cursor is told whole, beside the tables."""
        self.set_class(self.size.width >= _ROOMY, "-roomy")
        self._show_detail()

    def on_unmount(self) -> None:
        """The line belongs to this screen, and to those above it."""
        self.at.line.close()

    @property
    def nodes(self) -> Sheet:
        """The upper table."""
        return self.query_one("#look-nodes", Sheet)

    @property
    def pods(self) -> Sheet:
        """The lower one."""
        return self.query_one("#look-pods", Sheet)

    # Asking -----------------------------------------------------------------------------------------------

    @work
    async def _watch(self, node: str) -> None:
        questions = self._look.questions(node)
        while True:
            result = await self._answer(node, questions)
            self._look.take(node, result, time.time())
            self._show()
            if isinstance(result, Answers):
                await self._pause(node, PERIOD)
            else:
                self.zk.forget_secrets()
                reached_before = node in self._look.at
                await self._pause(node, _LATER if reached_before or may_try_again(result) else None)

    async def _answer(self, node: str, questions: list[Question[object]]) -> Answers | ConnectionFailed:
        try:
            return await self.at.line.ask(lambda network: ask_node(network.connection(node), questions))
        except ConnectionFailed as error:
            return error

    async def _pause(self, node: str, seconds: float | None) -> None:
        """Until it is time to ask again; nobody is asked for a screen that is not seen."""
        wake = self._wake[node]
        wake.clear()
        try:
            await asyncio.wait_for(wake.wait(), seconds)
        except TimeoutError:
            while not self.is_current and not wake.is_set():
                await asyncio.sleep(0.2)

    def action_again(self) -> None:
        """Ask all nodes now."""
        for wake in self._wake.values():
            wake.set()

    # Showing ----------------------------------------------------------------------------------------------

    def _show(self) -> None:
        if not self.here:
            return
        report, pods = self._look.nodes, self._look.pods
        self.nodes.fill(nodes_table.table(report))
        self.query_one("#nodes-head", Static).update(self._nodes_head(report))
        self.pods.fill(pods_table.table(pods) if isinstance(pods, tuple) else Table(pods_table.COLUMNS))
        self.query_one("#pods-head", Static).update(self._pods_head(pods))
        self._to_trouble(pods)
        self._show_detail()

    def _nodes_head(self, report: NodesReport) -> str:
        ready = sum(1 for node in report.nodes if node.kube and node.kube.ready)
        words = say(T("{ready} of {count} nodes Ready", ready=ready, count=len(report.nodes)))
        if report.api:
            words = say(T("{count} nodes", count=len(report.nodes)))
        away = [node.name for node in report.nodes if node.unreachable]
        if away:
            words += f" {mark('·')} {mark('✗')} " + say(T("out of reach: {nodes}", nodes=", ".join(away)))
        if report.api:
            words += f" {mark('·')} {line_of(report.api.text, say)}"
        return f"{words} {mark('·')} {self._age(self.at.cluster.first_control_plane.name)}"

    def _pods_head(self, pods: tuple[Pod, ...] | Trouble | ConnectionFailed | None) -> str:
        if pods is None:
            return say(T("asking for the pods …"))
        if isinstance(pods, tuple):
            bad = sum(not pod.well for pod in pods)
            return say(T("{count} pods, {bad} with a problem", count=len(pods), bad=bad))
        return f"{mark('✗')} " + say(T("no pods to be seen"))

    def _age(self, node: str) -> str:
        at = self._look.at.get(node)
        if at is None:
            return say(T("asking …"))
        age = time.time() - at
        return say(T("{age} ago", age=span(age))) + (f" {mark('!')}" if age > _STALE else "")

    def _to_trouble(self, pods: object) -> None:
        """When the first answer tells of a node in trouble, the cursor begins there: pods follow from it."""
        if self._went_to_trouble or not isinstance(pods, (tuple, Trouble, ConnectionFailed)):
            return
        self._went_to_trouble = True
        bad = [note.about for note in self.nodes.table.notes if note.about]
        if bad or not isinstance(pods, tuple):
            self.nodes.focus()
            self.nodes.go_to(bad[0] if bad else self.at.cluster.first_control_plane.name)

    @on(Sheet.RowHighlighted)
    def _moved(self) -> None:
        self._show_detail()

    def on_descendant_focus(self) -> None:
        """The other table: its row counts."""
        self._show_detail()

    def _show_detail(self) -> None:
        """What is wrong with the row under the cursor, or else with the cluster; with room, more."""
        wide = self.size.width >= _ROOMY
        lines = self._notes()
        if len(lines) > 1 and not wide:
            lines = [_cut(line, self.size.width - 2) for line in lines]
        lines = lines or self._no_pods()
        text = RichText("\n".join(lines))
        if wide:
            text.append("\n\n" if lines else "")
            for name, value in self._facts():
                label = labelled(line_of(name, say)) if name else "  "
                text.append(label, "bold").append(f"{line_of(value, say)}\n")
        detail = self.query_one("#look-detail", Static)
        detail.update(text)
        detail.display = bool(lines) or wide

    def _notes(self) -> list[str]:
        """About the row under the cursor."""
        sheet = self.nodes if self.nodes.has_focus else self.pods
        notes = [note for note in sheet.table.notes if note.about == sheet.here and note.about]
        lines = [f"{mark('✗' if n.mood is Mood.BAD else '!')} {line_of(n.text, say)}" for n in notes]
        if self.nodes.has_focus and (failure := self._failure(sheet.here)):
            lines = [f"{mark('✗')} {one_line(failure)}", *lines[1:]]
        return lines

    def _no_pods(self) -> list[str]:
        """Why there are none to be seen; empty when there are."""
        found = self._look.pods
        if isinstance(found, Trouble):
            return trouble_lines(found)
        return [f"{mark('✗')} {one_line(say_error(found))}"] if isinstance(found, ConnectionFailed) else []

    def _facts(self) -> list[Detail]:
        """All that is known of the row under the cursor."""
        if self.nodes.has_focus:
            return [
                detail
                for node in self._look.nodes.nodes
                if node.name == self.nodes.here
                for detail in details.of_node(node)
            ]
        return list(details.of_pod(self.pod)) if self.pod else []

    def _failure(self, node: str) -> str:
        """Why the node is out of reach; empty when it is not."""
        found = next((n.unreachable for n in self._look.nodes.nodes if n.name == node), "")
        return say(found)

    # What is under the cursor -----------------------------------------------------------------------------

    @property
    def pod(self) -> Pod | None:
        """The pod under the cursor, when the cursor is among the pods."""
        return None if self.nodes.has_focus else self._look.seen_pod(self.pods.here)

    @property
    def node(self) -> str:
        """The node under the cursor, or that of the pod under it, or the first control plane."""
        names = [node.name for node in self.at.cluster.nodes]
        pod = self.pod
        name = pod.node if pod else self.nodes.here if self.nodes.has_focus else ""
        return name if name in names else self.at.cluster.first_control_plane.name

    @on(Sheet.RowSelected, "#look-pods")
    def _pod_chosen(self) -> None:
        self.action_logs()

    @on(Sheet.RowSelected, "#look-nodes")
    def _node_chosen(self) -> None:
        self.action_journal()

    def action_logs(self) -> None:
        """The log of the pod under the cursor."""
        from zkwizard.screens.troubleshoot.logs import PodLogs

        if pod := self.pod:
            self._open(PodLogs(self.at, pod))
        else:
            self._none(T("No pod is under the cursor: Tab goes to the pods; c has the node's containers"))

    def action_describe(self) -> None:
        """What the API server knows of the pod or node under the cursor."""
        from zkwizard.screens.troubleshoot.logs import Description

        if pod := self.pod:
            self._open(Description(self.at, "pod", pod.name, pod.namespace))
        else:
            self._open(Description(self.at, "node", self.node))

    def action_journal(self) -> None:
        """What the services of the node under the cursor say."""
        from zkwizard.screens.troubleshoot.logs import Journal

        self._open(Journal(self.at, self.node))

    def action_events(self) -> None:
        """What happened in the cluster."""
        from zkwizard.screens.troubleshoot.answers import Events

        self._open(Events(self.at))

    def action_containers(self) -> None:
        """The containers of the node under the cursor, as its runtime sees them."""
        from zkwizard.screens.troubleshoot.answers import Containers

        self._open(Containers(self.at, self.node))

    def action_peers(self) -> None:
        """The overlay between all nodes."""
        from zkwizard.screens.troubleshoot.answers import Peers

        self._open(Peers(self.at))

    def action_certs(self) -> None:
        """When certificates expire."""
        from zkwizard.screens.troubleshoot.answers import Certs

        self._open(Certs(self.at))

    def action_etcd(self) -> None:
        """The members of etcd."""
        from zkwizard.screens.troubleshoot.answers import EtcdMembers

        self._open(EtcdMembers(self.at))

    def action_audit(self) -> None:
        """Whether every node has one address, everywhere."""
        from zkwizard.screens.troubleshoot.answers import Audit

        self._open(Audit(self.at))

    def action_explain(self) -> None:
        """What is broken, why, and the remedy."""
        from zkwizard.screens.troubleshoot.explain import Explain

        self._open(Explain(self.at))

    def action_bundle(self) -> None:
        """What somebody else needs to see, in one file."""
        from zkwizard.screens.troubleshoot.bundle import BundleScreen

        self._open(BundleScreen(self.at))

    @work
    async def action_join(self) -> None:
        """A fresh token and the command with which a machine joins; asked first."""
        from zkwizard.screens.troubleshoot.join import join_command

        await join_command(self)

    def action_reset(self) -> None:
        """Take the cluster, or nodes of it, back."""
        from zkwizard.screens.reset import Reset

        self.zk.push_screen(Reset(Place(self.zk, self.at.cluster, self.at.file)), self._taken_back)

    def _taken_back(self, gone: bool | None) -> None:
        """There is nothing to look at any more."""
        if gone:
            self.dismiss(None)

    def _open(self, screen: Screen[None]) -> None:
        self.zk.push_screen(screen)

    def _none(self, words: Text) -> None:
        self.zk.notify(say(words), severity="warning", markup=False)


def _cut(line: str, width: int) -> str:
    """Of several notes none may take the room of the others."""
    text = RichText(line)
    text.truncate(width, overflow="ellipsis")
    return text.plain
