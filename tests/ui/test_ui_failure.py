"""What is explained about a failure, and what a person is told to do elsewhere; without any node."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.ui.look import Seen, opened
from zkwizard.model.cause import Cause, Command
from zkwizard.model.events import (
    Event,
    Examined,
    Explained,
    Found,
    PersonNeeded,
    PhaseEnded,
    PhaseStarted,
    PhaseWaits,
    StepEnded,
)
from zkwizard.model.finding import Finding, Severity
from zkwizard.model.step import Outcome
from zkwizard.model.text import T
from zkwizard.screens.case import Case
from zkwizard.screens.choices import Choice, Choices
from zkwizard.screens.failure import Failure, Verdict
from zkwizard.screens.person import Needed
from zkwizard.store.state import RunFolder
from zkwizard.widgets.run.cell import Cell
from zkwizard.widgets.run.progress import Progress

EVIL = "\x1b[2J\x1b]0;x\x07evil [bold]"
AT: dict[str, Any] = {"at": 1.0, "phase": "system", "node": "node1"}
FAILED: tuple[Event, ...] = (
    PhaseStarted(**AT, steps=("swap-off",), sha256="x"),
    StepEnded(
        **AT, step="swap-off", outcome=Outcome.FAILED, code=124, seconds=120.0, tail=(EVIL, "last line")
    ),
    PhaseEnded(**AT, outcome=Outcome.FAILED, reason="step swap-off failed"),
)
CAUSE = Cause(
    "swap-on",
    "node1",
    what=T("swap is on"),
    why=T("the kubelet does not start with it"),
    seen=(EVIL,),
    remedy=T("turn it off"),
    commands=(Command("node1", "swapoff -a"), Command("master", "kubectl get nodes")),
    repair=("system",),
)


def told(*events: Event) -> Progress:
    progress = Progress(("system", "runtime"), ("node1",), {("system", "node1"): Cell()})
    for event in events:
        progress.take(event)
    return progress


async def explained(seen: Seen, file: Path, progress: Progress) -> tuple[Failure, list[Verdict | None]]:
    answers: list[Verdict | None] = []
    folder = RunFolder(file.parent / "run")
    screen = Failure(Case.open(file), ("system", "node1"), progress, folder)
    seen.app.push_screen(screen, answers.append)
    await seen.shows("system failed on node1")
    return screen, answers


async def test_causes_come_while_it_is_open_with_commands_to_copy_and_a_repair(file: Path) -> None:
    async with opened(file, size=(110, 40)) as seen:
        progress = told(*FAILED, PhaseWaits(**AT, blocked=("runtime@node1",)))
        screen, answers = await explained(seen, file, progress)
        await seen.shows("exit code 124 after 2:00", "its time limit was over", "1 other waits for it")
        await seen.shows("looking for causes on node1", "evil [bold]", "last line")
        assert "m Repair" not in seen.text
        progress.take(Explained(at=2.0, cause=CAUSE))
        progress.take(Examined(at=2.0, nodes=("node1",)))
        await seen.shows("Cause: swap is on", "why: the kubelet", "what to do: turn it off")
        await seen.shows("1  node1# swapoff -a", "2  master# kubectl get nodes")
        assert "\x1b" not in seen.text
        await seen.press("2")
        copied = screen._folder.path / "copied.txt"
        await seen.until(copied.exists)
        assert copied.read_text() == "kubectl get nodes\n"
        await seen.press("m")
        await seen.until(lambda: answers == [Verdict.REPAIR])


async def test_what_findings_stop_is_told_by_them_and_can_not_be_skipped(file: Path) -> None:
    async with opened(file, size=(110, 40)) as seen:
        finding = Finding(
            "os", Severity.STOP, "node1", T("The system."), T("Plan 9"), T("Linux"), T("install it")
        )
        progress = told(
            PhaseStarted(**AT),
            Found(at=1.0, phase="system", finding=finding),
            PhaseEnded(**AT, outcome=Outcome.FAILED, reason="1 findings say stop"),
            PhaseWaits(**AT, can_skip=False),
        )
        _, answers = await explained(seen, file, progress)
        await seen.shows("1 findings say stop", "seen: Plan 9", "expected: Linux", "what to do: install it")
        await seen.press("x")
        await seen.press("r")
        await seen.until(lambda: answers == [Verdict.RETRY])


async def test_without_a_cause_that_is_said(file: Path) -> None:
    async with opened(file) as seen:
        _, answers = await explained(seen, file, told(*FAILED, Examined(at=2.0, nodes=("node1",))))
        await seen.shows("No cause is known for it")
        await seen.press("g")  # nobody asks: it is over
        await seen.press("escape")
        await seen.until(lambda: answers == [None])


async def test_who_is_to_be_authorised_can_be_copied_and_it_closes_when_it_was_done(file: Path) -> None:
    async with opened(file) as seen:
        rows = "    0aa372280c  10.9.8.1  master\n    3c1e38c7dd  10.9.8.2  node1"
        asked = PersonNeeded(at=1.0, phase="p", step="s", text=T("Authorise these:\n{rows}", rows=rows))
        waited = [True]
        seen.app.push_screen(Needed(asked, lambda: waited[0], file.parent))
        await seen.shows("1  0aa372280c", "2  3c1e38c7dd")
        await seen.press("2")
        copied = file.parent / "copied.txt"
        await seen.until(copied.exists)
        assert copied.read_text() == "3c1e38c7dd\n"
        waited[0] = False
        await seen.until(lambda: not isinstance(seen.app.screen, Needed), "it closes by itself")


async def test_choices_are_made_by_their_keys_by_enter_or_not_at_all(file: Path) -> None:
    async with opened(file) as seen:
        answers: list[str | None] = []
        ways = (Choice("one", "a", T("The first")), Choice("two", "b", T("The second")))
        for keys in (("b",), ("down", "enter"), ("enter",), ("escape",)):
            seen.app.push_screen(Choices(T("Which?"), "why [bold]", choices=ways), answers.append)
            await seen.shows("Which?", "why [bold]", "a  The first")
            await seen.press(*keys)
            await seen.until(lambda: not isinstance(seen.app.screen, Choices))
        assert answers == ["two", "two", "one", None]
