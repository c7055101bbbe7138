"""Earlier lines than those that are kept, a page at a time from the files of the full log."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual.widget import Widget

from zkwizard.model.text import T
from zkwizard.widgets.log_pane.options import Place
from zkwizard.widgets.log_pane.paging import Page, read_page
from zkwizard.widgets.log_pane.source import Source
from zkwizard.widgets.words import say

if TYPE_CHECKING:
    from zkwizard.widgets.log_pane.body import LogBody


class Pages(Widget):
    """The part of the pane that goes back in the files. While a page is shown, ``page`` is it."""

    page: Page | None = None
    _body: LogBody
    _cap: int
    _shown: str
    _sources: dict[str, Source]

    def show(self, name: str) -> None:
        """Show the lines that are kept."""
        raise NotImplementedError

    def _say_state(self) -> None:
        raise NotImplementedError

    def can_page(self, parameters: tuple[object, ...]) -> bool:
        """Whether there is something before, or after, what is shown."""
        if not self._shown or not self._sources[self._shown].files:
            return False
        if self.page is None:
            return parameters == (-1,) and self._sources[self._shown].first > 0
        return self.page.first > 0 if parameters == (-1,) else True

    def action_page(self, step: int) -> None:
        """Earlier lines of the full log, or later ones, and after the last page the live lines."""
        self.run_worker(self._turn(step), group="log-page", exclusive=True)

    def leave_page(self) -> None:
        """Back to the live lines."""
        self.show(self._shown)

    async def _turn(self, step: int) -> None:
        source = self._sources[self._shown]
        try:
            page = await self._read(source, step)
        except OSError as error:
            self.notify(
                say(T("Can't read the full log {path}: {why}", path=error.filename, why=error.strerror)),
                severity="error",
                markup=False,
            )
            return
        if page is None:
            self.leave_page()
            return
        self.page = page
        shown = Source(source.name, source.title, cap=page.last - page.first + 1)
        shown.feed(page.data, 0.0)
        shown.flush(0.0)
        place = Place(following=False, paused_at=shown.end)
        if step < 0:
            place.top = (shown.end, 0)
        self._body.show(shown, place)
        self._say_state()

    async def _read(self, source: Source, step: int) -> Page | None:
        """The page before or after; None when the kept lines come after it."""
        files = list(source.files)
        if self.page is None:
            return await asyncio.to_thread(read_page, files, source.gone, self._cap)
        last = self.page.first if step < 0 else self.page.last + self._cap
        if step > 0 and self.page.last >= self.page.total:
            return None
        return await asyncio.to_thread(read_page, files, last, self._cap)
