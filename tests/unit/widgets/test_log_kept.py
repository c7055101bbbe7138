"""What is kept of a log, which rows it takes, and what comes back from its files."""

from __future__ import annotations

import random
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zkwizard.widgets.log_pane import clipboard, source
from zkwizard.widgets.log_pane.clipboard import MOST, run_tools, sequences, tools, write_private
from zkwizard.widgets.log_pane.display import count_rows
from zkwizard.widgets.log_pane.kinds import Kind
from zkwizard.widgets.log_pane.layout import Layout
from zkwizard.widgets.log_pane.paging import read_page
from zkwizard.widgets.log_pane.search import Pattern
from zkwizard.widgets.log_pane.source import Source


def filled(count: int, cap: int = 100) -> Source:
    kept = Source("node1", cap=cap)
    for number in range(count):
        kept.feed(b"line %d\n" % number, float(number))
    kept.trim()
    return kept


def test_the_last_lines_are_kept_with_their_numbers_and_times() -> None:
    kept = filled(250)
    assert (kept.first, kept.end, kept.gone) == (150, 250, 150)
    assert (kept.raw(150), kept.at(150), kept.raw(249)) == (b"line 150", 150.0, b"line 249")


def test_markers_end_an_unfinished_line_and_do_not_count_as_lines_of_the_file() -> None:
    kept = Source("node1", cap=2)
    kept.feed(b"half", 1.0)
    kept.mark(Kind.FAILED, b"failed: code 1", 2.0)
    assert [kept.kind(n) for n in (0, 1)] == [Kind.OUTPUT, Kind.FAILED]
    assert kept.errors == 1
    kept.feed(b"a\nb\n", 3.0)
    kept.trim()
    assert (kept.first, kept.gone) == (2, 1)


def test_a_reader_s_lines_stay_up_to_a_limit() -> None:
    kept = filled(100)
    kept.hold = 50
    kept.feed(b"more\n" * 300, 1.0)
    kept.trim()
    assert (kept.first, kept.raw(50)) == (50, b"line 50")
    kept.feed(b"more\n" * 300, 1.0)
    kept.trim()
    assert kept.end - kept.first == 400
    kept.hold = None
    kept.trim()
    assert kept.end - kept.first == 100


def test_long_lines_are_limited_by_their_bytes() -> None:
    kept, some = Source("node1", cap=100_000), random.Random(7)
    for _ in range(60):
        kept.feed(b"".join(some.randbytes(2000).hex().encode() + b"\n" for _ in range(20)), 0.0)
        kept.trim()
    assert kept._lines.size <= source.ROOM
    assert kept.end == 1200
    assert kept.first > 600, "what can't be packed well takes its room"


@settings(deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from([b"error\n", b"\n", "中文中文中文\n".encode(), b"half"]), st.binary(max_size=30)
        )
    ),
    st.sampled_from([0, 8, 13]),
    st.sampled_from(["", "e", "中"]),
    st.booleans(),
)
def test_a_layout_that_grew_is_one_made_afresh(
    pieces: list[bytes], width: int, looked: str, only: bool
) -> None:
    kept = Source("node1", cap=5)
    grown = Layout(kept, width, Pattern(looked), only, False)
    for piece in pieces:
        kept.feed(piece, 0.0)
        kept.trim()
        grown.sync()
        fresh = Layout(kept, width, Pattern(looked), only, False)
        assert (grown.numbers, grown.matches) == (fresh.numbers, fresh.matches)
        rows = range(grown.bottom - grown.top)
        assert [grown.at(grown.top + r) for r in rows] == [fresh.at(fresh.top + r) for r in rows]
        assert fresh.bottom - fresh.top == len(rows)


@pytest.mark.parametrize("width", [8, 79])
def test_every_line_has_the_rows_that_it_takes(width: int) -> None:
    """Plain lines are counted together; one that is not is looked at, and changes nothing for the others."""
    some = random.Random(width)
    lines = [
        b"",
        b"x" * width,
        b"y" * (width + 1),
        "中文".encode() * 9,
        b"a\tb",
        b"\x1b[31mred\x1b[m",
        b"z" * 5000,
    ]
    weights = [9, 9, 9, 1, 1, 1, 1]
    kept = Source("node1", cap=2000)
    grown = Layout(kept, width, Pattern(""), False, False)
    for _ in range(40):
        pieces = some.choices(
            lines, weights if some.random() < 0.7 else [1, 1, 1, 0, 0, 0, 0], k=some.randrange(150)
        )
        kept.feed(b"".join(piece + b"\n" for piece in pieces), 0.0)
        kept.trim()
        grown.sync()
        begins = [grown.row_of(number) for number in range(kept.first, kept.end)] + [grown.bottom]
        rows = [count_rows(grown.text(number), width) for number in range(kept.first, kept.end)]
        assert [after - before for before, after in pairwise(begins)] == rows


