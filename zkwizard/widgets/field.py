"""One answer: its name, a field, and beside it why it can't be taken or what it is for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.suggester import SuggestFromList
from textual.widgets import Input, Label, Select, Static

from zkwizard.model.faults import Fault, Keys
from zkwizard.model.text import T, Text
from zkwizard.store.draft import Draft
from zkwizard.widgets.words import mark, say


class Kind(Enum):
    """What the file holds there."""

    TEXT = "text"
    NUMBER = "number"
    LIST = "list"
    """Several words, separated by spaces or commas."""
    FLAG = "flag"


Choice = tuple[str, str]
"""What a person reads, and what the file gets."""

YES_NO: tuple[tuple[Text, str], ...] = ((T("no"), "false"), (T("yes"), "true"))


def value_of(text: str, kind: Kind) -> Any:
    """What goes into the file for what was typed; what is no number stays text, which the rules refuse."""
    if kind is Kind.LIST:
        return [word for word in text.replace(",", " ").split() if word]
    if kind is Kind.NUMBER and text.isascii() and text.isdecimal() and len(text) < 19:
        return int(text)
    return text == "true" if kind is Kind.FLAG else text


class Field(Horizontal):
    """Shows and takes the answer at ``keys`` of a draft; whoever holds the draft listens to ``Answered``."""

    @dataclass
    class Answered(Message):
        """A person gave another answer."""

        keys: Keys
        value: Any

    def __init__(
        self,
        keys: Keys,
        label: Text,
        *,
        kind: Kind = Kind.TEXT,
        hint: Text | None = None,
        choices: Sequence[Choice] = (),
        default: str = "",
        suggestions: Sequence[str] = (),
        id: str | None = None,
    ) -> None:
        """``default`` is what counts while nothing is given; with ``choices`` one is chosen from a list."""
        super().__init__(id=id, classes="field")
        self.keys = keys
        self._label, self._hint, self._kind = label, hint, kind
        self._choices, self._default, self._suggestions = list(choices), default, suggestions
        if kind is Kind.FLAG:
            self._choices, self._default = [(say(text), value) for text, value in YES_NO], default or "false"
        self._shown = ""
        """What the draft held when it was last shown: only another one is an answer."""

    def compose(self) -> ComposeResult:
        """Name, field, reason."""
        yield Label(say(self._label), markup=False, classes="label")
        if self._choices:
            yield Select(
                self._choices, allow_blank=False, value=self._default or self._choices[0][1], compact=True
            )
        else:
            suggester = (
                SuggestFromList(self._suggestions, case_sensitive=False) if self._suggestions else None
            )
            yield Input(placeholder=self._default, compact=True, suggester=suggester)
        yield Static("", markup=False, classes="reason")

    def point_to(self, keys: Keys) -> None:
        """Be about another place of the file; ``show`` follows."""
        self.keys = keys

    def hint(self, hint: Text | None) -> None:
        """Say something else beside it from now on; ``show`` follows."""
        self._hint = hint

    def show(self, draft: Draft, *, value: bool = True) -> None:
        """Take over what the draft holds and what is wrong with it; without ``value`` only the latter."""
        if value:
            self._show_value(draft)
        fault = draft.fault(*self.keys) or next(iter(draft.faults_below(*self.keys)), None)
        reason = self.query_one(".reason", Static)
        missing = fault is not None and not self._given(draft)
        self.set_class(fault is not None and not missing, "-wrong")
        self.set_class(missing, "-missing")
        if fault is None:
            reason.update(say(self._hint) if self._hint else "")
        else:
            reason.update(f"{mark('○' if missing else '✗')} {say(_words(fault, missing=missing))}")

    def _given(self, draft: Draft) -> str:
        if self._kind is Kind.LIST:
            return ", ".join(draft.words(*self.keys))
        return draft.given(*self.keys)

    def _show_value(self, draft: Draft) -> None:
        text = self._shown = self._given(draft)
        if not self._choices:
            field = self.query_one(Input)
            if field.value != text:
                field.value = text
            return
        select = self.query_one(Select)
        wanted = text or self._default
        if wanted and all(value != wanted for _, value in self._choices):
            self._choices.append((wanted, wanted))
            select.set_options(self._choices)
        if wanted and select.value != wanted:
            select.value = wanted

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._answer(event.value)

    @on(Select.Changed)
    def _selected(self, event: Select.Changed) -> None:
        event.stop()
        text = str(event.value)
        if self._shown or text != self._default:
            self._answer(text)

    def _answer(self, text: str) -> None:
        if text != self._shown:
            self._shown = text
            self.post_message(self.Answered(self.keys, value_of(text, self._kind)))


def _words(fault: Fault, *, missing: bool) -> Text:
    """Beside the field what was found is to be seen: mostly what is allowed is enough."""
    if missing:
        return T("needed: {allowed}", allowed=fault.allowed)
    found = str(fault.found)
    return fault.message if ", " in found or " (" in found else T("allowed: {allowed}", allowed=fault.allowed)
