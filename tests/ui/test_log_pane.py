"""The log pane as somebody uses it: reads, follows, looks for something, takes it along."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from tests.ui.log_pane_rig import LogApp, unchanged, until
from zkwizard.model.text import T
from zkwizard.widgets.log_pane import Kind

SIZES = [(80, 24), (120, 40)]


@asynccontextmanager
async def shown(
    tmp_path: Path, lines: int = 0, size: tuple[int, int] = (80, 24), **options: bool | int
) -> AsyncIterator[tuple[LogApp, Pilot[None]]]:
    app = LogApp(tmp_path / "saved", **options)
    app.pane.add("node1", files=[tmp_path / "node1.log"])
    app.pane.feed("node1", numbered(0, lines))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.body.size.height > 0)
        if lines:
            await until(pilot, lambda: f"  line {lines - 1}" in app.rows)
        await until(pilot, lambda: app.body.has_focus)
        yield app, pilot


def numbered(first: int, last: int) -> bytes:
    return b"".join(b"line %d\n" % number for number in range(first, last))


@pytest.mark.parametrize("size", SIZES)
async def test_it_follows_and_says_how_much_is_kept_and_where_all_of_it_is(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with shown(tmp_path, 30, size, cap=500) as (app, pilot):
        await until(pilot, lambda: app.status[1].startswith("all 30 lines · full log: "))
        assert app.status[0] == "node1  following"
        app.pane.feed("node1", numbered(30, 61_204))
        await until(pilot, lambda: app.rows[-1] == "  line 61203")
        await until(pilot, lambda: app.status[1].startswith("last 500 of 61,204 lines · full log: "))
        assert app.status[1].endswith("node1.log")


@pytest.mark.parametrize("key", ["up", "pageup", "home", "k", "wheel", "f"])
async def test_whatever_scrolls_up_pauses_and_nothing_moves_then(tmp_path: Path, key: str) -> None:
    async with shown(tmp_path, 200, cap=300) as (app, pilot):
        if key == "wheel":
            await pilot._post_mouse_events([_wheel_up()], app.body)
        else:
            await pilot.press(key)
        await until(pilot, lambda: app.status[0].startswith("node1  paused"))
        await until(pilot, lambda: not app.animator.is_being_animated(app.body, "scroll_y"))
        with unchanged(lambda: app.rows):
            app.pane.feed("node1", numbered(200, 414))
            await until(pilot, lambda: "▼ 214 new" in app.status[0])
            app.pane.feed("node1", numbered(414, 1000))
            await until(pilot, lambda: "▼ 800 new" in app.status[0])
        await pilot.press("end")
        await until(pilot, lambda: app.rows[-1] == "  line 999")
        assert app.status[0] == "node1  following"


def _wheel_up() -> type:
    from textual.events import MouseScrollUp

    return MouseScrollUp


async def test_a_click_on_the_arrow_goes_to_the_newest_line(tmp_path: Path) -> None:
    async with shown(tmp_path, 200) as (app, pilot):
        await pilot.press("up")
        app.pane.feed("node1", b"new\n")
        await until(pilot, lambda: "▼ 1 new" in app.status[0])
        await pilot.click("StatusLines", offset=(18, 0))
        await until(pilot, lambda: app.rows[-1] == "  new")


async def test_scrolling_down_to_the_end_follows_again(tmp_path: Path) -> None:
    async with shown(tmp_path, 200) as (app, pilot):
        await pilot.press("up", "up")
        await until(pilot, lambda: "paused" in app.status[0])
        await pilot.press("down", "down")
        await until(pilot, lambda: "following" in app.status[0])


async def test_sources_are_switched_without_losing_anything(tmp_path: Path) -> None:
    async with shown(tmp_path, 100) as (app, pilot):
        app.pane.add("node2", T("the second node"))
        await pilot.press("pageup")
        await until(pilot, lambda: "paused" in app.status[0])
        read = app.rows
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: app.pane.shown == "node2")
        assert app.status == ["the second node  following", "all 0 lines"]
        app.pane.feed("node1", numbered(100, 150))
        app.pane.feed("node2", numbered(0, 3))
        await until(pilot, lambda: app.rows[:3] == ["  line 0", "  line 1", "  line 2"])
        app.pane.show("node1")
        await until(pilot, lambda: app.rows == read)
        await until(pilot, lambda: "▼ 50 new" in app.status[0])


async def test_a_filter_shows_only_what_matches_as_it_is_typed_and_as_it_comes(tmp_path: Path) -> None:
    async with shown(tmp_path, 100) as (app, pilot):
        await pilot.press("slash", *"LINE 9".lower())
        await until(pilot, lambda: app.rows[:3] == ["  line 9", "  line 90", "  line 91"])
        assert "only “line 9”: 11 lines" in app.status[0]
        await pilot.press("enter")
        app.pane.feed("node1", b"nothing\nline 900\n")
        await until(pilot, lambda: app.rows[11] == "  line 900")
        await pilot.press("ampersand")
        await until(pilot, lambda: "  nothing" in app.rows)
        assert "“line 9” in 12 lines" in app.status[0]
        await pilot.press("slash")
        await until(pilot, lambda: app.query_one(Input).has_focus)
        assert app.query_one(Input).value == "line 9", "the filter is there again"
        await pilot.press("escape")
        await until(pilot, lambda: "line 9”" not in app.status[0])
        assert app.body.has_focus


async def test_matches_are_marked_and_gone_through(tmp_path: Path) -> None:
    async with shown(tmp_path, 300) as (app, pilot):
        await pilot.press("slash", *"line 7", "enter", "ampersand", "n")
        await until(pilot, lambda: " >line 7" in app.rows)
        styles = {s.text: s.style for s in app.body.render_line(app.rows.index(" >line 7"))}
        assert styles["line 7"] and styles["line 7"].underline
        await pilot.press("n")
        await until(pilot, lambda: " >line 70" in app.rows)
        await pilot.press("N", "N")
        await until(pilot, lambda: " >line 79" in app.rows, 20)


async def test_errors_are_counted_and_one_key_away(tmp_path: Path) -> None:
    async with shown(tmp_path, 5) as (app, pilot):
        assert app.active_bindings["e"].enabled is False
        app.pane.feed("node1", b"error: first\n" + numbered(0, 100) + b"warning: w\n")
        app.pane.mark("node1", Kind.FAILED, T("failed with code {code}", code=1))
        app.pane.feed("node1", numbered(0, 100))
        await until(pilot, lambda: "✗ 2 errors  ! 1 warning" in app.status[0])
        assert app.active_bindings["e"].enabled
        await pilot.press("e")
        await until(pilot, lambda: "✗>error: first" in app.rows)
        await pilot.press("e")
        await until(pilot, lambda: "✗>failed with code 1" in app.rows)
        await pilot.press("E")
        await until(pilot, lambda: "✗>error: first" in app.rows)
        assert "paused" in app.status[0]


async def test_every_kind_has_a_sign_of_its_own(tmp_path: Path) -> None:
    async with shown(tmp_path, wrap=False) as (app, pilot):
        for kind in Kind:
            app.pane.mark("node1", kind, kind.name)
        await until(pilot, lambda: any("FAILED" in row for row in app.rows))
        signs = {row[2:]: row[0] for row in app.rows if row}
        assert signs == {
            "OUTPUT": " ", "NOTE": "·", "BEGAN": "▸", "DONE": "✓", "SAME": "=", "STOPPED": "■",
            "WARNING": "!", "ERROR": "✗", "FAILED": "✗",
        }  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
async def test_wrap_and_times(tmp_path: Path, size: tuple[int, int]) -> None:
    async with shown(tmp_path, size=size) as (app, pilot):
        line = "".join(f"{number:03}." for number in range(60))
        app.pane.feed("node1", f"{line}\n繁體中文{line}\n".encode(), at=1_700_000_000.0)
        await until(pilot, lambda: "059." in "".join(app.rows))
        width = app.body.scrollable_content_region.width - 2
        assert app.rows[0] == "  " + line[:width], "no character is hidden by the scrollbar"
        assert "".join(row[2:] for row in app.rows) == line + "繁體中文" + line
        await pilot.press("w")
        await until(pilot, lambda: app.rows[0].endswith(">"))
        assert app.rows[0] == "  " + line[: width - 1] + ">"
        assert app.rows[2] == ""
        await pilot.press("right", "t")
        await until(pilot, lambda: re.fullmatch(r"\d\d:\d\d:20   004\..*", app.rows[0]))
        assert "from column 17" in app.status[0]
        await pilot.press("left", "w", "t")
        await until(pilot, lambda: app.rows[0] == "  " + line[:width])


async def test_the_top_line_stays_when_the_width_changes(tmp_path: Path) -> None:
    async with shown(tmp_path) as (app, pilot):
        for number in range(100):
            app.pane.feed("node1", b"%d %s\n" % (number, b"x" * 200))
        await until(pilot, lambda: app.body.max_scroll_y > 100)
        await pilot.press("home", *["down"] * 9)
        await until(pilot, lambda: app.rows[0].startswith("  3 xxx"))
        await pilot.resize_terminal(120, 30)
        await until(pilot, lambda: app.body.size.width > 100)
        await until(pilot, lambda: app.rows[0].startswith("  3 xxx"))
        await pilot.press("w")
        await until(pilot, lambda: app.rows[1].startswith("  4 xxx"))


async def test_copy_takes_the_selection_else_what_is_seen_else_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "far away")
    monkeypatch.delenv("TMUX", raising=False)
    copy = tmp_path / "saved" / "copied.txt"
    async with shown(tmp_path) as (app, pilot):
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard == str(tmp_path / "node1.log"))
        app.pane.feed("node1", b"one " + b"x" * 100 + b"\ntwo\nthree\n")
        await until(pilot, lambda: "  three" in app.rows)
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard == "one " + "x" * 100 + "\ntwo\nthree")
        assert copy.read_text() == app.clipboard + "\n"
        await until(pilot, lambda: any(str(copy) in told for told in app.told))
        await pilot.mouse_down(app.body, offset=(4, 0))
        await pilot.hover(app.body, offset=(5, 2))
        await pilot.mouse_up(app.body, offset=(5, 2))
        await until(pilot, lambda: app.screen.get_selected_text() == "e " + "x" * 100 + "\ntwo")
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard == "e " + "x" * 100 + "\ntwo")


async def test_what_is_too_much_for_the_clipboard_is_in_a_file(tmp_path: Path) -> None:
    async with shown(tmp_path, size=(200, 60)) as (app, pilot):
        app.pane.feed("node1", ("繁" * 1300 + "\n").encode() * 25)
        await pilot.press("w")
        await until(pilot, lambda: app.rows[24].startswith("  繁"))
        await pilot.press("y")
        await until(pilot, lambda: any("Too much" in told and "copied.txt" in told for told in app.told))
        assert app.clipboard == ""
        assert (tmp_path / "saved" / "copied.txt").read_text() == ("繁" * 1300 + "\n") * 25


async def test_save_writes_the_lines_that_are_shown(tmp_path: Path) -> None:
    async with shown(tmp_path, 50) as (app, pilot):
        await pilot.press("slash", *"line 4", "enter", "s")
        await until(pilot, lambda: any("Saved 11 lines" in told for told in app.told))
        (saved,) = (tmp_path / "saved").glob("node1-*.log")
        assert saved.read_text().splitlines()[:3] == ["line 4", "line 40", "line 41"]
        assert str(tmp_path / "node1.log") in app.told[-1], "the path of the full log is said, too"


async def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "saved").write_text("not a folder")
    async with shown(tmp_path, 5) as (app, pilot):
        await pilot.press("s")
        await until(pilot, lambda: any("Can't write" in told for told in app.told))


async def test_earlier_lines_come_from_the_file(tmp_path: Path) -> None:
    (tmp_path / "node1.log").write_bytes(numbered(0, 1000))
    async with shown(tmp_path, 1000, cap=300) as (app, pilot):
        app.pane.mark("node1", Kind.NOTE, "a marker is no line of the file")
        await until(pilot, lambda: "marker" in app.rows[-1])
        await pilot.press("less_than_sign")
        await until(pilot, lambda: "  line 700" in app.rows)
        assert app.status[0].startswith("node1  from the file")
        assert app.status[1].startswith("lines 402 to 701 of 1,000 · full log: ")
        await pilot.press("less_than_sign")
        await until(pilot, lambda: "  line 400" in app.rows)
        app.pane.feed("node1", b"meanwhile\n")
        await pilot.press("greater_than_sign")
        await until(pilot, lambda: app.status[1].startswith("lines 402 to 701"))
        await pilot.press("escape")
        await until(pilot, lambda: app.rows[-1] == "  meanwhile")
        assert app.status[0].startswith("node1  following")


async def test_a_log_file_that_is_gone_is_said(tmp_path: Path) -> None:
    async with shown(tmp_path, 1000, cap=300) as (app, pilot):
        await pilot.press("less_than_sign")
        await until(pilot, lambda: any("Can't read" in told and "node1.log" in told for told in app.told))
        assert app.rows[-1] == "  line 999"


async def test_progress_moves_in_its_line(tmp_path: Path) -> None:
    async with shown(tmp_path) as (app, pilot):
        app.pane.feed("node1", b"\nbefore\nReading 5%")
        await until(pilot, lambda: app.rows[:3] == ["", "  before", "  Reading 5%"])
        app.pane.feed("node1", b"\rReading 50%")
        await until(pilot, lambda: app.rows[2] == "  Reading 50%")
        app.pane.feed("node1", b"\rDone\nafter\n")
        await until(pilot, lambda: app.rows[:4] == ["", "  before", "  Done", "  after"])


async def test_an_endless_line_is_cut_and_that_is_said(tmp_path: Path) -> None:
    async with shown(tmp_path, wrap=True) as (app, pilot):
        for _ in range(160):
            app.pane.feed("node1", b"x" * 65_536)
        app.pane.feed("node1", b"\nafter\n")
        await until(pilot, lambda: app.rows[-1] == "  after")
        assert app.rows[-2].endswith("… (cut here: 10,485,760 bytes in all)")


async def test_ascii_has_no_other_glyph(tmp_path: Path) -> None:
    async with shown(tmp_path, ascii_only=True) as (app, pilot):
        for kind in Kind:
            app.pane.mark("node1", kind, f"“{kind.name}” …")
        app.pane.feed("node1", "繁體 \x1b]0;x\x07 \ufffd error\n".encode() * 30)
        await until(pilot, lambda: any("error" in row for row in app.rows))
        await pilot.press("up", "slash", *"繁體", "escape", "up", "w", "t")
        app.pane.feed("node1", b"x" * 9000 + b"\n")
        await until(pilot, lambda: "new" in app.status[0])
        assert {sign for row in [*app.rows, *app.status] for sign in row if not sign.isascii()} <= {*"繁體"}


async def test_every_key_says_what_it_does(tmp_path: Path) -> None:
    async with shown(tmp_path, 5) as (app, _):
        own = [b.binding for b in app.active_bindings.values() if b.node is app.pane]
        assert all(binding.description and binding.id for binding in own)
        in_footer = [binding.key for binding in own if binding.show]
        assert in_footer == ["slash", "n", "f", "e", "w", "t", "y", "s"]


async def test_keys_go_to_the_lines_from_the_beginning(tmp_path: Path) -> None:
    async with shown(tmp_path, 50) as (app, pilot):
        await until(pilot, lambda: app.body.has_focus)
        await pilot.press("x", "k")
        await until(pilot, lambda: "paused" in app.status[0])
        assert "x" not in app.status[0]


async def test_a_hidden_pane_takes_lines_and_draws_them_when_it_is_seen(tmp_path: Path) -> None:
    async with shown(tmp_path, 5) as (app, pilot):
        app.pane.display = False
        await pilot.pause()
        app.pane.feed("node1", numbered(5, 500))
        app.pane.display = True
        await until(pilot, lambda: app.rows[-1:] == ["  line 499"])


async def test_lines_that_are_let_go_never_leave_a_row_behind(tmp_path: Path) -> None:
    """Something may be drawn between two batches, when the lines of the old rows are already too many."""
    async with shown(tmp_path, 40, cap=50) as (app, pilot):
        await pilot.press("home")
        await until(pilot, lambda: "paused" in app.status[0])
        for batch in range(100):
            app.pane.feed("node1", numbered(batch * 7, batch * 7 + 7))
            assert len(app.rows) == app.body.size.height
        app.pane.clear("node1")
        assert not any(app.rows)


async def test_a_pane_below_another_screen_takes_no_endless_memory(tmp_path: Path) -> None:
    async with shown(tmp_path, 40, cap=50) as (app, pilot):
        await app.push_screen(Screen())
        for _ in range(100):
            app.pane.feed("node1", numbered(0, 50))
        assert app.body.source.end - app.body.source.first <= 150
        app.pop_screen()
        await until(pilot, lambda: app.rows[-1] == "  line 49")
        await until(pilot, lambda: app.status[1].startswith("last 50 of 5,040 lines"))
