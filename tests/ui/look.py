"""The screens as a test sees them: keys in, text out, and waiting for conditions only."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Static

from zkwizard.app import Look, ZkwizardApp
from zkwizard.cli.screens import Live
from zkwizard.screens.services import Leave, Services

PATIENCE = 60.0
"""Seconds until a condition counts as never coming true; the machine may be busy."""
_KEYS = {
    " ": "space", ".": "full_stop", "/": "slash", "-": "minus", "@": "at", ":": "colon", "_": "underscore",
    ",": "comma", "=": "equals_sign", "~": "tilde", "#": "number_sign",
}  # fmt: skip


class Seen:
    """A running app."""

    def __init__(self, app: ZkwizardApp, pilot: Pilot[Leave]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def text(self) -> str:
        """What is on the screen, without dialogs' surroundings and colours."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)

    async def until(self, condition: Callable[[], object], what: str = "") -> None:
        """Wait for a condition."""
        limit = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < limit, f"never: {what}\n{self.text}"
            await self.pilot.pause()
            await asyncio.sleep(0.01)

    async def shows(self, *texts: str) -> None:
        """Wait until all of these are on the screen."""
        for text in texts:
            await self.until(lambda text=text: text in self.text, text)

    async def press(self, *keys: str) -> None:
        """Press keys by their names."""
        await self.pilot.press(*keys)

    async def type(self, text: str) -> None:
        """Type a text."""
        await self.pilot.press(*(_KEYS.get(sign, sign) for sign in text))

    def told(self, selector: str) -> str:
        """The text of a Static on the top screen."""
        return str(self.app.screen.query_one(selector, Static).visual)


@asynccontextmanager
async def opened(
    file: Path | None = None,
    *,
    size: tuple[int, int] = (80, 24),
    services: Services | None = None,
    look: Look | None = None,
) -> AsyncIterator[Seen]:
    """The app, on Home or at the first step of a cluster file."""
    app = ZkwizardApp(services or Live(), look)
    async with app.run_test(size=size) as pilot:
        seen = Seen(app, pilot)
        await seen.until(lambda: "luster" in seen.text)
        if file:
            app.open_cluster(file)
            await seen.shows("Step 1 of 6")
        yield seen
