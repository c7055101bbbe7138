"""Pictures of every screen, for the README and to be looked at: ``python -m tools.pictures [FOLDER]``.

Goes the whole way by keys on practice nodes: new user, tested nodes, review, a run with a failure, Done,
looking inside, causes, reset and its proof. Writes one SVG per screen, into ``assets/pictures`` by default.
"""

from __future__ import annotations

import asyncio
import os
import platform
import re
import shutil
import sys
from pathlib import Path

from tests.ui import look
from tests.ui.look import Seen, opened
from zkwizard.app import Look
from zkwizard.demo.breaks import break_cluster, find_break
from zkwizard.demo.control import Control
from zkwizard.demo.practice import Practice, find
from zkwizard.screens.failure import Failure
from zkwizard.screens.home import Home
from zkwizard.screens.run import Run
from zkwizard.store.catalogue import translator
from zkwizard.store.state import practice_folder

SIZE = (116, 34)
STATE = Path("/tmp/zkwizard-pictures")
"""Stands in some of the pictures."""
ANSWERS = {"e": "events", "c": "containers", "p": "peers", "C": "certificates", "E": "etcd", "a": "audit"}
"""Key of a question to the cluster, and the name of its picture."""

_KERNEL = platform.release()
_CHANGED = (
    (re.compile(r"@font-face \{.*?\}", re.DOTALL), ""),  # no reader is sent to fetch fonts
    (re.compile(r"[ \t]+$", re.MULTILINE), ""),
    (re.compile("<svg "), '<svg xml:space="preserve" '),  # some viewers drop a text's leading spaces
    (re.compile(re.escape(_KERNEL)), "6.12.48".ljust(len(_KERNEL), "\N{NO-BREAK SPACE}")),
)
"""What is another one in the kept picture: nothing of the machine on which it was taken."""


class Album:
    """Takes pictures of a running app."""

    def __init__(self, seen: Seen, folder: Path) -> None:
        self.seen = seen
        self._folder = folder

    async def take(self, name: str) -> None:
        """One picture of the screen as it rests."""
        await self.seen.rests()
        self.snap(name)

    def snap(self, name: str) -> None:
        """One picture of the screen as it is: of one that changes every second there is no other."""
        picture = self.seen.app.export_screenshot(title="zkwizard", simplify=True)
        for pattern, instead in _CHANGED:
            picture = pattern.sub(instead, picture)
        (self._folder / f"{name}.svg").write_text(picture)
        print(name, flush=True)


async def tell(folder: Path) -> None:
    """The whole way."""
    async with opened(size=SIZE) as seen:
        album = Album(seen, folder)
        await answers(album)
        await run(album)
        await inside(album)
        await back(album)


async def answers(album: Album) -> None:
    """From Home to the review."""
    seen = album.seen
    await seen.shows("Practice cluster")
    await seen.press("p")
    await seen.shows("Step 1 of 6", "node2")
    await seen.press("t")
    await seen.until(lambda: len(re.findall(r"✓ \d+C\d+G", seen.text)) == 3, "all are tested")
    await album.take("nodes")
    await seen.press("enter")
    await seen.shows("master", "Region")
    await album.take("node")
    await seen.press("escape")
    for number, name in enumerate(("zerotier", "proxy", "cluster", "review"), 2):
        await seen.press("ctrl+n")
        await seen.shows(f"Step {number} of 6")
        if name == "review":
            await seen.shows("steps in")
            await seen.press("f2")
            await seen.shows("Findings of the probe")
            await seen.press("slash")
            await seen.type("name in /etc/hosts")
            await seen.press("enter")
            await seen.shows("Is it done already?")
        await album.take(name)


