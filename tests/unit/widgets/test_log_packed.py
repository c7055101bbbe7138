"""Lines of which most are packed: the same as a list of them."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zkwizard.widgets.log_pane import packed
from zkwizard.widgets.log_pane.packed import Lines

LINES = st.lists(st.binary(max_size=12).map(lambda line: line.replace(b"\n", b"")), max_size=40)


@pytest.fixture(autouse=True, scope="module")
def small() -> Iterable[None]:
    """Blocks of few lines, so that there are many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packed, "_LINES", 4)
        patch.setattr(packed, "_BYTES", 64)
        yield


@settings(deadline=None)
@given(st.lists(st.tuples(LINES, st.integers(0, 50), st.integers(0, 60), st.integers(0, 60))))
def test_they_are_a_list_that_loses_its_first_ones(
    steps: list[tuple[list[bytes], int, int, int]],
) -> None:
    kept, all_of_them = Lines(), list[bytes]()
    for lines, gone, low, count in steps:
        kept.add(lines)
        all_of_them += lines
        kept.drop(min(gone, kept.end - kept.first))
        assert kept.end == len(all_of_them)
        assert [kept[number] for number in range(kept.first, kept.end)] == all_of_them[kept.first :]
        low = max(low, kept.first)
        assert kept.between(low, low + count) == all_of_them[low : low + count]
        with pytest.raises(IndexError):
            kept[kept.end]
        with pytest.raises(IndexError):
            kept[kept.first - 1]
        assert kept.size >= 0
    kept.drop(kept.end - kept.first)
    assert (kept.first, kept.size, kept.between(0, 9)) == (len(all_of_them), 0, [])


@settings(deadline=None)
@given(st.lists(LINES, max_size=6), st.integers(0, 3000))
def test_what_goes_to_make_room_makes_it_and_the_last_line_stays(added: list[list[bytes]], room: int) -> None:
    kept = Lines()
    for lines in added:
        kept.add(lines)
    kept.drop(kept.above(room))
    assert kept.size <= room or kept.end - kept.first <= 4, "a line, or what is packed with it"
    assert kept.end == sum(map(len, added))
    assert kept.first < kept.end or not kept.end


def test_logs_take_a_fraction_of_their_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "_LINES", 256)
    monkeypatch.setattr(packed, "_BYTES", 64 << 10)
    kept, some = Lines(), random.Random(7)
    for number in range(100):
        kept.add([b"2026-11-22T10:15:00Z kubelet: pod %d is %d" % (number, some.getrandbits(24))] * 50)
    assert kept.size < 5000 * 40 / 4
    assert kept[0].startswith(b"2026-11-22T10:15:00Z kubelet: pod 0 is")
