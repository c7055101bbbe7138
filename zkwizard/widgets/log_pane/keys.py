"""The keys of the log pane. Each has an id, so that a keymap can move it."""

from __future__ import annotations

from textual.binding import Binding, BindingsMap

from zkwizard.model.text import T
from zkwizard.widgets.words import say

_IN_FOOTER = (
    ("slash", "filter", T("Filter"), "log.filter", T("Only the lines with a text, which is marked")),
    ("n", "match(1)", T("Match"), "log.next", T("To the next match")),
    ("f", "follow", T("Follow"), "log.follow", T("Go along with the newest line, or stop")),
    ("e", "error(1)", T("Error"), "log.error", T("To the next error")),
    ("w", "wrap", T("Wrap"), "log.wrap", T("Long lines in several rows, or cut")),
    ("t", "times", T("Times"), "log.times", T("When each line came")),
    ("y", "copy", T("Copy"), "log.copy", T("What is selected, or else seen, to the clipboard and a file")),
    ("s", "save", T("Save"), "log.save", T("The lines that are shown, to a file")),
)
_ELSEWHERE = (
    ("N", "match(-1)", T("Previous match"), "log.previous"),
    ("E", "error(-1)", T("Previous error"), "log.previous-error"),
    ("ampersand", "only", T("Only matching lines, or all"), "log.only"),
    ("escape", "leave", T("Clear the filter"), "log.leave"),
    ("Y", "copy_path", T("Copy the path of the full log"), "log.copy-path"),
    ("right_square_bracket", "source(1)", T("Next log"), "log.next-log"),
    ("left_square_bracket", "source(-1)", T("Previous log"), "log.previous-log"),
    ("less_than_sign", "page(-1)", T("Earlier lines, from the file"), "log.earlier"),
    ("greater_than_sign", "page(1)", T("Later lines"), "log.later"),
)


def bindings() -> BindingsMap:
    """All of them, described in the chosen language."""
    shown = [
        Binding(key, action, say(text), tooltip=say(more), id=name)
        for key, action, text, name, more in _IN_FOOTER
    ]
    others = [Binding(key, action, say(text), show=False, id=name) for key, action, text, name in _ELSEWHERE]
    return BindingsMap([*shown, *others])
