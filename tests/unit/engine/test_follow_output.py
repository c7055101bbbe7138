"""What a job prints on its way into events: nothing lost, nothing secret, a tail that a person can read."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from zkwizard.engine.follow import Follower
from zkwizard.engine.tail import Tail
from zkwizard.model.events import Event, Output, StepEnded
from zkwizard.model.secret import Redactor, Secret

_NONCE = "0123456789abcdef0123456789abcdef"
_MARK = f"\x1e{_NONCE} ".encode()
_BEGAN = _MARK + b"began thing\n"
_FAILED = _MARK + b"ended thing failed 1 0.00 1.00\n"


def events(pieces: Sequence[bytes], redactor: Redactor | None = None) -> list[Event]:
    seen: list[Event] = []
    follower = Follower("names", "n1", _NONCE, redactor or Redactor(), seen.append)
    at = 0
    for piece in pieces:
        follower.data(at, piece)
        at += len(piece)
    follower.close()
    return seen


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def output(seen: Sequence[Event]) -> bytes:
    return b"".join(event.data for event in seen if isinstance(event, Output))


def tail(*pieces: bytes) -> tuple[str, ...]:
    return next(e.tail for e in events([_BEGAN, *pieces, _FAILED]) if isinstance(e, StepEnded))


@given(st.lists(st.binary(max_size=200).map(lambda line: line.replace(b"\x1e", b"") + b"\n"), max_size=20))
def test_every_byte_comes_once(lines: list[bytes]) -> None:
    log = _BEGAN + b"".join(lines) + _FAILED
    for size in (1, 7, 64, len(log)):
        assert output(events(cut(log, size))) == b"".join(lines)


@settings(max_examples=60)
@given(st.integers(0, 60), st.integers(60_000, 70_000))
def test_a_secret_is_replaced_wherever_an_endless_line_is_cut(shift: int, size: int) -> None:
    redactor = Redactor([Secret("a", "correct horse battery staple"), Secret("b", "staple remover")])
    secret = b"correct horse battery staple"
    filling = b"x" * ((1 << 20) - 40 + shift)
    log = _BEGAN + filling + secret + b"y" * 3_000_000 + secret + b"\n" + _FAILED
    seen = output(events(cut(log, size), redactor))
    assert seen == filling + b"[secret]" + b"y" * 3_000_000 + b"[secret]\n"


def test_a_secret_too_short_to_be_told_apart_spoils_nothing() -> None:
    seen = events([_BEGAN + b"hello\n"], Redactor([Secret("pin", "ab")]))
    assert output(seen) == b"hello\n"


def test_the_end_of_an_endless_line_is_not_the_next_steps() -> None:
    for length in range((1 << 20) - 2, (1 << 20) + 80):
        pieces = [_BEGAN + b"x" * length, _FAILED + _MARK + b"began next\nhello\n"]
        seen = events(pieces, Redactor([Secret("s", "abcdef")]))
        outputs = [(e.step, e.data) for e in seen if isinstance(e, Output)]
        assert b"".join(data for step, data in outputs if step == "thing") == b"x" * length + b"\n"
        assert outputs[-1] == ("next", b"hello\n")


def test_the_tail_has_the_last_lines() -> None:
    lines = [b"line %d\n" % number for number in range(100)]
    wanted = tuple(f"line {number}" for number in range(80, 100))
    assert tail(b"".join(lines)) == tail(*lines) == tail(*cut(b"".join(lines), 3)) == wanted
    assert tail(b"one\n\nthree") == ("one", "", "three")


def test_the_tail_shows_of_progress_the_last_state() -> None:
    progress = b"".join(b"(Reading database ... %d%%\r" % number for number in range(0, 101, 5))
    assert tail(b"before\r\n" + progress + b"(Reading database ... done.)\nafter\n") == (
        "before",
        "(Reading database ... done.)",
        "after",
    )
    assert tail(progress) == ("(Reading database ... 100%",)


def test_the_tail_of_an_endless_line_is_its_end() -> None:
    (shown,) = tail(b"x" * 10_000_000 + b" the end\n")
    assert shown.startswith("…x")
    assert shown.endswith("x the end")
    assert len(shown) < 3000


def test_the_tail_takes_what_is_no_text() -> None:
    assert tail(b"\xff\xfe\x00caf\xc3\n") == ("\ufffd\ufffd\x00caf\ufffd",)


def test_a_tail_stays_small() -> None:
    tracemalloc.start()
    kept = Tail()
    for _ in range(50):
        kept.take(b"x" * 1_000_000)
        kept.take(b"line\n" * 200_000)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size < 500_000
    assert kept.lines() == ("line",) * 20
