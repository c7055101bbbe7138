"""Copy and save: what is shown leaves the pane."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from textual.widget import Widget

from zkwizard.model.text import T, Text
from zkwizard.widgets.log_pane.clipboard import write_private
from zkwizard.widgets.log_pane.copying import copy, tell

if TYPE_CHECKING:
    from zkwizard.widgets.log_pane.body import LogBody

_COPY = "copied.txt"


class Keeping(Widget):
    """The part of the pane that copies and saves."""

    _body: LogBody
    _folder: Path
    _shown: str

    @property
    def log_path(self) -> str:
        """Where the full log is."""
        raise NotImplementedError

    def action_copy(self) -> None:
        """Copy what is selected, else the lines on screen, else the path of the full log."""
        selected = self.screen.get_selected_text()
        rows = self._body.rows
        lines = [rows.text(number) for number in self._body.visible_lines()]
        if text := selected or "\n".join(lines):
            self._copy(text, _counted(text.count("\n") + 1))
        else:
            self.action_copy_path()

    def action_copy_path(self) -> None:
        """Copy where the full log is."""
        if self.log_path:
            self._copy(self.log_path, T("Copied: {path}", path=self.log_path))
        else:
            tell(self, T("There is nothing to copy."), "warning")

    def action_save(self) -> None:
        """Write the lines that are shown to a file of their own, with their times if those are shown."""
        body = self._body
        safe = "".join(char if char.isalnum() or char in "-_." else "_" for char in self._shown) or "log"
        path = self._folder / f"{safe}-{time.strftime('%Y%m%d-%H%M%S')}.log"
        lines = []
        for number in body.rows.numbers:
            at = body.source.at(number) if body.options.times else 0.0
            clock = time.strftime("%Y-%m-%d %H:%M:%S ", time.localtime(at)) if at else ""
            lines.append(clock + body.rows.text(number) + "\n")
        if not lines:
            tell(self, T("There is nothing to save."), "warning")
            return
        try:
            write_private(path, "".join(lines))
        except OSError as error:
            tell(self, T("Can't write {path}: {why}", path=path, why=error.strerror or error), "error")
            return
        where = (
            T("The full log: {path}", path=self.log_path) if self.log_path else T("There is no fuller log.")
        )
        tell(self, T("Saved {count} lines: {path}. {where}", count=f"{len(lines):,}", path=path, where=where))

    def _copy(self, text: str, done: Text) -> None:
        copy(self, text, done, self._folder / _COPY)


def _counted(lines: int) -> Text:
    return T("Copied 1 line") if lines == 1 else T("Copied {count} lines", count=f"{lines:,}")
