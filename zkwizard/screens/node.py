"""One machine: who it is, who rents it out, how to log in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from textual import events
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from zkwizard.model import providers
from zkwizard.model.faults import Keys
from zkwizard.model.text import T, Text
from zkwizard.screens import machine
from zkwizard.screens.case import Case
from zkwizard.screens.step import AnswersScreen
from zkwizard.widgets.field import Field, Kind
from zkwizard.widgets.words import say

_PLACES: dict[str, tuple[str, ...]] = {
    "name": ("name",),
    "role": ("role",),
    "provider": ("provider",),
    "region": ("region",),
    "spec": ("spec",),
    "host": ("ssh", "host"),
    "port": ("ssh", "port"),
    "user": ("ssh", "user"),
    "key": ("ssh", "key"),
    "jump": ("ssh", "jump"),
}
_KEY_HINT = T("none: agent, usual keys, password")


class NodeScreen(AnswersScreen[None]):
    """A form; every answer is saved as it is typed."""

    TITLE_TEXT = T("Step 1 of 6 · Nodes · one machine")
    ABOUT = (
        T("What is typed here is saved at once, also when it is wrong: the reason stands beside the field."),
        T(
            "Login: with a key file, or without one by the agent and the usual keys of ~/.ssh; if none "
            "of them opens the door, a password is asked for. Passwords are never written to the file."
        ),
    )
    BINDINGS: ClassVar = [
        Binding("escape", "leave", str(T("Back to the table")), id="node.leave"),
        Binding("ctrl+n,ctrl+down", "other(1)", str(T("Next node")), id="node.next"),
        Binding("ctrl+b,ctrl+up", "other(-1)", str(T("Previous node")), id="node.previous"),
    ]

    def __init__(self, case: Case, index: int, field: str = "name") -> None:
        super().__init__(case)
        self._index, self._first = index, field

    def _keys(self, place: str) -> Keys:
        return ("nodes", self._index, *_PLACES[place])

    def _field(self, place: str, label: Text, **more: Any) -> Field:
        return Field(self._keys(place), label, id=f"f-{place}", **more)

    def body(self) -> Iterable[Widget]:
        """The fields, and what is known."""
        roles = [(say(T("control plane")), "control-plane"), (say(T("worker")), "worker")]
        known = [name for each in providers.PROVIDERS for name in (each.id, each.title)]
        yield Horizontal(
            VerticalScroll(
                self._field("name", T("Name"), hint=T("in the cluster, and its hostname")),
                self._field("role", T("Role"), choices=roles, default="worker"),
                self._field(
                    "provider",
                    T("Provider"),
                    suggestions=known,
                    hint=T("any words; → completes"),
                ),
                self._field("region", T("Region"), hint=T("for people only")),
                self._field("spec", T("Size"), hint=T("filled in by the test")),
                Static(say(T("Login")), classes="section", markup=False),
                self._field("host", T("Address"), hint=T("reached without the overlay")),
                self._field("port", T("Port"), kind=Kind.NUMBER, default="22"),
                self._field("user", T("User"), default="root", hint=T("others than root need sudo")),
                self._field("key", T("Key file"), hint=_KEY_HINT),
                self._field("jump", T("Jump host"), hint=T("[user@]host[:port], …")),
                id="form",
                can_focus=False,
            ),
            VerticalScroll(Static(id="known", markup=False), id="knowns", can_focus=False),
            id="node-body",
        )

    def on_mount(self) -> None:
        """The field that the table's cell stands for."""
        super().on_mount()
        self._focus(self._first)

    def _focus(self, place: str) -> None:
        target = self.query_one(f"#f-{place}", Field).query("Input, Select").first()
        self.set_focus(target)

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """The first field must not take the focus from the one that was asked for."""

    def changed(self) -> None:
        """What is known about the provider and the machine."""
        tried = self.case.result(self._index)
        os_id = tried.facts.os.id if tried and tried.facts else ""
        provider = self.draft.given("nodes", self._index, "provider")
        lines = machine.provider_lines(provider, os_id)
        self.query_one("#known", Static).update(
            "\n".join([*lines, *([""] if lines else []), *machine.machine_lines(tried, testing=False)])
        )

    def action_leave(self) -> None:
        """Back to the table."""
        self.dismiss(None)

    def action_other(self, by: int) -> None:
        """The form of another node, without leaving."""
        count = len(self.draft.nodes)
        if count:
            self._index = (self._index + by) % count
            for place in _PLACES:
                self.query_one(f"#f-{place}", Field).point_to(self._keys(place))
            self.show_answers()
