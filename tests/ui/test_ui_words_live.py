"""No English of zkwizard on the screens that show nodes: a practice cluster, looked at and worked on."""

from __future__ import annotations

from typing import Any

import pytest
from textual.screen import Screen

from tests.practice.commands import Place
from tests.ui import look
from tests.ui.look import Seen, opened
from tests.ui.marked import LARGE, MARKED, actions, forgotten
from zkwizard.demo.breaks import break_cluster, find_break
from zkwizard.screens.carrying import Carrying
from zkwizard.screens.done import Done
from zkwizard.screens.failure import Failure
from zkwizard.screens.proof import ProofScreen
from zkwizard.screens.questions import Confirm
from zkwizard.screens.reset import Reset
from zkwizard.screens.run import Run
from zkwizard.screens.steps import Step
from zkwizard.screens.troubleshoot.answers import Audit, Certs, Containers, EtcdMembers, Events, Peers
from zkwizard.screens.troubleshoot.bundle import BundleScreen
from zkwizard.screens.troubleshoot.explain import Explain
from zkwizard.screens.troubleshoot.join import JoinDialog
from zkwizard.screens.troubleshoot.logs import ContainerLog, Description, Journal, PodLogs
from zkwizard.screens.troubleshoot.overview import Troubleshoot

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole run takes longer than a screen."""
    monkeypatch.setattr(look, "PATIENCE", 120.0)


async def _at(seen: Seen, kind: type[Screen[Any]]) -> None:
    """Wait for a screen of this kind, and until it has asked what it shows."""
    await seen.until(lambda: isinstance(seen.app.screen, kind), kind.__name__)
    await seen.rests()


def _all_is_translated(seen: Seen, skip: str = "") -> None:
    assert forgotten(seen, skip) == {}
    assert actions(seen) == {}


async def test_troubleshoot(made: Place) -> None:
    async with opened(size=LARGE, look=MARKED) as seen:
        seen.app.troubleshoot(made.file)
        await _at(seen, Troubleshoot)
        await seen.until(lambda: "coredns" in seen.text, "the pods")
        _all_is_translated(seen)
        for key, kind in (
            ("e", Events),
            ("c", Containers),
            ("p", Peers),
            ("C", Certs),
            ("E", EtcdMembers),
            ("a", Audit),
            ("j", Journal),
            ("d", Description),
            ("l", PodLogs),
            ("x", Explain),
            ("b", BundleScreen),
        ):
            if key in "dl":
                seen.app.screen.query_one("#look-pods").focus()
            await seen.press(key)
            await seen.until(lambda kind=kind: isinstance(seen.app.screen, kind), kind.__name__)
            await seen.until(lambda: "«asking …»" not in seen.text and " …»" not in seen.text, "the answer")
            _all_is_translated(seen, "LogBody, #description")
            if kind is Containers:
                await seen.press("l")
                await seen.until(lambda: isinstance(seen.app.screen, ContainerLog), "the container's log")
                _all_is_translated(seen, "LogBody")
                await seen.press("escape")
                await seen.until(lambda: isinstance(seen.app.screen, Containers), "the containers again")
            await seen.press("escape")
            await _at(seen, Troubleshoot)
        await seen.press("J")
        await _at(seen, Confirm)
        await seen.press("y")
        await _at(seen, JoinDialog)
        _all_is_translated(seen)


async def test_causes(made: Place) -> None:
    way = find_break("swap-on")
    assert way
    break_cluster(made.practice, way)
    async with opened(size=LARGE, look=MARKED) as seen:
        seen.app.troubleshoot(made.file)
        await _at(seen, Troubleshoot)
        await seen.press("x")
        await seen.until(lambda: isinstance(seen.app.screen, Explain) and "swapoff" in seen.text, "the cause")
        _all_is_translated(seen)


async def test_a_worker_is_taken_back_and_made_again(made: Place) -> None:
    async with opened(size=LARGE, look=MARKED) as seen:
        await seen.until(lambda: "made and verified" in seen.text)
        await seen.press("R")
        await _at(seen, Reset)
        await seen.until(lambda: "«goes»" in seen.text, "what goes")
        await seen.press("shift+tab", "shift+tab", "space", "down", "space", "tab", "tab")
        _all_is_translated(seen)
        await seen.type("practice")
        await seen.press("enter")
        await seen.until(lambda: isinstance(seen.app.screen, Carrying) and "unjoin" in seen.text, "the work")
        _all_is_translated(seen, "LogBody")
        await seen.until(lambda: isinstance(seen.app.screen, ProofScreen), "the proof")
        await seen.rests()
        _all_is_translated(seen)
        await seen.press("enter")
        await seen.until(lambda: "«New cluster»" in seen.text)
        made.practice.control.fail("hosts", "node2", 1)
        seen.app.open_cluster(made.file)
        await seen.until(lambda: getattr(seen.app.screen, "STEP", None) is Step.NODES)
        seen.app.screen.dismiss(Step.REVIEW)
        await seen.until(lambda: getattr(seen.app.screen, "STEP", None) is Step.REVIEW)
        await seen.until(lambda: "overlay-join" in seen.text, "the plan")
        await seen.press("r")
        await _at(seen, Confirm)
        await seen.press("y")
        await _at(seen, Run)
        _all_is_translated(seen)
        await seen.press("a")
        await seen.until(lambda: isinstance(seen.app.screen, Failure), "what failed")
        await seen.rests()
        ran = [path.read_text() for path in made.file.parent.rglob("names.sh")]
        assert ran
        said = [part for parts in forgotten(seen).values() for part in parts]
        assert [part for part in said if not any(part in program for program in ran)] == [], (
            "besides what ran"
        )
        assert actions(seen) == {}
        await seen.press("r")
        await seen.until(lambda: isinstance(seen.app.screen, Done), "the end")
        await seen.rests()
        _all_is_translated(seen)
        await seen.press("escape")
        await _at(seen, Run)
        await seen.press("m")
        await seen.rests()
        _all_is_translated(seen)
