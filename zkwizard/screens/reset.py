"""Reset: what goes and what stays, the cluster's name to type, then the work and its proof."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.console import Group
from rich.table import Table as Grid
from rich.text import Text as RichText
from textual import on, work
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import Input, Static

from zkwizard.engine.planning import plan
from zkwizard.engine.reset.known_nodes import stays
from zkwizard.engine.reset.taking_back import FirstLook, ToRun, first_look, no_leaving, orphaned, to_run
from zkwizard.model.cluster import Cluster, Driver, Node
from zkwizard.model.errors import ZkwizardError
from zkwizard.model.remains import Proof, Teardown
from zkwizard.model.terminal import one_line
from zkwizard.model.text import T, Text
from zkwizard.screens.carrying import Carried, Errand, carry
from zkwizard.screens.proof import Outlook, ProofScreen
from zkwizard.screens.troubleshoot.looking import LookScreen, Place
from zkwizard.tables.remains import preview
from zkwizard.widgets.ticks import Ticks
from zkwizard.widgets.words import mark, say, say_error

_PACKAGES, _OVERLAY = "packages", "overlay"


class Reset(LookScreen[bool]):
    """Choices, what they mean on every node, and the name. Nothing is changed before it was typed. Ends with
    whether nothing of the cluster is left.
    """

    TITLE_TEXT = T("Reset: take it back")
    ABOUT = (
        T(
            "Choose the nodes, and whether packages and the membership in the overlay go, too. Below stands "
            "for every node what would go, what would be put back as it was before, and what stays: found "
            "on the machines just now. Nothing is changed before the cluster's name was typed."
        ),
        T(
            "Workers go first, the control plane last; single workers are drained, and the cluster forgets "
            "them. Afterwards a new login looks at everything again: that is the proof. A node out of "
            "reach stays as it is, and can be taken back later."
        ),
        T("Space chooses a node or a part, Tab goes on, Page Up and Page Down scroll what would happen."),
    )
    AUTO_FOCUS = "#reset-nodes"
    BINDINGS: ClassVar = [
        Binding("f5", "again", str(T("Look again")), id="reset.again"),
        Binding("pagedown", "scroll(1)", str(T("Scroll Down")), show=False, priority=True),
        Binding("pageup", "scroll(-1)", str(T("Scroll Up")), show=False, priority=True),
    ]

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self._look: FirstLook | None = None
        self._looking = False
        self._chose = False
        """Whether a person has chosen something here."""

    def body(self) -> Iterable[Widget]:
        """Choices, preview, name."""
        cluster = self.at.cluster
        nodes = [
            (node.name, say(T("{node} ({role})", node=node.name, role=_role(node)))) for node in cluster.nodes
        ]
        more = [(_PACKAGES, say(T("packages and images go, too")))]
        if cluster.overlay.driver is Driver.ZEROTIER:
            more.append((_OVERLAY, say(T("the membership in the overlay, too"))))
        yield Vertical(
            Horizontal(
                Ticks(nodes, [node.name for node in cluster.nodes], id="reset-nodes"),
                Ticks(more, id="reset-more"),
                id="reset-choices",
            ),
            Static(id="reset-head", classes="head", markup=False),
            VerticalScroll(Static(id="reset-preview", markup=False), id="reset-side", can_focus=False),
            Static(id="reset-ask", markup=False),
            Input(id="reset-name", compact=True),
            Static(id="reset-reason", classes="reason", markup=False),
            id="reset",
        )

    def on_mount(self) -> None:
        """Look at all nodes: what is chosen is judged without asking them again. The name is where one types
        as soon as it may be typed."""
        self.action_again()

    def on_unmount(self) -> None:
        """The line is this screen's own."""
        self.at.line.close()

    # Looking ----------------------------------------------------------------------------------------------

    @work(exclusive=True, group="look")
    async def action_again(self) -> None:
        """Look at all nodes, now."""
        self._looking = True
        self._show()
        names = [node.name for node in self.at.cluster.nodes]
        found = await self.ask(lambda network: first_look(self.at.cluster, network, names))
        self._looking = False
        if self.here:
            first = self._look is None
            self._look = found or self._look
            if found and found.unreachable:
                self.zk.forget_secrets()
            self._show()
            if first and not self._chose and self.refused is None:
                self.query_one("#reset-name").focus()

    @property
    def teardown(self) -> Teardown:
        """What is chosen."""
        more = self.query_one("#reset-more", Ticks).chosen
        nodes = self.query_one("#reset-nodes", Ticks).chosen
        return Teardown(nodes, packages=_PACKAGES in more, leave_overlay=_OVERLAY in more)

    @on(Ticks.Changed)
    def _chosen(self) -> None:
        self._chose = True
        self._show()

    @property
    def refused(self) -> Text | None:
        """Why it can't be begun as it is chosen; None if it can."""
        teardown = self.teardown
        if not teardown.nodes:
            return T("no node is chosen")
        if teardown.leave_overlay and (reason := no_leaving(self.at.cluster, teardown.nodes)):
            return reason
        if self._looking or self._look is None:
            return T("looking at the nodes …")
        if not any(node in self._look.traces for node in teardown.nodes):
            return T("none of them can be reached now")
        if self._look.is_over(self.at.cluster, teardown):
            return T("nothing is to be taken back")
        return None

    def _show(self) -> None:
        """What is chosen would do this."""
        head = self.query_one("#reset-head", Static)
        refused = self.refused
        ask = self.query_one("#reset-ask", Static)
        name = self.query_one("#reset-name", Input)
        name.disabled = refused is not None
        if self._look is None:
            head.update(f"{mark('▶')} {say(T('looking at the nodes …'))}" if self._looking else "")
            head.display = True
            self.query_one("#reset-preview", Static).update("")
            ask.update("")
            return
        lines = [f"{mark('▶')} {say(T('looking at the nodes …'))}"] if self._looking else []
        lines += [f"{mark('!')} {say(words)}" for words in self._warnings(self._look)]
        head.update("\n".join(lines))
        head.display = bool(lines)
        self.query_one("#reset-preview", Static).update(self._preview(self._look))
        if self._looking:
            ask.update("")
        elif refused is not None:
            reached = bool(self._look.proofs(self.teardown))
            over = reached and self._look.is_over(self.at.cluster, self.teardown)
            ask.update(f"{mark('✓' if over else '✗')} {say(refused)}")
        else:
            ask.update(
                say(
                    T(
                        "Type the cluster's name, {name}, and Enter to take it back:",
                        name=self.at.cluster.name,
                    )
                )
            )

    def _warnings(self, look: FirstLook) -> list[Text]:
        cluster, teardown = self.at.cluster, self.teardown
        told = list(look.told(cluster, teardown))
        if away := [name for name in teardown.nodes if name in look.unreachable]:
            told.append(T("can't be reached now, and stays as it is: {nodes}", nodes=", ".join(away)))
        if others := orphaned(cluster, teardown.nodes):
            words = T(
                "The control plane goes: {nodes} will be left without a cluster.", nodes=", ".join(others)
            )
            told.append(words)
        return told

    def _preview(self, look: FirstLook) -> Group:
        """Per node what goes and what stays, as plain words."""
        parts: list[RichText | Grid] = []
        for name in self.teardown.nodes:
            parts.append(RichText(_node_words(self.at.cluster, name), "bold"))
            if name in look.unreachable:
                parts.append(_indented(f"{mark('✗')} {one_line(say_error(look.unreachable[name]))}"))
                parts.append(_indented(say(T("stays as it is; the same can be done again later"))))
            elif name in look.traces:
                parts.append(_fates(look.proof(name, self.teardown)))
        return Group(*parts)

    def action_scroll(self, way: int) -> None:
        """The preview, wherever the cursor is."""
        side = self.query_one("#reset-side", VerticalScroll)
        side.scroll_relative(y=way * max(1, side.size.height - 1), animate=False)

    # Doing ------------------------------------------------------------------------------------------------

    @on(Input.Changed, "#reset-name")
    def _typed(self, event: Input.Changed) -> None:
        name = self.at.cluster.name
        wrong = bool(event.value) and not name.startswith(event.value)
        words = T("this cluster is called {name}", name=name)
        self.query_one("#reset-reason", Static).update(f"{mark('✗')} {say(words)}" if wrong else "")

    @on(Input.Submitted, "#reset-name")
    def _submitted(self, event: Input.Submitted) -> None:
        if event.value != self.at.cluster.name:
            words = T("Nothing was done: this cluster is called {name}.", name=self.at.cluster.name)
            self.query_one("#reset-reason", Static).update(f"{mark('✗')} {say(words)}")
        elif self.refused is None and not self._looking:
            self._take_back()

    @work(exclusive=True, group="reset")
    async def _take_back(self) -> None:
        look, teardown, cluster = self._look, self.teardown, self.at.cluster
        assert look
        todo = to_run(cluster, teardown, look)
        carried = await self._carried(todo, look)
        if carried is None:
            return
        absent = tuple(name for name in teardown.nodes if name not in look.traces)
        outlook = Outlook(cluster, self.at.file, teardown, todo.teardown.nodes, absent, carried)
        again = await self.zk.push_screen_wait(ProofScreen(outlook))
        if again:
            self.query_one("#reset-name", Input).value = ""
            self.query_one("#reset-nodes").focus()
            self._look = None
            self.action_again()
        else:
            self.dismiss(outlook.is_gone)

    async def _carried(self, todo: ToRun, look: FirstLook) -> Carried | None:
        """Do it, and watch; None when it could not be begun."""
        cluster, file = self.at.cluster, self.at.file
        made = plan(cluster, todo.phases, nodes=todo.nodes, facts=look.facts)
        try:
            handle = self.zk.services.begin(
                cluster,
                file,
                self.zk.asking,
                phases=todo.phases,
                nodes=todo.nodes,
                teardown=todo.teardown,
            )
        except ZkwizardError as error:
            self.zk.notify(say_error(error), severity="error", markup=False, timeout=15)
            return None
        title = T("Reset of {cluster}", cluster=cluster.name)
        if stays(cluster, todo.teardown):
            title = T("Reset of {nodes}", nodes=", ".join(todo.teardown.nodes))
        return await carry(self.zk, Errand(title, cluster, file, made, todo.nodes), handle)


def _node_words(cluster: Cluster, name: str) -> str:
    node = cluster.node(name)
    return say(T("{node} ({host}, {role})", node=name, host=node.ssh.host, role=_role(node)))


def _role(node: Node) -> Text:
    return T("control plane") if node.is_control_plane else T("worker")


def _indented(words: str) -> Grid:
    grid = Grid.grid(padding=(0, 0, 0, 2))
    grid.add_row(RichText(words))
    return grid


def _fates(proof: Proof) -> Grid:
    """What becomes of everything that was found on a node."""
    if not proof.complete:
        return _indented(say(T("did not tell everything: look again (F5)")))
    fates = preview(proof)
    if not fates:
        return _indented(say(T("nothing of a cluster is here")))
    grid = Grid.grid(padding=(0, 0, 0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for word, line in fates:
        grid.add_row(RichText(say(word)), RichText(one_line(say(line))))
    return grid
