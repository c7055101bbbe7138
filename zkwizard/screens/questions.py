"""Small questions: a host key to trust, a secret, a name and a file, yes or no."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Static

from zkwizard.model.text import T, Text
from zkwizard.screens.frame import Dialog
from zkwizard.widgets.words import mark, say


class Confirm(Dialog[bool]):
    """Yes or no; No has the focus, so that a key too many does no harm."""

    BINDINGS: ClassVar = [
        Binding("y", "answer(True)", str(T("Yes")), show=False),
        Binding("n", "answer(False)", str(T("No")), show=False),
        Binding("left,up", "app.focus_previous", show=False),
        Binding("right,down", "app.focus_next", show=False),
    ]
    AUTO_FOCUS = "#no"

    def __init__(self, title: Text, *lines: Text, yes: Text, no: Text) -> None:
        super().__init__()
        self._title, self._lines, self._yes, self._no = title, lines, yes, no

    def compose(self) -> ComposeResult:
        """The question and two buttons."""
        with Vertical(classes="dialog"):
            yield Static(say(self._title), markup=False, classes="heading")
            for line in self._lines:
                yield Static(say(line), markup=False, classes="paragraph")
            with Horizontal(classes="buttons"):
                yield Button(say(self._no), id="no")
                yield Button(say(self._yes), id="yes", variant="primary")

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.action_answer(event.button.id == "yes")

    def action_answer(self, answer: bool) -> None:
        """Done."""
        self.dismiss(answer)


def host_key(node: str, host: str, fingerprint: str) -> Confirm:
    """Whether a host that is seen for the first time is the one that it should be."""
    return Confirm(
        T("{node} ({host}) is new here", node=node, host=host),
        T("Its host key is"),
        T("{fingerprint}", fingerprint=fingerprint),
        T(
            "Compare it with what the provider's console shows: ssh-keygen -lf "
            "/etc/ssh/ssh_host_ed25519_key.pub"
        ),
        yes=T("Trust this key"),
        no=T("Refuse"),
    )


class SecretQuestion(Dialog[str | None]):
    """A password or passphrase: never shown, never stored."""

    def __init__(self, question: Text) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        """The question, a field, and what Enter and Escape do."""
        with Vertical(classes="dialog"):
            yield Static(say(self._question), markup=False, classes="heading")
            yield Input(password=True)
            yield Static(
                say(T("Kept in memory until zkwizard ends, nowhere else. Enter: go on · Esc: without it")),
                markup=False,
                classes="hint",
            )

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value or None)


class TextQuestion(Dialog[str | None]):
    """One line of text; ``refuse`` says while typing why it can't be taken."""

    def __init__(
        self, title: Text, hint: Text, value: str = "", refuse: Callable[[str], Text | None] | None = None
    ) -> None:
        super().__init__()
        self._title, self._hint, self._value = title, hint, value
        self._refuse = refuse or (lambda text: None)

    def compose(self) -> ComposeResult:
        """The question, a field, the reason against what is in it."""
        with Vertical(classes="dialog"):
            yield Static(say(self._title), markup=False, classes="heading")
            yield Input(self._value)
            yield Static("", markup=False, classes="reason", id="reason")
            yield Static(say(self._hint), markup=False, classes="hint")

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        reason = self._refuse(event.value) if event.value else None
        self.query_one("#reason", Static).update(f"{mark('✗')} {say(reason)}" if reason else "")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if event.value and not self._refuse(event.value):
            self.dismiss(event.value)
