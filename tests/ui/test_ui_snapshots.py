"""Home, the steps of the wizard and what opens above them, as they were looked at and kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.screen import Screen

from tests.ports import NoAnswers
from tests.ui import canned_run as told
from tests.ui.canned import FILE, CannedServices
from tests.ui.conftest import COMMENTED
from tests.ui.look import opened
from tests.ui.snapshot import unchanged
from zkwizard.app import Look
from zkwizard.model.text import T
from zkwizard.phases.order import PHASES
from zkwizard.screens.questions import SecretQuestion, host_key
from zkwizard.store.catalogue import translator
from zkwizard.store.clusterfile import load
from zkwizard.store.recent import remember

SIZES = [(80, 24), (120, 40)]
CHINESE = Look(translator(["zh_TW"]))

STEPS: dict[str, tuple[str, ...]] = {
    "nodes": (),
    "overlay": ("ctrl+n",),
    "proxy": ("ctrl+n", "ctrl+n"),
    "cluster": ("ctrl+n", "ctrl+n", "ctrl+n"),
    "review": ("alt+5",),
    "review-node": ("alt+5", *["down"] * 6, "enter", "down"),
    "review-step": ("alt+5", *["down"] * 6, "enter", "down", "enter", "down", "down"),
    "review-search": ("alt+5", "slash", *"swap"),
    "run-asked": ("alt+5", "r"),
    "save-as": ("alt+5", "s"),
    "node": ("enter",),
    "import": ("i",),
    "remove": ("delete",),
    "help": ("f1",),
    "palette": ("ctrl+p",),
}
"""Keys, from the first step of the wizard."""
ANSWERED: dict[str, tuple[str, ...]] = {
    "nodes-tested": ("t",),
    "node-tested": ("t", "enter"),
    "overlay-members": ("ctrl+n", "f2"),
    "proxy-tested": ("ctrl+n", "ctrl+n", "f2"),
    "review-probed": ("alt+5", "f2"),
}
"""The same, with nodes that answer; one of them does not."""
WRONG: dict[str, tuple[str, ...]] = {
    "nodes-wrong": (),
    "node-wrong": ("down", "enter"),
    "overlay-wrong": ("ctrl+n",),
    "cluster-wrong": ("alt+4",),
    "review-wrong": ("alt+5",),
}
"""The same, with answers that can't be taken."""
FAULTY = """\
name: Ours
overlay: {network: 0123456789abcdeg, cidr: 10.9.8.0/33}
nodes:
  - {name: master, role: control-plane, ssh: {host: 203.0.113.10}, overlay_ip: 10.9.8.1}
  - {name: master, provider: tencent, ssh: {port: 99999}, overlay_ip: 10.9.8.1}
kubernetes: {version: "1.20", pod_subnet: 10.9.0.0/16, service_subnet: 10.9.0.0/16}
"""
QUESTIONS: dict[str, Callable[[], Screen[Any]]] = {
    "host-key": lambda: host_key("node1", "203.0.113.11", f"SHA256:{'wmnq1Ud0DcB' * 4}"[:50]),
    "secret": lambda: SecretQuestion(T("Password of {user} on {node}", user="root", node="node1")),
}
IN_CHINESE = ("nodes", "overlay", "proxy", "cluster", "review", "help")


@pytest.fixture
def file(scene: Path) -> Path:
    path = scene / "cluster.yaml"
    path.write_text(COMMENTED)
    return path


@pytest.fixture
def known(scene: Path) -> None:
    """Clusters that were opened before: made, interrupted, failed, not complete, and one that is no file."""
    tales = {"made": told.done, "shop": told.halfway, "asia": told.failed}
    for name in ("notes", "new", "asia", "made", "shop"):
        path = scene / f"{name}.yaml"
        path.write_text(FILE.replace("name: zk", f"name: {name}"))
        if tale := tales.get(name):
            cluster = load(path)
            nodes = [node.name for node in cluster.nodes]
            told.ToldServices(tale).begin(cluster, path, NoAnswers(), phases=PHASES, nodes=nodes)
        remember(path)
    (scene / "new.yaml").write_text("name: new\n")
    (scene / "notes.yaml").write_text("[\n")


@pytest.mark.parametrize("size", SIZES)
async def test_home(size: tuple[int, int], scene: Path) -> None:
    async with opened(size=size) as seen:
        await seen.rests()
        unchanged(seen, "home")


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(("size", "look"), [(SIZES[0], None), (SIZES[1], None), (SIZES[0], CHINESE)])
async def test_home_knows_clusters(size: tuple[int, int], look: Look | None) -> None:
    async with opened(size=size, look=look) as seen:
        await seen.shows("notes", "shop")
        await seen.rests()
        unchanged(seen, f"home-known{'-zh_TW' if look else ''}")


@pytest.mark.parametrize("key", ["n", "o"])
@pytest.mark.parametrize("size", SIZES)
async def test_home_asks(key: str, size: tuple[int, int], scene: Path) -> None:
    async with opened(size=size) as seen:
        await seen.press(key, "upper_x")
        await seen.rests()
        unchanged(seen, {"n": "home-new", "o": "home-open"}[key])


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", STEPS)
async def test_steps(name: str, size: tuple[int, int], file: Path) -> None:
    async with opened(file, size=size) as seen:
        await seen.walk(*STEPS[name])
        unchanged(seen, name)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", IN_CHINESE)
async def test_steps_in_chinese(name: str, size: tuple[int, int], file: Path) -> None:
    async with opened(file, size=size, look=CHINESE) as seen:
        await seen.walk(*STEPS[name])
        unchanged(seen, f"{name}-zh_TW")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ANSWERED)
async def test_steps_when_nodes_answer(name: str, size: tuple[int, int], file: Path) -> None:
    file.write_text(FILE)
    async with opened(file, size=size, services=CannedServices()) as seen:
        await seen.walk(*ANSWERED[name])
        unchanged(seen, name)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", WRONG)
async def test_steps_with_faults(name: str, size: tuple[int, int], file: Path) -> None:
    file.write_text(FAULTY)
    async with opened(file, size=size) as seen:
        await seen.walk(*WRONG[name])
        unchanged(seen, name)


async def test_a_terminal_that_is_too_small(scene: Path) -> None:
    async with opened() as seen:
        await seen.pilot.resize_terminal(60, 15)
        await seen.shows("60×15")
        await seen.rests()
        unchanged(seen, "too-small")


@pytest.mark.parametrize("name", QUESTIONS)
async def test_questions(name: str, scene: Path) -> None:
    async with opened() as seen:
        seen.app.push_screen(QUESTIONS[name]())
        await seen.rests()
        unchanged(seen, name)
