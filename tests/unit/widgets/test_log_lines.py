"""From a node's bytes to text on the screen: whole, harmless, and as wide as it is said to be."""

from __future__ import annotations

import itertools
import tracemalloc
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from zkwizard.widgets.ascii_signs import in_ascii
from zkwizard.widgets.log_pane.display import count_rows, fitted, plain, shortened, starts
from zkwizard.widgets.log_pane.kinds import ASCII_SIGNS, SIGNS, Kind, judge, suspicious
from zkwizard.widgets.log_pane.reader import LONGEST, LineReader

_HOSTILE = [
    b"\x1b[2J",
    b"\x1b]0;t\x07",
    b"\x9b1m",
    b"\r",
    b"\n",
    b"\0",
    b"\xe4\xb8\xad",
    b"\xff",
    b"\x1bP",
    b"a",
    b"\x08",
]
_OUTPUT = st.lists(st.one_of(st.sampled_from(_HOSTILE), st.binary(max_size=8)), max_size=40).map(b"".join)
_TEXTS = st.text(st.one_of(st.characters(), st.sampled_from("中文🚀👩\u200d\ufe0f🏽é\u0301ａ")), max_size=60)


def lines(*pieces: bytes) -> list[bytes]:
    reader = LineReader()
    read = [line for piece in pieces for line in reader.feed(piece).raws]
    return read + reader.flush().raws


def test_lines_stay_as_they_are_blank_ones_too() -> None:
    assert lines(b"one\n\n  two \r\nthree") == [b"one", b"", b"  two ", b"three"]


def test_progress_over_itself_is_one_line() -> None:
    assert lines(b"10%\r20%\r100%\n", b"a\r", b"b\r\n") == [b"100%", b"b"]
    assert lines(b"50%\rdone\r\x1b[K\n") == [b"done"]


def test_an_unfinished_line_is_seen_without_half_a_character() -> None:
    reader = LineReader()
    reader.feed("pulling 10%\rpulling 繁".encode()[:-1])
    assert reader.unfinished == b"pulling "
    reader.feed("繁".encode()[-1:])
    assert reader.unfinished.decode() == "pulling 繁"


@given(_OUTPUT, st.lists(st.integers(0, 200), max_size=8))
def test_pieces_make_no_difference(data: bytes, cuts: list[int]) -> None:
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    pieces = [data[a:b] for a, b in itertools.pairwise(places)]
    assert lines(*pieces) == lines(data)


def test_an_endless_line_is_cut_and_its_size_is_known() -> None:
    reader = LineReader()
    tracemalloc.start()
    for _ in range(160):
        reader.feed(b"x" * 65_536)
        assert len(reader.unfinished) <= LONGEST
    read = reader.feed("\n中".encode() * 2)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (len(read.raws[0]), read.cut) == (LONGEST, {0: 160 * 65_536})
    assert read.raws[1:] == ["中".encode()]
    assert peak < 1_000_000


@pytest.mark.parametrize("size", [1, 7, 4096, 100_000])
def test_endless_progress_shows_its_last_state(size: int) -> None:
    data = b"".join(b"%d%% of a picture\r" % number for number in range(3000)) + b"done\n"
    reader = LineReader()
    read = [line for at in range(0, len(data), size) for line in reader.feed(data[at : at + size]).raws]
    assert read == [b"done"]


def test_control_sequences_go_and_control_characters_are_seen() -> None:
    assert plain(b"\x1b[1;31mred\x1b[0m \x1b[2Kx\x1b[10;3Hy") == "red xy"
    assert plain(b"\x1b]52;c;cm0gLXJm\x07\x00\x7f") == "␛]52;c;cm0gLXJm␇␀␡"
    assert plain("\x9b2J\u202e\u200b\ufeff".encode()) == "\\u009b2J\\u202e\\u200b\\ufeff"
    assert plain(b"a\tb \xff\xe4\xb8") == "a       b ��"


