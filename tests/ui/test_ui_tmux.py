"""The whole way in tmux, as a person goes it: keys sent, panes captured, resized while a run is at work; and
a terminal that stops reading.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.terminal import Terminal
from zkwizard.cli.screens import Live
from zkwizard.demo.practice import PracticeError, find
from zkwizard.model.errors import ZkwizardError
from zkwizard.store.state import ClusterState, practice_folder

pytestmark = pytest.mark.timeout(900)

PATIENCE = 300.0
UNREAD = 15.0
"""Seconds for which a terminal does not read."""


class Tmux:
    """A tmux server of its own with one window, in which zkwizard runs."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "tmux"
        command = shlex.join([sys.executable, "-m", "zkwizard"])
        self._call("-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", f"{command}; sleep 600")

    def _call(self, *words: str) -> str:
        done = subprocess.run(
            ["tmux", "-S", str(self._socket), *words], capture_output=True, text=True, check=True
        )
        return done.stdout

    @property
    def text(self) -> str:
        """What stands in the window."""
        return self._call("capture-pane", "-p")

    def keys(self, *names: str) -> None:
        """Keys by tmux's names for them."""
        self._call("send-keys", *names)

    def type(self, text: str) -> None:
        """A text, letter by letter."""
        self._call("send-keys", "-l", text)

    def shows(self, *texts: str) -> str:
        """Wait until all of these stand there at once."""
        limit = time.monotonic() + PATIENCE
        while not all(text in (found := self.text) for text in texts):
            assert time.monotonic() < limit, f"never {texts}:\n{found}"
            time.sleep(0.1)
        return found

    def resize(self, width: int, height: int) -> None:
        """Another size of the window."""
        self._call("resize-window", "-x", str(width), "-y", str(height))

    def close(self) -> None:
        """End it with all that runs in it."""
        self._call("kill-server")


@pytest.fixture
def practice(place: Path) -> Iterator[Path]:
    """The cluster file of practice nodes; they are ended afterwards."""
    try:
        yield Live().start_practice()
    except (PracticeError, ZkwizardError) as error:
        pytest.skip(str(error))
    finally:
        found = find(practice_folder() / "nodes")
        if found:
            found.stop()


@pytest.fixture
def tmux(place: Path, practice: Path) -> Iterator[Tmux]:
    tmux = Tmux(place.parent)
    try:
        yield tmux
    finally:
        tmux.close()


def test_from_the_first_screen_to_ready_a_log_and_back_to_nothing(tmux: Tmux, practice: Path) -> None:
    tmux.shows("Practice cluster")
    tmux.keys("p")
    tmux.shows("Step 1 of 6", "PRACTICE NODES", "node2")
    tmux.keys("t")
    tmux.shows("✓ 2")
    tmux.keys("M-5")
    tmux.shows("Step 5 of 6", "steps in")
    tmux.keys("r")
    tmux.shows("Run it?")
    tmux.keys("y")
    tmux.shows("next: probe")
    tmux.keys("c")
    tmux.shows("next: overlay-join")
    tmux.keys("a")
    tmux.shows("▸ ")
    for width, height in ((132, 43), (70, 20), (100, 30), (80, 24)):
        tmux.resize(width, height)
        wanted = "80×24" if width < 80 else "Step 6 of 6"
        found = tmux.shows(wanted)
        assert max(map(len, found.splitlines())) <= width
    tmux.shows("is made and verified")
    tmux.keys("t")
    tmux.shows("3 of 3 nodes Ready", "kube-apiserver-master")
    tmux.keys("l")
    tmux.shows("Log of a pod", "following")
    tmux.keys("Escape")
    tmux.shows("3 of 3 nodes Ready")
    tmux.keys("R")
    tmux.shows("Type the cluster's name")
    tmux.type("practice")
    tmux.keys("Enter")
    tmux.shows("nothing is left on master, node1, node2")


def test_a_terminal_that_stops_reading_stops_nothing(practice: Path, place: Path) -> None:
    """The run goes on at the same pace while nobody reads, and the screen is right again afterwards."""
    terminal = Terminal([sys.executable, "-m", "zkwizard"], dict(os.environ), place)
    try:
        terminal.until("Practice cluster", PATIENCE)
        terminal.types("p")
        terminal.until("Step 1 of 6", PATIENCE)
        for step in (2, 3, 4, 5):
            terminal.types("\x0e")
            terminal.until(f"Step {step} of 6", PATIENCE)
        terminal.until("forecast", PATIENCE)
        terminal.types("r")
        terminal.until("Run it", PATIENCE)
        terminal.types("y")
        terminal.until("next: ", PATIENCE)
        terminal.types("a")
        _until(lambda: any(event["event"] == "step-ended" for event in _events()))
        with terminal.unread():
            began = time.time()
            _until(lambda: time.time() > began + UNREAD)
            seen = [event["at"] for event in _events() if event["at"] > began]
        gaps = [after - before for before, after in zip([began, *seen], [*seen, began + UNREAD], strict=True)]
        assert len(seen) > 20
        assert max(gaps) < UNREAD / 2
        terminal.until("made and verified", PATIENCE)
    finally:
        terminal.process.kill()
        terminal.ended()


def _events() -> list[dict[str, Any]]:
    runs = ClusterState(practice_folder(), "practice").runs()
    if not runs or not runs[-1].journal.exists():
        return []
    lines = runs[-1].journal.read_text().splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]


def _until(condition: Callable[[], object]) -> None:
    limit = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.05)
