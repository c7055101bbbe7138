"""The whole way in tmux, as a person goes it: keys sent, panes captured, resized while a run is at work; and
a terminal that stops reading.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import has, until
from zkwizard.store.journal import lines
from zkwizard.store.state import ClusterState, practice_folder

pytestmark = pytest.mark.timeout(1200)

PATIENCE = 300.0
"""Seconds until a condition counts as never coming true; the machine may be busy."""
UNREAD = 15.0
"""Seconds for which a terminal does not read."""


class Tmux:
    """A tmux server of its own with one window of 80×24, in which zkwizard runs."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "tmux"
        command = shlex.join([sys.executable, "-m", "zkwizard"])
        size = ["-x", "80", "-y", "24", "-e", "COLUMNS=80", "-e", "LINES=24"]  # as some shells export it
        self._call("-u", "-f", "/dev/null", "new-session", "-d", *size, f"{command}; cat")
        self._server = int(self._call("display-message", "-p", "#{pid}"))

    def _call(self, *words: str) -> str:
        """``-u`` among them: signs beyond ASCII are not to be lost, whatever the locale here."""
        done = subprocess.run(["tmux", "-S", str(self._socket), *words], capture_output=True, text=True)
        assert done.returncode == 0, (words, done.stderr)
        return done.stdout

    @property
    def text(self) -> str:
        """What stands in the window."""
        return self._call("-u", "capture-pane", "-p")

    def keys(self, *names: str) -> None:
        """Keys by tmux's names for them."""
        self._call("send-keys", *names)

    def type(self, text: str) -> None:
        """A text, letter by letter."""
        self._call("send-keys", "-l", text)

    def shows(self, *texts: str) -> str:
        """Wait until all of these stand there at once."""

        def all_of_them(found: str) -> bool:
            return all(text in found for text in texts)

        return until(lambda: self.text, f"it shows {texts}", fits=all_of_them, limit=PATIENCE)

    def resize(self, width: int, height: int) -> None:
        """Another size of the window."""
        self._call("resize-window", "-x", str(width), "-y", str(height))

    @contextmanager
    def unread(self) -> Iterator[None]:
        """Nobody reads what zkwizard writes, until its writing blocks: the server stands still."""
        os.kill(self._server, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self._server, signal.SIGCONT)

    def close(self) -> None:
        """End it with all that runs in it."""
        self._call("kill-server")


@pytest.fixture
def tmux(place: Path, practice: Path) -> Iterator[Tmux]:
    tmux = Tmux(place.parent)
    try:
        yield tmux
    finally:
        tmux.close()


def to_the_run(tmux: Tmux) -> None:
    """From Home through the review, until nothing but a word is missing."""
    tmux.shows("Practice cluster")
    tmux.keys("p")
    tmux.shows("Step 1 of 6", "PRACTICE NODES", "node2")
    tmux.keys("t")
    tmux.shows("logged in, root")
    tmux.keys("M-5")
    tmux.shows("Step 5 of 6", "steps in")
    tmux.keys("r")
    tmux.shows("Run it?")
    tmux.keys("y")
    tmux.shows("next: probe")


def test_from_the_first_screen_to_ready_a_log_and_back_to_nothing(tmux: Tmux, practice: Path) -> None:
    to_the_run(tmux)
    tmux.keys("c")
    tmux.shows("next: overlay-join", "1 of 22 phases")
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
    tmux.shows("Log of a pod", "reading along", "following")
    tmux.keys("Escape")
    tmux.shows("3 of 3 nodes Ready")
    tmux.keys("R")
    tmux.shows("Type the cluster's name")
    tmux.type("practice")
    tmux.keys("Enter")
    tmux.shows("nothing is left on master, node1, node2")


def test_a_terminal_that_stops_reading_stops_nothing(tmux: Tmux, practice: Path) -> None:
    """The run goes on at its pace while nobody reads, and the screen is right again afterwards."""
    to_the_run(tmux)
    tmux.keys("a")
    until(_kinds, "a step ended", fits=has("step-ended"), limit=PATIENCE)
    with tmux.unread():
        began = time.time()
        until(time.time, "the silence is over", fits=lambda now: now > began + UNREAD, limit=PATIENCE)
        at = [event["at"] for event in _events()]
        assert len([each for each in at if each > began]) > 20
        until(_kinds, "the run ended", fits=lambda kinds: kinds[-1] == "run-ended", limit=PATIENCE)
    tmux.shows(" Done  PRACTICE NODES", "is made and verified", "10.9.8.", "k Save kubeconfig")


def _events() -> list[dict[str, Any]]:
    """The journal of the last run, as far as it is written."""
    runs = ClusterState(practice_folder(), "practice").runs()
    return list(lines(runs[-1].journal)) if runs else []


def _kinds() -> list[str]:
    return [event["event"] for event in _events()]
