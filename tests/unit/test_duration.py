"""Lengths of time as options have them."""

from __future__ import annotations

import pytest

from zkwizard.model.duration import duration, seconds


@pytest.mark.parametrize(("text", "length"), [("90s", 90), ("30m", 1800), (" 2h ", 7200)])
def test_seconds(text: str, length: float) -> None:
    assert seconds(text) == length


@pytest.mark.parametrize("text", ["", "5", "0s", "-1h", "1.5h", "1d", "h", "1h30m", "٣h", "9999999h"])
def test_what_is_no_length_is_named_with_what_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match="allowed: a number with its unit") as raised:
        seconds(text)
    assert repr(text) in str(raised.value)


@pytest.mark.parametrize(
    ("length", "words"), [(3600, "1 h"), (5400, "90 min"), (22, "22 s"), (90, "90 s"), (0.5, "0.5 s")]
)
def test_in_words(length: float, words: str) -> None:
    assert duration(length) == words