def test_matches_and_errors_are_found_around_the_end() -> None:
    kept = filled(30)
    kept.feed(b"error: no\n", 0.0)
    rows = Layout(kept, 0, Pattern("LINE 1".lower()), False, False)
    assert (rows.match(1, 1), rows.match(19, 1), rows.match(1, -1)) == (10, 1, 19)
    assert (rows.error(0, 1), rows.error(30, 1)) == (30, 30)
    assert Layout(kept, 0, Pattern("LINE 1"), False, False).match(0, 1) is None


def test_small_letters_find_all_and_brackets_are_themselves() -> None:
    assert Pattern("[error").spans("a [ERROR x] [error") == [(2, 8), (12, 18)]
    assert Pattern("[Error").spans("a [ERROR x]") == []


def test_pages_of_several_files(tmp_path: Path) -> None:
    files = [tmp_path / "a.log", tmp_path / "b.log", tmp_path / "c.log"]
    files[0].write_bytes(b"".join(b"a%d\n" % n for n in range(10)))
    files[1].write_bytes(b"")
    files[2].write_bytes(b"".join(b"c%d\n" % n for n in range(10)) + b"end")
    page = read_page(files, 13, 5)
    assert (page.first, page.last, page.total) == (8, 13, 21)
    assert page.data == b"a8\na9\nc0\nc1\nc2"
    assert read_page(files, 99, 2).data == b"c9\nend"
    assert read_page(files, 0, 5).data == b""
    with pytest.raises(OSError):
        read_page([tmp_path / "none"], 1, 1)


def test_an_endless_line_in_a_file_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"before\n" + b"x" * 3_000_000 + b"\nafter\n")
    page = read_page([path], 3, 3)
    assert [line[:6] for line in page.data.split(b"\n")] == [b"before", b"xxxxxx", b"after"]
    assert page.total == 3


def test_osc_52_finds_its_way_through_multiplexers() -> None:
    plain = "\x1b]52;c;5paH\x07"
    assert sequences("文", {"TERM": "xterm"}) == [plain]
    assert sequences("文", {"TERM": "tmux-256color"}) == [plain, "\x1bPtmux;\x1b\x1b]52;c;5paH\x07\x1b\\"]
    assert sequences("文", {"TERM": "screen", "TMUX": "/tmp/x"})[1].startswith("\x1bPtmux;")
    (through_screen,) = sequences("x" * 3000, {"TERM": "screen", "STY": "1.pts"})
    parts = through_screen.removesuffix("\x1b\\").split("\x1b\\")
    assert max(map(len, parts)) < 768
    assert "".join(part.removeprefix("\x1bP") for part in parts) == sequences("x" * 3000, {})[0]
    assert sequences("x" * (MOST + 1), {}) == []


def test_tools_of_this_machine_are_not_asked_from_far_away() -> None:
    def named(environment: dict[str, str]) -> list[str]:
        return [argv[0] for argv in tools(environment, lambda name: name != "clip.exe")]

    assert named({"DISPLAY": ":0"}) == ["xclip", "pbcopy"]
    assert named({"WAYLAND_DISPLAY": "w", "DISPLAY": ":0"}) == ["wl-copy", "pbcopy"]
    assert named({"DISPLAY": ":0", "SSH_CONNECTION": "1 2 3 4", "TMUX": "/tmp/x"}) == ["tmux"]


def test_tmux_gets_the_text_by_its_own_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    socket = tmp_path / "tmux"
    run = ["tmux", "-S", str(socket), "-f", "/dev/null"]
    subprocess.run([*run, "new-session", "-d", "sleep 60"], check=True)
    try:
        monkeypatch.setenv("TMUX", f"{socket},1,0")
        assert run_tools("繁體\nline 2", {"TMUX": f"{socket},1,0", "SSH_TTY": "x"}) == ["tmux"]
        shown = subprocess.run([*run, "show-buffer"], check=True, capture_output=True)
        assert shown.stdout.decode() == "繁體\nline 2"
    finally:
        subprocess.run([*run, "kill-server"], check=True)


def test_a_tool_that_hangs_or_fails_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, body in (("xclip", "sleep 30"), ("pbcopy", "exit 1")):
        (tmp_path / name).write_text(
            f"#!/bin/sh\nexec {body}\n" if name == "xclip" else f"#!/bin/sh\n{body}\n"
        )
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(clipboard, "_PATIENCE", 0.2)
    assert run_tools("x", {"DISPLAY": ":0"}) == []


def test_copies_are_for_their_owner_and_through_no_link(tmp_path: Path) -> None:
    path = tmp_path / "saved" / "copied.txt"
    write_private(path, "a")
    assert (path.stat().st_mode & 0o777, path.read_text()) == (0o600, "a")
    (tmp_path / "link").symlink_to(path)
    with pytest.raises(OSError):
        write_private(tmp_path / "link", "b")
    assert path.read_text() == "a"


def test_the_pure_parts_bring_no_screen() -> None:
    """Model's part of it, so that plain printing stays free of Textual."""
    code = "import sys, zkwizard.model.terminal; sys.exit('textual' in sys.modules or 'rich' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