@given(_OUTPUT)
def test_nothing_that_a_terminal_acts_on_is_left(data: bytes) -> None:
    for raw in lines(data):
        text = plain(raw)
        assert not [c for c in text if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"}]
        assert not set(text) & set("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c")


@given(st.one_of(_TEXTS.map(lambda text: text.encode(errors="replace")), st.binary()))
def test_ascii_only_has_no_other_sign_and_leaves_words_alone(raw: bytes) -> None:
    text = plain(raw, ascii_only=True)
    assert text.isprintable()
    assert all(c.isascii() or unicodedata.category(c).startswith(("L", "M", "Nd")) for c in text)


def test_ascii_is_the_same_in_the_pane_and_on_the_screens() -> None:
    text = "✓ ✗ ■ ▸ » … · ─ █ ⚙ 繁體"
    assert plain(text.encode(), ascii_only=True) == in_ascii(text) == "+ x # > / ~ . - # ? 繁體"
    assert {kind: in_ascii(sign) for kind, sign in SIGNS.items()} == ASCII_SIGNS


@given(_TEXTS, st.integers(2, 40))
def test_rows_are_no_wider_than_they_may_be_and_lose_nothing(text: str, width: int) -> None:
    drawn = plain(text.encode(errors="replace"))
    begins = [*starts(drawn, width), len(drawn)]
    rows = [drawn[a:b] for a, b in itertools.pairwise(begins)]
    assert "".join(rows) == drawn
    assert all(cell_len(row) <= width for row in rows)
    assert len(rows) == count_rows(drawn, width)
    assert sum(map(cell_len, drawn)) == cell_len(drawn), "no character changes the width of another"


def test_wide_characters_take_two_cells() -> None:
    assert starts("繁體中文", 5) == [0, 2]
    assert plain("👩\u200d🚀 ⚠\ufe0f 👍🏽".encode()) == "👩🚀 ⚠ 👍"
    assert (fitted("繁體中文", 5), shortened("/var/繁體", 6, "…")) == ("繁體", "…/繁體")


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("[ERROR Port-10250]: Port 10250 is in use", Kind.ERROR),
        ("error execution phase preflight: [preflight]", Kind.ERROR),
        ("E: Unable to locate package kubeadm", Kind.ERROR),
        ("E1122 10:15:00.1 1 kubelet.go:1] no node", Kind.ERROR),
        ("dial tcp 10.9.8.1:6443: connect: connection refused", Kind.ERROR),
        ('time="2026-11-22T10:15:00Z" level=error msg="x"', Kind.ERROR),
        ('{"level":"fatal","msg":"x"}', Kind.ERROR),
        ("	[WARNING Hostname]: hostname could not be reached, lookup failed", Kind.WARNING),
        ("W: Some index files failed to download.", Kind.WARNING),
        ("W1122 10:15:00.1 1 version.go:1] failed to fetch", Kind.WARNING),
        ("Warning: apt-key is deprecated", Kind.WARNING),
        ('time="x" level=info msg="failed to load plugin" error="skip"', Kind.OUTPUT),
        ("I1122 10:15:00.1 1 x.go:1] an error that was handled", Kind.OUTPUT),
        ("0 errors, 0 warnings", Kind.OUTPUT),
        ("ok=3 failed=0 error: none", Kind.OUTPUT),
        ("kubeadm init --ignore-preflight-errors=Swap", Kind.OUTPUT),
        ("installing libgpg-error0", Kind.OUTPUT),
        ("Extracting templates from packages: 100%", Kind.OUTPUT),
        ("", Kind.OUTPUT),
    ],
)
def test_what_a_line_says_of_itself(line: str, kind: Kind) -> None:
    data = line.encode()
    assert judge(data) is kind
    if kind is not Kind.OUTPUT:
        assert suspicious(data) and suspicious(b"fine\n" + data + b"\nfine")


@given(st.binary(max_size=200))
def test_what_is_not_suspicious_is_only_output(data: bytes) -> None:
    if not suspicious(data):
        assert {judge(line) for line in data.split(b"\n")} == {Kind.OUTPUT}
