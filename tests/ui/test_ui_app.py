"""The app around the screens: sizes, help, actions, themes, ASCII, NO_COLOR, languages."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from rich.style import Style
from textual.app import SystemCommand

from tests.ui.look import opened
from zkwizard.app import Look
from zkwizard.screens.help import Help
from zkwizard.screens.steps import Step
from zkwizard.screens.too_small import TooSmall
from zkwizard.store.catalogue import languages
from zkwizard.store.settings import Settings, read_settings, save_settings


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
        footer = seen.text.splitlines()[-1]
        assert "Back" in footer and "Next" in footer and "Actions" in footer
        assert "6 Run" in seen.text.splitlines()[1]
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


def _shown(seen) -> list[tuple[str, Style | None]]:  # type: ignore[no-untyped-def]
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
        for _, style in shown:
            for colour in (style.color, style.bgcolor) if style else ():
                assert colour is None or colour.is_default
        assert any(style and style.reverse and "master" in text for text, style in shown)


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
