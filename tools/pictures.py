"""Pictures of every screen, for the README and to be looked at: ``python -m tools.pictures [FOLDER]``.

Goes the whole way by keys on practice nodes: new user, tested nodes, review, a run with a failure, Done,
looking inside, what a reset would do. Writes one SVG per screen, into ``assets/pictures`` by default.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.ui import look
from tests.ui.look import Seen
from zkwizard.app import ZkwizardApp
from zkwizard.cli.screens import Live
from zkwizard.demo.breaks import break_cluster, find_break
from zkwizard.demo.control import Control
from zkwizard.demo.practice import find
from zkwizard.screens.failure import Failure
from zkwizard.store.state import practice_folder

SIZE = (116, 34)
STATE = Path("/tmp/zkwizard-pictures")
"""Stands in some of the pictures."""


class Album:
    """Takes pictures of a running app."""

    def __init__(self, seen: Seen, folder: Path) -> None:
        self.seen = seen
        self._folder = folder

    async def take(self, name: str) -> None:
        """One picture of the screen as it rests."""
        await self.seen.rests()
        await self.snap(name)

    async def snap(self, name: str) -> None:
        """One picture of the screen as it is, while it changes."""
        picture = self.seen.app.export_screenshot(title="zkwizard", simplify=True)
        picture = re.sub(
            r"@font-face \{.*?\}", "", picture, flags=re.DOTALL
        )  # no reader is sent to fetch fonts
        picture = re.sub(r"[ \t]+$", "", picture, flags=re.MULTILINE)
        (self._folder / f"{name}.svg").write_text(picture)


@asynccontextmanager
async def opened() -> AsyncIterator[Seen]:
    """The app on Home."""
    app = ZkwizardApp(Live())
    async with app.run_test(size=SIZE) as pilot:
        yield Seen(app, pilot)


async def tell(folder: Path) -> None:
    """The whole way."""
    async with opened() as seen:
        album = Album(seen, folder)
        await seen.shows("Practice cluster")
        await album.take("home")
        await seen.press("p")
        await seen.shows("Step 1 of 6")
        await seen.press("t")
        await seen.until(lambda: seen.text.count("✓ 2") + seen.text.count("GB") >= 3, "all are tested")
        await album.take("nodes")
        for name in ("zerotier", "proxy", "cluster"):
            await seen.press("ctrl+n")
            await album.take(name)
        await seen.press("ctrl+n")
        await seen.shows("steps in")
        await album.take("review")
        Control(practice_folder() / "nodes").fail("hosts", "node2")
        await seen.press("r")
        await seen.shows("Run it?")
        await seen.press("y")
        await seen.shows("Next phase")
        await seen.press("a")
        await seen.until(lambda: isinstance(seen.app.screen, Failure), "a failure")
        await seen.shows("No cause is known for it")
        await album.take("failure")
        await seen.press("escape")
        await seen.shows("✗ your turn")
        await album.snap("run-waiting")
        await seen.press("r")
        await seen.shows("▸ join")
        await album.snap("run")
        await seen.shows("made and verified")
        await album.take("done")
        await seen.press("t")
        await seen.shows("3 of 3 nodes Ready", "kube-apiserver")
        await album.take("troubleshoot")
        await seen.press("l")
        await seen.shows("reading along")
        await album.take("log")
        await seen.press("escape")
        practice = find(practice_folder() / "nodes")
        assert practice
        broken = find_break("swap-on")
        assert broken
        break_cluster(practice, broken, "node1")
        await seen.press("x")
        await seen.shows("swap")
        await album.take("explain")
        await seen.press("escape", "R")
        await seen.shows("Type the cluster's name")
        await album.take("reset")


def main(folder: Path) -> None:
    """Start practice nodes of their own, and take them down afterwards."""
    os.environ.update(ZKWIZARD_STATE=str(STATE), HOME=str(STATE))
    look.PATIENCE = 600.0
    STATE.mkdir(mode=0o700)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        asyncio.run(tell(folder))
    finally:
        practice = find(practice_folder() / "nodes")
        if practice:
            practice.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "assets/pictures"))
