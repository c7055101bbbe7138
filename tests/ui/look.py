"""The screens as a test sees them: keys in, text out, and waiting for conditions only."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from textual._context import visible_screen_stack
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widgets import Footer, Input, Static, TextArea

from zkwizard.app import Look, ZkwizardApp
from zkwizard.cli.screens import Live
from zkwizard.screens.home import Home
from zkwizard.screens.nodes import NodesStep
from zkwizard.screens.services import Services

PATIENCE = 60.0
"""Seconds until a condition counts as never coming true; the machine may be busy."""
_STILL = 12
"""So many looks in a row at the same screen count as rest; there are some milliseconds between two."""
_KEYS = {
    " ": "space", ".": "full_stop", "/": "slash", "-": "minus", "@": "at", ":": "colon", "_": "underscore",
    ",": "comma", "=": "equals_sign", "~": "tilde", "#": "number_sign",
}  # fmt: skip


class Seen:
    """A running app."""

    def __init__(self, app: ZkwizardApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def text(self) -> str:
        """What is on the screen, without colours."""
        return "\n".join("".join(segment.text for segment in strip) for strip in self.strips)

    @property
    def strips(self) -> list[Strip]:
        """The lines of the screen, with what shines through below a dialog."""
        visible_screen_stack.set(self.app._background_screens)
        return self.app.screen._compositor.render_strips()

    async def until(self, condition: Callable[..., object], what: str = "") -> None:
        """Wait for a condition; called without arguments, as it may bind some by their defaults."""
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

    async def walk(self, *keys: str) -> None:
        """Press keys, the first ones of a screen when all is at rest there; ends at rest."""
        here = None
        for key in keys:
            if self.app.screen is not here:
                await self.rests()
                here = self.app.screen
            await self.press(key)
        await self.rests()

    async def type(self, text: str) -> None:
        """Type a text."""
        await self.pilot.press(*(_KEYS.get(sign, sign) for sign in text))

    async def rests(self) -> None:
        """Wait until nothing is being read or worked out, and nothing on the screen changes or blinks."""
        for field in self.app.screen.query("Input, TextArea"):
            if isinstance(field, (Input, TextArea)):
                field.cursor_blink = False
        texts: list[str] = []

        def still() -> bool:
            texts.append(self.text)
            return not self._works() and len(texts) > _STILL and len(set(texts[-_STILL:])) == 1

        await self.until(still, "a screen at rest")

    def _works(self) -> bool:
        """Whether a thread is at work; the other workers wait for a person at a dialog."""
        return any(each._thread_worker and not each.is_finished for each in self.app.workers)

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
        await seen.until(lambda: isinstance(app.screen, Home) and app.screen.query(Footer))
        if file:
            app.open_cluster(file)
            await seen.until(lambda: isinstance(app.screen, NodesStep) and app.screen.query(Footer))
            await seen.rests()
        yield seen
