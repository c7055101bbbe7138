"""The log pane: several sources, one shown; what all screens use to show output.

    pane = LogPane(folder=run_folder)              # copies and saved logs go there
    pane.add("node1", files=[path_of_its_log])
    pane.feed("node1", data)                       # bytes, cut anywhere; or lines
    pane.mark("node1", Kind.BEGAN, T("Install containerd"))
    pane.show("node1")

All of it may be called before the pane is mounted, while it is hidden, and as often as one likes: lines are
taken at once and drawn ten times a second. Not from other threads.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical

from zkwizard.model.text import Text
from zkwizard.widgets.log_pane.actions import Actions
from zkwizard.widgets.log_pane.body import LogBody
from zkwizard.widgets.log_pane.display import plain
from zkwizard.widgets.log_pane.filter_bar import FilterBar
from zkwizard.widgets.log_pane.keys import bindings
from zkwizard.widgets.log_pane.kinds import ASCII_SIGNS, SIGNS, Kind
from zkwizard.widgets.log_pane.options import Options, Place
from zkwizard.widgets.log_pane.search import Pattern
from zkwizard.widgets.log_pane.source import CAP, Source
from zkwizard.widgets.log_pane.status import State, StatusLines
from zkwizard.widgets.words import plain_signs, say

_RATE = 0.1
"""Seconds between two drawings: a full pane costs about 30 ms, at ten a second a third of a core."""


class LogPane(Actions, Vertical):
    """Shows one source of lines at a time; keeps the last lines of all."""

    DEFAULT_CSS = """
    LogPane { height: 1fr; background: $surface; }
    """

    def __init__(
        self,
        *,
        folder: Path,
        cap: int = CAP,
        wrap: bool = True,
        times: bool = False,
        ascii_only: bool | None = None,
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """``folder`` takes copies and saved logs; ``cap`` lines are kept per source; ASCII as was chosen."""
        super().__init__(name=name, id=id, classes=classes)
        for _, binding in bindings():
            self._bindings.key_to_bindings[binding.key] = [binding]
        self._folder = folder
        self._cap = cap
        self._sources: dict[str, Source] = {}
        self._places: dict[str, Place] = {}
        self._shown = ""
        ascii_only = plain_signs() if ascii_only is None else ascii_only
        self._options = Options(wrap=wrap, times=times, ascii_only=ascii_only)
        self._body = LogBody(Source(""), Place(), self._options)
        self._status = StatusLines(ascii_only)
        self._bar = FilterBar()
        self._stale = True
        self._could: tuple[object, ...] = ()
        """What the keys depended on when they were last shown."""

    def compose(self) -> ComposeResult:
        """Filter, lines, what is said about them."""
        yield self._bar
        yield self._body
        yield self._status

    def on_mount(self) -> None:
        """Begin to draw."""
        self.set_interval(_RATE, self._draw)

    # What screens call ------------------------------------------------------------------------------------

    def add(self, name: str, title: Text | str = "", files: Iterable[Path] = ()) -> None:
        """A source of lines; the first one is shown. One that is there keeps its lines and gets the title."""
        words = say(title) if isinstance(title, Text) else title
        if name in self._sources:
            self._sources[name].title = words or name
        else:
            self._sources[name] = Source(name, words, cap=self._cap)
            self._places[name] = Place()
        for path in files:
            self.log_file(name, path)
        if not self._shown:
            self.show(name)

    def log_file(self, name: str, path: Path) -> None:
        """From now on the full log of the source is written there (a node's phases have a file each)."""
        files = self._source(name).files
        if path in files:
            files.remove(path)
        files.append(path)
        self._stale = True

    def feed(self, name: str, data: bytes | Iterable[bytes | str], at: float | None = None) -> None:
        """Output of a source: bytes, cut anywhere, or whole lines. ``at`` in seconds since the epoch: now."""
        if not isinstance(data, bytes):
            data = b"".join(_encoded(line) + b"\n" for line in data)
        source = self._source(name)
        source.feed(data, time.time() if at is None else at)
        self._fed(source)

    def mark(self, name: str, kind: Kind, text: Text | str, at: float | None = None) -> None:
        """A line of ours between those of the node: a step began, ended, a link was lost."""
        words = say(text) if isinstance(text, Text) else text
        source = self._source(name)
        source.mark(kind, _encoded(words), time.time() if at is None else at)
        self._fed(source)

    def end(self, name: str) -> None:
        """The source is over: what has no line feed is a line, too."""
        source = self._source(name)
        source.flush(time.time())
        self._fed(source)

    def show(self, name: str) -> None:
        """Show another source, where it was last read; nothing of any is lost."""
        source = self._source(name)
        if name == self._shown and self.page is None:
            return
        self.page = None
        self._shown = name
        self._body.show(source, self._places[name])
        self._say_state()

    def from_the_top(self, name: str) -> None:
        """Show what a source holds from its first line on: a text that is there as a whole is read so."""
        source, place = self._source(name), self._places[name]
        source.flush(time.time())
        place.following, place.top, place.paused_at = False, (source.first, 0), source.end
        if source is self._body.source:
            self._body.relayout(remember=False)
        self._stale = True

    @property
    def shown(self) -> str:
        """Name of the source that is shown."""
        return self._shown

    @property
    def names(self) -> list[str]:
        """All sources, in the order they came."""
        return list(self._sources)

    def errors(self, name: str) -> int:
        """How many errors its lines have told."""
        return self._source(name).errors

    def tail(self, name: str, count: int) -> list[str]:
        """The last lines with their signs, harmless, for a place that shows many sources at once."""
        source = self._source(name)
        last = source.end + bool(source.unfinished)
        signs = ASCII_SIGNS if self._options.ascii_only else SIGNS
        return [
            f"{signs[source.kind(number)]} {plain(source.raw(number), self._options.ascii_only)}"
            for number in range(max(source.first, last - count), last)
        ]

    def clear(self, name: str) -> None:
        """Forget the kept lines of a source, for another run, say."""
        source = self._source(name)
        source.clear()
        if source is self._body.source:
            self._body.sync()
        self._stale = True

    # Inside -----------------------------------------------------------------------------------------------

    def _source(self, name: str) -> Source:
        if name not in self._sources:
            self.add(name)
        return self._sources[name]

    def _fed(self, source: Source) -> None:
        """Lines are let go only together with their rows: what is shown now waits for the next drawing."""
        if source is not self._body.source:
            source.trim()
            return
        self._stale = True
        if source.crowded:
            self._body.sync()

    def _draw(self) -> None:
        """Show what has come; a pane that nobody sees costs nothing."""
        if self._stale and self.screen.is_current and self._body.size:
            self._stale = False
            self._body.sync()
            self._say_state()

    def _say_state(self) -> None:
        body, options = self._body, self._options
        source, page = body.source, self.page
        self._status.tell(
            State(
                title=self._sources[self._shown].title if self._shown else "",
                following=body.reading.following,
                new=body.new,
                kept=source.end - source.first,
                total=page.total if page else source.end,
                first=page.first + 1 if page else 1,
                page=page is not None,
                errors=source.errors,
                warnings=source.warnings,
                pattern=options.pattern.text,
                matches=len(body.rows.matches),
                only=options.only,
                left=0 if options.wrap else body.reading.left,
                path=self.log_path,
            )
        )
        can = self._possible()
        if can != self._could and self.is_attached:
            self._could = can
            self.refresh_bindings()

    @property
    def log_path(self) -> str:
        """Where the full log is: a file, or the folder of several."""
        files = self._sources[self._shown].files if self._shown else []
        if not files:
            return ""
        parents = {path.parent for path in files}
        path = files[0] if len(files) == 1 else parents.pop() if len(parents) == 1 else files[-1]
        return str(path)

    @on(LogBody.Moved)
    def _moved(self) -> None:
        self._say_state()

    @on(StatusLines.Clicked)
    def _clicked(self) -> None:
        if self.page is not None:
            self.leave_page()
        self._body.follow(True)

    @on(FilterBar.Changed)
    def _filtered(self, event: FilterBar.Changed) -> None:
        self._options.pattern = Pattern(event.text)
        self._body.relayout()
        self._say_state()

    @on(FilterBar.Done)
    def _done(self) -> None:
        self._body.focus()


def _encoded(line: bytes | str) -> bytes:
    return line if isinstance(line, bytes) else line.encode(errors="backslashreplace")
