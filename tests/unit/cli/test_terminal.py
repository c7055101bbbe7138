"""Bytes of a node on their way to a terminal."""

from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from zkwizard.cli.inspect.command import json_text
from zkwizard.cli.terminal import Lines
from zkwizard.model.secret import Redactor, Secret
from zkwizard.model.terminal import harmless, one_line


def taken(redactor: Redactor, *pieces: bytes) -> list[str]:
    seen: list[str] = []
    lines = Lines(redactor, seen.append)
    for piece in pieces:
        lines(piece)
    lines.close()
    return seen


def test_control_characters_become_visible_and_colours_go() -> None:
    assert harmless("a\x1b[31mred\x1b[0m\tb\n") == "ared\tb\n"
    assert harmless("\x1b]0;title\x07 \x08\r\x7f") == "␛]0;title␇ ␈␍␡"
    assert harmless("\x9b2J\u202eevil\u2066") == "\\u009b2J\\u202eevil\\u2066"
    assert one_line("a\n b\t c\x1b[2J") == "a b c␛[2J"
    assert harmless("繁體中文 ünï ✓") == "繁體中文 ünï ✓"


@given(st.text())
def test_nothing_harmful_is_left(text: str) -> None:
    assert all(
        char in "\t\n" or (ord(char) >= 0x20 and not 0x7F <= ord(char) < 0xA0) for char in harmless(text)
    )


def test_lines_are_whole_however_they_come() -> None:
    data = "first\r\nsecönd\nlast".encode()
    whole = taken(Redactor(), data)
    assert whole == ["first", "secönd", "last"]
    assert taken(Redactor(), *(data[i : i + 1] for i in range(len(data)))) == whole


def test_secrets_are_replaced_also_where_pieces_meet() -> None:
    redactor = Redactor([Secret("password", "hunter2")])
    assert taken(redactor, b"it is hun", b"ter2, really\n") == ["it is [secret], really"]


def test_an_endless_line_takes_no_endless_memory() -> None:
    seen = 0

    def count(line: str) -> None:
        nonlocal seen
        seen += len(line)

    lines = Lines(Redactor(), count)
    tracemalloc.start()
    for _ in range(2000):
        lines(b"x" * 10_000)
    lines.close()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (seen, peak < 2_000_000) == (20_000_000, True)


def test_json_holds_nothing_that_a_terminal_acts_on() -> None:
    text = json_text({"a": "\x1b[2J\x9b\u202e\x7f", "b": "中"})
    assert text == '{"a": "\\u001b[2J\\u009b\\u202e\\u007f", "b": "中"}'
