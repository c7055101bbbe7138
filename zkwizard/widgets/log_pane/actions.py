"""What the keys of the log pane do, but for copying, saving and paging."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message
from textual.widget import Widget

from zkwizard.model.text import T, Text
from zkwizard.widgets.log_pane.filter_bar import FilterBar
from zkwizard.widgets.log_pane.keeping import Keeping
from zkwizard.widgets.log_pane.options import Options
from zkwizard.widgets.log_pane.pages import Pages
from zkwizard.widgets.words import say

if TYPE_CHECKING:
    from zkwizard.widgets.log_pane.body import LogBody


class Actions(Keeping, Pages, Widget):
    """The part of the pane that answers keys."""

    class Switched(Message):
        """Another source is shown, by a key."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    _bar: FilterBar
    _body: LogBody
    _options: Options
    _shown: str

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that can do nothing now are dim, or leave the key to the screen."""
        match action:
            case "match":
                return True if self._options.pattern else None
            case "error":
                return True if self._body.source.errors else None
            case "only":
                return bool(self._options.pattern)
            case "leave":
                return bool(self._options.pattern) or self.page is not None
            case "source":
                return len(self._sources) > 1
            case "page":
                return self.can_page(parameters)
        return True

    def _possible(self) -> tuple[object, ...]:
        """What each key can do now: when that is something else, the screen's keys are looked through."""
        asked = [("match", ()), ("error", ()), ("leave", ()), ("source", ()), ("page", (-1,)), ("page", (1,))]
        return tuple(self.check_action(*each) for each in asked)

    def action_filter(self) -> None:
        """Type what to look for."""
        self._bar.open()

    def action_only(self) -> None:
        """Only the lines that match, or all with the matches marked."""
        self._options.only = not self._options.only
        self._body.relayout()
        self._say_state()

    def action_match(self, step: int) -> None:
        """To the next match, or the previous one."""
        self._jump(self._body.rows.match(self._body.beside(step), step), T("No line has this text."))

    def action_error(self, step: int) -> None:
        """To the next error, or the previous one, among the lines that are shown."""
        self._jump(self._body.rows.error(self._body.beside(step), step), T("No error in these lines."))

    def action_follow(self) -> None:
        """Go along with the newest line, or stop here."""
        if self.page is not None:
            self.leave_page()
        else:
            self._body.follow(not self._body.reading.following)

    def action_wrap(self) -> None:
        """Long lines in several rows, or cut at the right."""
        self._options.wrap = not self._options.wrap
        self._body.relayout()
        self._say_state()

    def action_times(self) -> None:
        """When each line came, or not."""
        self._options.times = not self._options.times
        self._body.relayout()

    def action_source(self, step: int) -> None:
        """The next source, or the previous one."""
        names = list(self._sources)
        self.show(names[(names.index(self._shown) + step) % len(names)])
        self.post_message(self.Switched(self._shown))

    def action_leave(self) -> None:
        """Back from a page of the file; then without the filter."""
        if self.page is not None:
            self.leave_page()
        else:
            self._bar.clear()

    def _jump(self, number: int | None, none: Text) -> None:
        if number is None:
            self.notify(say(none), severity="warning", markup=False)
        else:
            self._body.jump(number)
