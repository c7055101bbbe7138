"""Screens in a language that is none: every text of zkwizard stands in brackets, so that English shows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from textual.command import DiscoveryHit
from textual.geometry import Region
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, TextArea

from tests.brackets import english_words, marked, unmarked
from tests.ui.look import Seen
from tools.messages import messages
from zkwizard.app import Look
from zkwizard.phases.order import PHASES

LARGE = (220, 70)
"""Room enough for every text to be seen whole."""
_KEYS = {
    "tab", "shift", "enter", "esc", "escape", "super", "alt", "del", "home", "end", "pgup", "pgdn", "space",
    "backspace", "ctrl", "upper", "up", "down", "left", "right",
}  # fmt: skip
"""How Textual shows keys, in every language."""
_UNITS = {"ms", "GB", "MB", "GiB", "MiB", "CPU"}


MARKED = Look(translate=marked)


def english(seen: Seen, *data: str, skip: str = "") -> dict[str, list[str]]:
    """The words on the screen, by widget, that are neither translated nor part of ``data``.

    ``skip`` is a selector of widgets that show programs or what nodes said.
    """
    known = english_words([*data, *(phase.id for phase in PHASES)]) | _KEYS | _UNITS
    skipped = set(seen.app.screen.query(skip)) if skip else set()
    found: dict[str, list[str]] = {}
    for widget in _leaves(seen.app.screen):
        if widget not in skipped:
            left = english_words([unmarked(_shown(widget))]) - known
            left |= english_words([unmarked(text) for text in _besides(widget)]) - known
            if left:
                found[f"{type(widget).__name__}#{widget.id or ''}.{' '.join(widget.classes)}"] = sorted(left)
    return found


def actions(seen: Seen) -> dict[str, list[str]]:
    """The same for the command palette, and for the tooltips of keys."""
    known = {*_KEYS, "etcd"}
    found = {}
    for command in seen.app.get_system_commands(seen.app.screen):
        title, help_text = (
            (command.display, command.help) if isinstance(command, DiscoveryHit) else command[:2]
        )
        left = english_words([unmarked(str(title)), unmarked(str(help_text or ""))]) - known
        if left:
            found[str(title)] = sorted(left)
    for active in seen.app.screen.active_bindings.values():
        if left := english_words([unmarked(active.binding.tooltip)]):
            found[active.binding.tooltip] = sorted(left)
    return found


def told(seen: Seen, *data: str) -> list[str]:
    """Notifications that are not translated."""
    texts = [each.message for each in seen.app._notifications]
    return [text for text in texts if english_words([unmarked(text)]) - english_words(data)]


def _leaves(screen: Screen[object]) -> Iterable[Widget]:
    for widget in screen.walk_children():
        if isinstance(widget, Widget) and not list(widget.children) and widget.display and widget.size:
            yield widget


def _shown(widget: Widget) -> str:
    """What it draws. A line that was wrapped is one again: its bracket may stand in the next line."""
    if isinstance(widget, (Input, TextArea)):
        return ""  # what a person typed, or the placeholder, which is looked at apart
    lines = widget.render_lines(Region(0, 0, *widget.outer_size))
    return " ".join(strip.text for strip in lines)


def _besides(widget: Widget) -> list[str]:
    """Titles, tooltips and placeholders."""
    texts = [widget.border_title, widget.border_subtitle, widget.tooltip]
    return [str(text) for text in [*texts, getattr(widget, "placeholder", "")] if text]


def forgotten(seen: Seen, skip: str = "") -> dict[str, list[str]]:
    """Words of zkwizard that stand untranslated on the screen, by widget; those of nodes may say anything.

    Found are parts of messages with several words, and headings in capitals.
    """
    skipped = set(seen.app.screen.query(skip)) if skip else set()
    found: dict[str, list[str]] = {}
    for widget in _leaves(seen.app.screen):
        if widget not in skipped:
            left = " ".join(" ".join(map(unmarked, [_shown(widget), *_besides(widget)])).split())
            if hits := [part for part in _parts() if re.search(rf"\b{re.escape(part)}(?!\w)", left)]:
                found[f"{type(widget).__name__}#{widget.id or ''}.{' '.join(widget.classes)}"] = hits
    return found


@cache
def _parts() -> list[str]:
    """What stands between the fields of all messages, where it is worth looking for."""
    parts = {part.strip() for message in messages() for part in re.split(r"\{\w+\}|\n", message)}
    several = re.compile(r"[A-Za-z]{2,}[ ,:;]+[a-z]{2,}[ ,:;]+[a-z]{2,}")
    return sorted(
        part for part in parts if several.search(part) or re.fullmatch(r"[A-Z]{3,}( [A-Z]+)*", part)
    )
