"""The end mark in a stream: never handed on, found wherever pieces meet, never mistaken."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from zkwizard.remote.stream import Passing

MARK = b"\x1eabcd end 3\n"


@dataclass
class Sink:
    printed: bytearray = field(default_factory=bytearray)
    said: bytearray = field(default_factory=bytearray)

    def out(self, data: bytes) -> None:
        self.printed += data

    def err(self, data: bytes) -> None:
        self.said += data


@given(st.binary(max_size=200), st.lists(st.integers(1, 9), min_size=1, max_size=40))
def test_every_byte_and_no_mark(data: bytes, sizes: list[int]) -> None:
    data = data.replace(b"\x1eabcd end ", b"")
    sink = Sink()
    passing = Passing("abcd", sink)
    whole, at = data + MARK + b"after", 0
    while at < len(whole):
        size = sizes[at % len(sizes)]
        passing.out(whole[at : at + size])
        at += size
    assert bytes(sink.printed) == data
    assert not passing.done.is_set()
    passing.err(b"words" + MARK)
    assert (bytes(sink.said), passing.status, passing.done.is_set()) == (b"words", 3, True)


def test_what_can_be_no_mark_is_not_held_back() -> None:
    sink = Sink()
    passing = Passing("abcd", sink)
    passing.out(b"line\n\x1eabce")
    assert bytes(sink.printed) == b"line\n\x1eabce"
    passing.out(b"more\x1eab")
    assert bytes(sink.printed).endswith(b"more")
    passing.out(b"x")
    assert bytes(sink.printed).endswith(b"more\x1eabx")


def test_a_lost_session_has_no_status() -> None:
    passing = Passing("abcd", Sink())
    passing.out(b"half")
    passing.closed()
    assert passing.done.is_set() and passing.status is None
