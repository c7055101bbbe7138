"""The app around the screens: sizes, help, actions, themes, ASCII, NO_COLOR, languages."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.style import Style
from textual.app import SystemCommand
from textual.screen import Screen
from textual.widgets import Static

from tests.ui import canned_run as told
from tests.ui.canned import FILE
from tests.ui.canned_run import Tale, ToldServices
from tests.ui.look import Seen, opened
from zkwizard.app import Look
from zkwizard.screens.choices import Choices
from zkwizard.screens.done import Done
from zkwizard.screens.failure import Failure
from zkwizard.screens.frame import Frame
from zkwizard.screens.help import Help
from zkwizard.screens.person import Needed
from zkwizard.screens.run import Run
from zkwizard.screens.steps import Step
from zkwizard.screens.too_small import TooSmall
from zkwizard.store.catalogue import languages
from zkwizard.store.settings import Settings, read_settings, save_settings
from zkwizard.widgets.ascii_signs import in_ascii
from zkwizard.widgets.run.grid import RunGrid


async def test_a_terminal_that_is_too_small_says_so_and_comes_back(file: Path) -> None:
    async with opened(file) as seen:
        await seen.press("ctrl+n")
        await seen.shows("Step 2 of 6")
        for width, height in ((79, 24), (60, 15), (80, 23), (10, 3)):
            await seen.pilot.resize_terminal(width, height)
            await seen.until(lambda: isinstance(seen.app.screen, TooSmall))
        await seen.pilot.resize_terminal(120, 40)
        await seen.shows("Step 2 of 6")
        assert sum(isinstance(screen, TooSmall) for screen in seen.app.screen_stack) == 0
        await seen.press("escape")
        await seen.shows("Step 1 of 6")


async def test_a_screen_is_left_before_its_widgets_are_taken_down(file: Path) -> None:
    class Last(Static):
        def on_unmount(self) -> None:
            assert isinstance(self.screen, Frame)
            found.append(self.screen.here)

    found: list[bool] = []
    async with opened(file) as seen:
        assert isinstance(seen.app.screen, Frame)
        assert seen.app.screen.here
        await seen.app.screen.mount(Last())
    assert found == [False]


async def test_it_can_start_in_a_terminal_that_is_too_small() -> None:
    from zkwizard.app import ZkwizardApp
    from zkwizard.cli.screens import Live

    app = ZkwizardApp(Live())
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.pause()
        assert isinstance(app.screen, TooSmall)
        await pilot.press("q")
    assert app.return_code == 0


@pytest.mark.parametrize("step", [Step.NODES, Step.OVERLAY, Step.PROXY, Step.CLUSTER, Step.REVIEW])
async def test_every_step_fits_into_80_by_24_and_has_help(file: Path, step: Step) -> None:
    async with opened(file) as seen:
        for number in range(2, step + 1):
            await seen.press("ctrl+n")
            await seen.shows(f"Step {number} of 6")
        await seen.until(lambda: "Help" in seen.text.splitlines()[-1], "the keys")
        footer = seen.text.splitlines()[-1]
        assert "Back" in footer and "Next" in footer
        assert "6 Run" in seen.text.splitlines()[1]
        assert isinstance(seen.app.screen, Frame)
        about = seen.app.screen.ABOUT
        await seen.press("f1")
        await seen.until(lambda: isinstance(seen.app.screen, Help))
        await seen.shows(str(about[0])[:25])
        await seen.press("f1")
        await seen.shows(f"Step {step.value} of 6")


async def test_the_palette_knows_every_action_of_the_screen(file: Path) -> None:
    async with opened(file) as seen:
        commands = list(seen.app.get_system_commands(seen.app.screen))
        names = {command.title for command in commands if isinstance(command, SystemCommand)}
        assert {"Add", "Duplicate", "Remove", "Import", "Test", "Next", "Back", "Review", "Theme"} <= names
        await seen.press("ctrl+p")
        await seen.type("review")
        await seen.shows("Review")
        await seen.press("enter")
        await seen.shows("Step 5 of 6")


async def test_a_theme_is_remembered_and_an_unknown_one_is_passed_over() -> None:
    async with opened(look=Look(theme="no-such-theme")) as seen:
        seen.app.theme = "ansi-dark"
        await seen.until(lambda: read_settings().theme == "ansi-dark")
    async with opened() as seen:
        assert seen.app.theme == "ansi-dark"


async def test_keys_can_be_bound_anew(file: Path) -> None:
    save_settings(Settings(keys={"next": "f9"}))
    async with opened(file) as seen:
        await seen.press("f9")
        await seen.shows("Step 2 of 6")


def _shown(seen: Seen) -> list[tuple[str, Style | None]]:
    """Every segment as it leaves for the terminal, filters applied."""
    strips = seen.app.screen._compositor.render_strips()
    background = seen.app.screen.background_colors[1]
    shown = []
    for strip in strips:
        segments = list(strip)
        for each in seen.app.get_line_filters():
            segments = each.apply(segments, background)
        shown += [(segment.text, segment.style) for segment in segments]
    return shown


async def test_ascii_leaves_nothing_beyond_ascii(file: Path) -> None:
    async with opened(file, look=Look(ascii=True)) as seen:
        for number in range(2, 6):
            assert "".join(text for text, _ in _shown(seen)).isascii()
            await seen.press("ctrl+n")
            await seen.shows(f"Step {number} of 6")
        await seen.shows("steps in")
        assert "".join(text for text, _ in _shown(seen)).isascii()


async def test_no_color_leaves_no_colour_and_still_shows_the_cursor(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async with opened(file) as seen:
        shown = _shown(seen)
        assert [style for _, style in shown if style and not _is_colourless(style)] == []
        assert any(style and style.reverse and "master" in text for text, style in shown)


@pytest.fixture
def canned(place: Path) -> Path:
    """The file of the nodes of told runs."""
    path = place / "zk.yaml"
    path.write_text(FILE)
    return path


RUNS: dict[Tale, tuple[type[Screen[Any]], str]] = {
    told.halfway: (Run, "> images|! node2 lost|+ 1 changed|. preflight"),
    told.asking: (Failure, "x Join"),
    told.explained_failure: (Failure, "x Join|1 "),
    told.failed: (Run, "x failed|x join|o blocked"),
    told.person: (Needed, " 1  b503c04236"),
    told.held: (Choices, "Another run has the nodes"),
    told.done: (Done, "+ The cluster zk"),
}
"""What is told, the screen that it leads to, and what says there how it stands, in ASCII."""


async def _told(seen: Seen, canned: Path, tale: Tale) -> None:
    seen.app.go_on(canned, "run")
    await seen.until(lambda: isinstance(seen.app.screen, RUNS[tale][0]), RUNS[tale][0].__name__)
    await seen.rests()


@pytest.mark.parametrize("tale", RUNS)
async def test_a_run_in_ascii_says_everything(tale: Tale, canned: Path) -> None:
    async with opened(size=(120, 40), services=ToldServices(tale), look=Look(ascii=True)) as seen:
        await _told(seen, canned, tale)
        text = "".join(text for text, _ in _shown(seen))
        assert text.isascii()
        assert [words for words in RUNS[tale][1].split("|") if words not in text] == []
        for key in ("v", "m") if isinstance(seen.app.screen, Run) else ():
            await seen.press(key)
            await seen.rests()
            assert "".join(text for text, _ in _shown(seen)).isascii()


@pytest.mark.parametrize("tale", RUNS)
async def test_a_run_without_colours_says_everything(
    tale: Tale, canned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with opened(size=(120, 40), services=ToldServices(tale)) as seen:
        await _told(seen, canned, tale)
        shown = _shown(seen)
        assert [style for _, style in shown if style and not _is_colourless(style)] == []
        text = in_ascii("".join(text for text, _ in shown))
        assert [words for words in RUNS[tale][1].split("|") if words not in text] == []
        if isinstance(seen.app.screen, Run):
            node = seen.app.screen.query_one(RunGrid).node
            names = [style for text, style in shown if text.split() == [node]]
            assert any(style and style.underline for style in names), "the column of the cursor"


def _is_colourless(style: Style) -> bool:
    return all(colour is None or colour.is_default for colour in (style.color, style.bgcolor))


def test_languages_come_from_the_option_then_the_environment() -> None:
    assert languages("zh-tw", {"LANG": "en_US.UTF-8"}) == ["zh_TW"]
    assert languages("", {"LANG": "zh_TW.UTF-8", "TERM": "xterm"}) == ["zh_TW"]
    assert languages("", {"LANG": "zh_TW.UTF-8", "TERM": "linux"}) == []
    assert languages("", {"LANGUAGE": "de:zh_CN", "LANG": "C"}) == ["de", "zh_CN"]


async def test_texts_and_keys_pass_through_the_catalogue(file: Path) -> None:
    async with opened(
        look=Look(translate=lambda text: text.replace("Quit", "ENDE").replace("New cluster", "NEW Cluster"))
    ) as seen:
        await seen.shows("ENDE", "NEW Cluster")


def test_without_a_terminal_it_prints_help_and_imports_no_screen() -> None:
    code = "import sys; from zkwizard.cli.main import run; run([]); print('textual' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("usage: zkwizard")
    assert done.stdout.splitlines()[-1] == "False"


def test_home_is_there_before_the_model_is_loaded() -> None:
    code = "import sys, zkwizard.cli.screens; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"pydantic", "yaml", "asyncssh", "zkwizard.engine"} & set(done.stdout.split())


def test_in_a_terminal_it_opens_and_q_ends_it(place: Path) -> None:
    """On a real pseudo terminal, with the driver that a person has."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ |= {"TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"}
        os.execv(sys.executable, [sys.executable, "-m", "zkwizard"])
    seen = b""
    while b"Practice" not in seen:
        seen += os.read(terminal, 65536)
    os.write(terminal, b"q")
    try:
        while os.read(terminal, 65536):
            pass
    except OSError:
        pass
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
