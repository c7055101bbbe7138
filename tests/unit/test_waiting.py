"""What tests wait and skip with: it must not let pass what is not so."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.missing import or_skip
from tests.sshd.packages import Unavailable
from tests.waiting import equals, has, until, until_async
from zkwizard.model.errors import ZkwizardError


def counted() -> Iterator[int]:
    yield from range(1, 100)


def test_what_comes_is_given() -> None:
    numbers = counted()
    assert until(lambda: next(numbers), "it is three", fits=equals(3)) == 3
    assert asyncio.run(until_async(lambda: next(numbers), "it is five", fits=equals(5))) == 5


def test_what_never_comes_is_said_with_what_was_seen_last() -> None:
    with pytest.raises(AssertionError, match=r"the pear falls; seen last: 'an apple'"):
        until(lambda: "an apple", "the pear falls", fits=has("pear"), limit=0)
    with pytest.raises(AssertionError, match=r"nothing is left; seen last: \[7\]"):
        asyncio.run(until_async(lambda: [7], "nothing is left", fits=equals([]), limit=0))


def test_there_is_a_look_after_the_limit() -> None:
    """A machine that stood still in between makes no failure."""
    numbers = counted()
    assert until(lambda: next(numbers), "it is two", fits=equals(2), limit=0) == 2


@pytest.mark.parametrize(
    ("error", "skips"),
    [
        (Unavailable("needs root"), True),
        (ZkwizardError("practice nodes need Linux namespaces, and this machine refused"), True),
        (ZkwizardError("the practice cluster ended at once"), False),
        (OSError("no space left"), False),
    ],
)
def test_only_what_this_machine_lacks_is_skipped(error: Exception, skips: bool) -> None:
    with pytest.raises(pytest.skip.Exception if skips else type(error)), or_skip():
        raise error