async def run(album: Album) -> None:
    """Step by step, then all; with a failure."""
    seen = album.seen
    Control(practice_folder() / "nodes").fail("hosts", "node2")
    await seen.press("r")
    await seen.shows("Run it?")
    await seen.press("y")
    await seen.shows("next: probe")
    await seen.press("c")
    await seen.shows("next: overlay-join")
    album.snap("run-by-hand")
    await seen.press("a")
    await seen.until(lambda: isinstance(seen.app.screen, Failure), "a failure")
    await seen.until(lambda: "looking for causes" not in seen.text, "the causes")
    await album.take("failure")
    await seen.press("r")
    await seen.until(
        lambda: isinstance(seen.app.screen, Run) and seen.app.screen._progress.overall > 0.7, "most"
    )
    album.snap("run")
    await seen.press("v")
    await seen.until(lambda: "━" in seen.text, "the last lines of all nodes")
    album.snap("run-last-lines")
    await seen.shows("made and verified")
    await album.take("done")
    await seen.press("q")
    await seen.until(lambda: isinstance(seen.app.screen, Home), "Home")
    await seen.shows("(practice nodes)")
    await album.take("home")


async def inside(album: Album) -> None:
    """Nodes, pods, logs, what there is to ask, what is broken and why."""
    seen = album.seen
    await seen.press("t")
    await seen.shows("3 of 3 nodes Ready", "kube-apiserver")
    await seen.until(lambda: seen.text.count("direct") >= 2, "what the nodes say of the overlay")
    album.snap("troubleshoot")
    await seen.press("l")
    await seen.shows("reading along", "all ")
    album.snap("log")
    await seen.press("escape", "j")
    await seen.shows("Journal of a node", "reading along")
    album.snap("journal")
    await seen.press("escape", "d")
    await seen.shows("Description", "Namespace:")
    await album.take("describe")
    for key, name in ANSWERS.items():
        await seen.press("escape", key)
        await seen.shows("asked at")
        album.snap(name)
    await seen.press("escape", "b")
    await seen.shows("Nothing is written yet", "cluster.yaml")
    album.snap("bundle")
    await seen.press("escape", "f1")
    await seen.shows("Nodes above, pods below")
    album.snap("help")
    await seen.press("escape", "ctrl+p")
    await seen.shows("Search an action")
    album.snap("actions")
    await seen.press("escape")
    broken = find_break("swap-on")
    assert broken
    break_cluster(practice(), broken, "node1")
    await seen.press("x")
    await seen.shows("swap", "Remedy")
    await album.take("explain")
    await seen.press("escape")


async def back(album: Album) -> None:
    """What would go and stay, the work, the proof."""
    seen = album.seen
    await seen.press("R")
    await seen.shows("Type the cluster's name")
    await album.take("reset")
    await seen.type("practice")
    await seen.press("enter")
    await seen.shows("Reset of practice", "✓ filters")
    album.snap("reset-at-work")
    await seen.shows("nothing is left on")
    await album.take("proof")


async def chinese(folder: Path) -> None:
    """The same in another language, on what is left."""
    async with opened(size=SIZE, look=Look(translator(["zh_TW"]))) as seen:
        await Album(seen, folder).take("home-zh-TW")


def practice() -> Practice:
    """The practice nodes, which run."""
    found = find(practice_folder() / "nodes")
    assert found
    return found


def main(folder: Path) -> None:
    """Start practice nodes of their own, and take them down afterwards."""
    folder = folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.update(ZKWIZARD_STATE=str(STATE), HOME=str(STATE), COLORTERM="truecolor")
    os.environ.pop("NO_COLOR", None)
    look.PATIENCE = 600.0
    left_over = find(practice_folder() / "nodes")
    if left_over:
        left_over.stop()
    shutil.rmtree(STATE, ignore_errors=True)
    STATE.mkdir(mode=0o700)
    os.chdir(STATE)
    try:
        asyncio.run(tell(folder))
        asyncio.run(chinese(folder))
    finally:
        running = find(practice_folder() / "nodes")
        if running:
            running.stop()
        shutil.rmtree(STATE)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "assets/pictures"))
