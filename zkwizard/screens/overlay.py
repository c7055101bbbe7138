"""Step 2: the network that gives all nodes one flat address space, and an address for each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from zkwizard.engine.inside.trial import Tried
from zkwizard.model.errors import ZkwizardError
from zkwizard.model.facts import ZeroTierNetwork
from zkwizard.model.inventory import free_address
from zkwizard.model.text import T, Text
from zkwizard.screens.case import Case
from zkwizard.screens.step import StepScreen
from zkwizard.screens.steps import Step
from zkwizard.widgets.field import Field
from zkwizard.widgets.words import mark, say, say_error

_PERIOD = 5.0
"""Seconds between two looks at the members."""


class OverlayStep(StepScreen):
    """The network's answers; the members as they are now, looked at again until all of them are in."""

    STEP = Step.OVERLAY
    ABOUT = (
        T(
            "Make a network on your ZeroTier controller (my.zerotier.com, or one of your own) with the "
            "addresses that stand here, and put its id in. zkwizard installs ZeroTier on the nodes and "
            "joins. The run then shows the id of each member; authorise it on the controller's page and "
            "give it its address."
        ),
        T(
            "F2 looks what the nodes say about ZeroTier now, and looks again every few seconds until "
            "every member is in. F4 copies the ids, one per line with the address that each shall have. "
            "F3 gives free addresses to nodes that have none."
        ),
    )
    BINDINGS: ClassVar = [
        Binding("f2", "look", str(T("Members live")), id="overlay.look"),
        Binding("f3", "suggest", str(T("Suggest addresses")), id="overlay.suggest"),
        Binding("f4", "copy", str(T("Copy ids")), id="overlay.copy"),
    ]

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        self._watching = self._asking = False

    def body(self) -> Iterable[Widget]:
        """The network, then an address per node, then what the nodes say."""
        drivers = [
            (say(T("ZeroTier, by zkwizard")), "zerotier"),
            (say(T("it is already there")), "existing"),
        ]
        fields: list[Widget] = [
            Field(("overlay", "driver"), T("Overlay"), choices=drivers, default="zerotier", id="driver"),
            Field(
                ("overlay", "network"),
                T("Network id"),
                hint=T("from the controller's page"),
                id="network",
            ),
            Field(("overlay", "cidr"), T("Addresses"), hint=T("the network's own: 10.9.8.0/24"), id="cidr"),
            Field(
                ("domain",),
                T("Domain"),
                default="zk.internal",
                hint=T("hostnames are NODE.DOMAIN"),
            ),
            Static(say(T("Address of each node in the overlay")), classes="section", markup=False),
        ]
        for index in self.draft.nodes:
            name = self.draft.given("nodes", index, "name") or f"#{index + 1}"
            fields.append(Field(("nodes", index, "overlay_ip"), T("{name}", name=name)))
        fields.append(Static(say(T("Members")), classes="section", markup=False))
        fields.append(Static(id="members", markup=False, classes="said"))
        yield VerticalScroll(*fields, classes="page", can_focus=False)

    def changed(self) -> None:
        """What the nodes said last about ZeroTier."""
        existing = self.draft.given("overlay", "driver") == "existing"
        self.query_one("#network", Field).display = not existing or bool(
            self.draft.given("overlay", "network")
        )
        lines = [self._member(index) for index in self.draft.nodes]
        if not any(self.case.result(index) for index in self.draft.nodes):
            lines = [say(T("F2 looks what the nodes say now; during the run this goes by itself"))]
        self.query_one("#members", Static).update("\n".join(lines))

    def _network(self, index: int) -> ZeroTierNetwork | None:
        tried = self.case.result(index)
        zerotier = tried.facts.zerotier if tried and tried.facts else None
        wanted = self.draft.given("overlay", "network")
        return next((each for each in zerotier.networks if each.id == wanted), None) if zerotier else None

    def _is_in(self, index: int) -> bool:
        network = self._network(index)
        wanted = self.draft.given("nodes", index, "overlay_ip")
        return network is not None and any(each.partition("/")[0] == wanted for each in network.addresses)

    def _member(self, index: int) -> str:
        tried = self.case.result(index)
        names = [self.draft.given("nodes", each, "name") for each in self.draft.nodes]
        name = names[index].ljust(max(map(len, names)))
        if tried is None or tried.facts is None:
            return f"{mark('✗')} {name}  {say(T('no contact'))}"
        zerotier, network = tried.facts.zerotier, self._network(index)
        wanted = self.draft.given("nodes", index, "overlay_ip")
        if zerotier is None:
            return f"{mark('·')} {name}  {say(T('ZeroTier is not installed yet: the run does it'))}"
        if self._is_in(index):
            return f"{mark('✓')} {name}  {zerotier.member}  {say(T('in, with {address}', address=wanted))}"
        words: Text = T("not joined yet: the run does it")
        if network:
            words = T(
                "{status}: authorise it, and give it {address}", status=network.status or "?", address=wanted
            )
        return f"{mark('○')} {name}  {zerotier.member}  {say(words)}"

    def action_suggest(self) -> None:
        """The lowest free address for every node that has none, or a wrong one."""
        cidr: Any = self.draft.answer("overlay", "cidr")
        try:
            for index in self.draft.nodes:
                if self.draft.fault("nodes", index, "overlay_ip"):
                    taken = {
                        self.draft.given("nodes", each, "overlay_ip")
                        for each in self.draft.nodes
                        if each != index
                    }
                    self.draft.put(("nodes", index, "overlay_ip"), free_address(cidr, taken))
        except ZkwizardError as error:
            self.zk.notify(say_error(error), severity="error", markup=False)
        self.show_answers()

    def action_copy(self) -> None:
        """Member ids with the addresses that they shall have, to the clipboard."""
        lines = []
        for index in self.draft.nodes:
            tried = self.case.result(index)
            zerotier = tried.facts.zerotier if tried and tried.facts else None
            if zerotier and not self._is_in(index):
                lines.append(f"{zerotier.member} {self.draft.given('nodes', index, 'overlay_ip')}")
        if lines:
            self.zk.copy_to_clipboard("\n".join(lines) + "\n")
            self.zk.notify("\n".join([say(T("copied:")), *lines]), markup=False)
        else:
            self.zk.notify(say(T("no member is waiting, as far as is known")), markup=False)

    def action_look(self) -> None:
        """Ask the nodes, again and again until all are in; a second time stops it."""
        self._watching = not self._watching
        if self._watching:
            self._ask()

    def _ask(self) -> None:
        from zkwizard.screens.trying import trial

        cluster = self.draft.reachable()
        if cluster is None or self._asking or not self._watching or not self.here:
            return
        self._asking = True
        app, draft = self.zk, self.draft
        self.query_one("#members", Static).update(say(T("looking …")))
        trial(
            app,
            cluster,
            lambda: app.services.network(cluster, draft.path, app.asking),
            self._told,
            self._asked,
        )

    def _told(self, tried: Tried) -> None:
        self.case.take(tried)
        if self.here:
            self.changed()

    def _asked(self, error: BaseException | None) -> None:
        self._asking = False
        if error:
            self._watching = False
            self.zk.notify(say_error(error), severity="error", markup=False)
        if not self.here or not self._watching:
            return
        waiting = [index for index in self.draft.nodes if self._network(index) and not self._is_in(index)]
        if waiting:
            self.set_timer(_PERIOD, self._ask)
            return
        self._watching = False
        if all(self._is_in(index) for index in self.draft.nodes):
            self.zk.notify(say(T("every member is in")), markup=False)
            self.action_next()
