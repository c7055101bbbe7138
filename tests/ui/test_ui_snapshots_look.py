"""Looking inside and taking back, as it was looked at and kept; what is shown is what real nodes said."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ui.canned import FILE, CannedServices
from tests.ui.look import Seen, opened
from tests.ui.snapshot import unchanged
from zkwizard.app import Look
from zkwizard.screens.troubleshoot.overview import Troubleshoot
from zkwizard.store.catalogue import translator

SIZES = [(80, 24), (120, 40)]
CHINESE = Look(translator(["zh_TW"]))
WAYS: dict[str, tuple[str, ...]] = {
    "troubleshoot": (),
    "troubleshoot-node": ("shift+tab", "home"),
    "events": ("e",),
    "containers": ("shift+tab", "home", "c"),
    "container-log": ("shift+tab", "home", "c", "l"),
    "peers": ("p",),
    "certs": ("C",),
    "etcd": ("E",),
    "audit": ("a",),
    "explain": ("x",),
    "repair-asked": ("x", "enter"),
    "bundle": ("b",),
    "journal": ("shift+tab", "home", "j"),
    "journal-which": ("shift+tab", "home", "j", "c"),
    "describe": ("shift+tab", "home", "d"),
    "pod-log": ("home", "l"),
    "join-asked": ("J",),
    "join": ("J", "y"),
    "reset": ("R",),
    "reset-some": ("R", "shift+tab", "shift+tab", "down", "space"),
    "troubleshoot-help": ("f1",),
}
"""Keys, with a pod under the cursor."""
IN_CHINESE = ("troubleshoot", "explain", "certs", "audit", "describe", "reset")


@pytest.fixture
def file(scene: Path) -> Path:
    path = scene / "cluster.yaml"
    path.write_text(FILE)
    return path


async def shown(seen: Seen, file: Path, name: str) -> None:
    seen.app.troubleshoot(file)
    await seen.until(
        lambda: seen.text.count("node2") > 3 and "etcd-master" in seen.text and "212 ms" in seen.text
    )
    screen = seen.app.screen
    assert isinstance(screen, Troubleshoot)
    screen.pods.focus()
    screen.pods.move_cursor(row=1)
    await seen.walk(*WAYS[name])


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", WAYS)
async def test_looking_inside(name: str, size: tuple[int, int], file: Path) -> None:
    async with opened(size=size, services=CannedServices()) as seen:
        await shown(seen, file, name)
        unchanged(seen, name)


async def test_where_there_is_room_it_is_used(file: Path) -> None:
    async with opened(size=(160, 50), services=CannedServices()) as seen:
        await shown(seen, file, "troubleshoot")
        unchanged(seen, "troubleshoot")


@pytest.mark.parametrize("name", IN_CHINESE)
async def test_looking_inside_in_chinese(name: str, file: Path) -> None:
    async with opened(size=(80, 24), services=CannedServices(), look=CHINESE) as seen:
        await shown(seen, file, name)
        unchanged(seen, f"{name}-zh_TW")
