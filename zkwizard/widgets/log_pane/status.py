"""What is always said below the lines: following or not, how many are kept, and where all of them are."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from zkwizard.model.text import T, Text
from zkwizard.widgets.log_pane.display import fitted, plain, shortened
from zkwizard.widgets.words import labelled, say

_GAP = 2


@dataclass(frozen=True)
class State:
    """What there is to say."""

    title: str
    following: bool = True
    new: int = 0
    kept: int = 0
    total: int = 0
    first: int = 0
    """Number of the first kept line, from 1; counts only for a page of the file."""
    page: bool = False
    errors: int = 0
    warnings: int = 0
    pattern: str = ""
    matches: int = 0
    only: bool = True
    left: int = 0
    path: str = ""


class StatusLines(Widget):
    """Two rows. A click on them goes to the newest line."""

    DEFAULT_CSS = """
    StatusLines {
        height: 2;
        background: $panel;
        color: $text;
    }
    """

    class Clicked(Message):
        """Somebody wants to see the newest lines."""

    def __init__(self, ascii_only: bool) -> None:
        super().__init__()
        self._state = State("")
        self._ascii = ascii_only

    def tell(self, state: State) -> None:
        """Say something else, if it is something else."""
        if state != self._state:
            self._state = state
            self.refresh()

    def on_click(self) -> None:
        """As the arrow promises."""
        self.post_message(self.Clicked())

    def render(self) -> Content:
        """Both rows; what finds no room is left out from the right."""
        return Content.assemble(*self._upper(), "\n", self._lower())

    def _upper(self) -> list[tuple[str, str]]:
        parts: list[tuple[str, str]] = []
        room = self.size.width
        for text, style in self._news():
            words = self._glyphs(text)
            if not parts:
                words = fitted(words, room // 2)
            gap = _GAP if parts else 0
            if cell_len(words) + gap > room:
                break
            parts += [(" " * gap, ""), (words, style)]
            room -= cell_len(words) + gap
        return parts

    def _news(self) -> list[tuple[str, str]]:
        state = self._state
        news = [(state.title, "bold")]
        if state.page:
            news.append((say(T("from the file")), "reverse"))
        elif state.following:
            news.append((say(T("following")), "$text-success"))
        else:
            news.append((say(T("paused")), "bold"))
            if state.new:
                news.append((" " + say(_new(state.new)) + " ", "bold reverse"))
        if state.pattern:
            news.append((say(_found(state)), "$text-warning"))
        if state.errors:
            news.append(("✗ " + say(_errors(state.errors)), "$text-error"))
        if state.warnings:
            news.append(("! " + say(_warnings(state.warnings)), "$text-warning"))
        if state.left:
            news.append((say(T("from column {column}", column=state.left + 1)), ""))
        return news

    def _lower(self) -> tuple[str, str]:
        state = self._state
        words = self._glyphs(say(_kept(state)))
        if not state.path:
            return fitted(words, self.size.width), "dim"
        label = self._glyphs(f" · {labelled(T('full log'))}")
        room = self.size.width - cell_len(words) - cell_len(label)
        dots = self._glyphs("…")
        path = shortened(self._glyphs(state.path), room, dots) if room > len(dots) else ""
        return fitted(words + label + path, self.size.width), "dim"

    def _glyphs(self, text: str) -> str:
        return plain(text.encode(), self._ascii)


def _new(count: int) -> Text:
    return T("▼ {count} new", count=f"{count:,}")


def _errors(count: int) -> Text:
    return T("{count} error", count=1) if count == 1 else T("{count} errors", count=f"{count:,}")


def _warnings(count: int) -> Text:
    return T("{count} warning", count=1) if count == 1 else T("{count} warnings", count=f"{count:,}")


def _found(state: State) -> Text:
    args = {"matches": f"{state.matches:,}", "pattern": state.pattern}
    if state.only:
        return T("only “{pattern}”: {matches} lines", **args)
    return T("“{pattern}” in {matches} lines", **args)


def _kept(state: State) -> Text:
    kept, total = f"{state.kept:,}", f"{state.total:,}"
    if state.page:
        last = f"{state.first + state.kept - 1:,}"
        return T("lines {first} to {last} of {total}", first=f"{state.first:,}", last=last, total=total)
    if state.kept == state.total:
        return T("1 line") if state.total == 1 else T("all {total} lines", total=total)
    return T("last {kept} of {total} lines", kept=kept, total=total)
