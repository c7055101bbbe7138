"""Every screen as it was looked at and kept, at 80×24 and at 120×40, the main ones in Chinese, too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.ui.look import Seen, opened
from tests.ui.snapshot import unchanged
from zkwizard.app import Look
from zkwizard.store.catalogue import translator

SIZES = [(80, 24), (120, 40)]
Way = Callable[[Seen], Awaitable[None]]


def keys(*pressed: str) -> Way:
    """A screen that keys lead to."""

    async def go(seen: Seen) -> None:
        await seen.press(*pressed)

    return go


STEPS: dict[str, Way] = {
    "nodes": keys(),
    "overlay": keys("ctrl+n"),
    "proxy": keys("ctrl+n", "ctrl+n"),
    "cluster": keys("ctrl+n", "ctrl+n", "ctrl+n"),
    "review": keys("ctrl+r"),
    "node": keys("enter"),
    "import": keys("i"),
    "remove": keys("delete"),
    "help": keys("f1"),
    "palette": keys("ctrl+p"),
}
"""From the first step of the wizard."""
IN_CHINESE = ("nodes", "overlay", "proxy", "cluster", "review", "help")


@pytest.mark.parametrize("size", SIZES)
async def test_home(size: tuple[int, int]) -> None:
    async with opened(size=size) as seen:
        await seen.rests()
        unchanged(seen, "home")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", STEPS)
async def test_steps(name: str, size: tuple[int, int], file: Path) -> None:
    async with opened(file, size=size) as seen:
        await seen.rests()
        await STEPS[name](seen)
        await seen.rests()
        unchanged(seen, name)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", IN_CHINESE)
async def test_steps_in_chinese(name: str, size: tuple[int, int], file: Path) -> None:
    async with opened(file, size=size, look=Look(translator(["zh_TW"]))) as seen:
        await seen.rests()
        await STEPS[name](seen)
        await seen.rests()
        unchanged(seen, f"{name}-zh_TW")
