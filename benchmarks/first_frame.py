"""What ``zkwizard`` costs until its first screen stands, against a bare Textual app with the same widgets.

Both get a pseudo-terminal of 120×40 each; the process ends itself when it writes the last words of the first
screen, and tells the processor time that it took until then. The aim is 1.25 times.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from pathlib import Path

from tests.terminal import Terminal

ROUNDS = 11
AIM = 1.25
_LAST = "Practice cluster"
"""Words at the end of the list, which both show."""
_MEASURED = """
import os, sys, time
from textual.drivers.linux_driver import LinuxDriver
write = LinuxDriver.write
def measured(driver, data):
    write(driver, data)
    if sys.argv[1] in data:
        with open(sys.argv[2], "w") as file:
            file.write(str(time.process_time()))
        os._exit(0)
LinuxDriver.write = measured
"""
_ZKWIZARD = """
from zkwizard.cli.main import run
run([])
"""
_BARE = """
from textual.app import App
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Footer, OptionList, Static
from textual.widgets.option_list import Option

class Home(Screen):
    BINDINGS = [Binding("n", "new", "New"), Binding("o", "open", "Open a file"),
                Binding("p", "practice", "Practice"), Binding("q", "app.quit", "Quit")]
    def compose(self):
        yield Horizontal(Static("zkwizard", markup=False), Static("", markup=False))
        yield Vertical(OptionList(id="clusters", markup=False), Static(id="about", markup=False))
        yield Footer()
    def on_mount(self):
        words = ("New cluster", "Open a cluster file", "Practice cluster")
        self.query_one(OptionList).add_options([Option(each, str(n)) for n, each in enumerate(words)])
        self.query_one(OptionList).highlighted = 0

class Bare(App):
    MODES = {"home": Home}
    DEFAULT_MODE = "home"

Bare().run()
"""


def report() -> bool:
    """Measure in turns, print, and say whether the aim is met."""
    with tempfile.TemporaryDirectory(prefix="zkwizard-bench-") as folder:
        programs = {"bare app": _BARE, "zkwizard": _ZKWIZARD}
        found: dict[str, list[float]] = {name: [] for name in programs}
        for _ in range(ROUNDS):
            for name, program in programs.items():
                found[name].append(_until_shown(program, Path(folder)))
    middle = {name: statistics.median(values) for name, values in found.items()}
    for name, seconds in middle.items():
        print(f"  {name:<9} {seconds * 1000:4.0f} ms of processor time, {seconds / middle['bare app']:.2f} x")
    return middle["zkwizard"] <= AIM * middle["bare app"]


def _until_shown(program: str, folder: Path) -> float:
    environment = {**os.environ, "ZKWIZARD_STATE": str(folder), "HOME": str(folder), "LANG": "C.UTF-8"}
    told = folder / "seconds"
    command = [sys.executable, "-c", _MEASURED + program, _LAST, str(told)]
    terminal = Terminal(command, environment, Path.cwd())
    assert terminal.ended(60) == 0, terminal.text[-2000:]
    return float(told.read_text())
