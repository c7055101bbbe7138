"""A failed phase explained: what ran, its last lines, the causes that the evidence names, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from io import StringIO
from typing import ClassVar

from rich.console import Console, Group, RenderableType
from rich.syntax import Syntax
from rich.text import Text as RichText
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from zkwizard.model.cause import Cause, Command
from zkwizard.model.events import StepEnded
from zkwizard.model.finding import Severity
from zkwizard.model.phase import OPERATOR
from zkwizard.model.placeholders import printed
from zkwizard.model.terminal import harmless
from zkwizard.model.text import T, Text, Words
from zkwizard.screens.case import Case
from zkwizard.screens.frame import Frame
from zkwizard.steps.part import part_of
from zkwizard.store.state import RunFolder
from zkwizard.widgets.log_pane.copying import copy
from zkwizard.widgets.rows import hanging, row
from zkwizard.widgets.run.cell import Cell
from zkwizard.widgets.run.progress import Place, Progress
from zkwizard.widgets.run.signs import clock
from zkwizard.widgets.words import mark, say

_MEANINGS = {
    65: T("somebody has to decide first: it found something that it must neither accept nor change"),
    124: T("its time limit was over"),
    137: T("it was killed"),
}
"""The exit codes that the program's own frame gives."""


_WIDTH = 200
"""Cells of a line that is copied."""


class Verdict(Enum):
    """What is to become of it."""

    RETRY = "retry"
    SKIP = "skip"
    GIVE_UP = "give up"
    REPAIR = "repair"
    """The phases that repair the cause run again, and those after them."""


class Failure(Frame[Verdict | None]):
    """Ends with what is to become of the phase; None: it is left as it is."""

    ABOUT = (
        T(
            "What failed, and why, as far as the evidence of the nodes names a cause. Causes come as soon as "
            "the evidence was looked through. Commands of a remedy have numbers: the number copies it, for a "
            "root shell on the node that stands before it."
        ),
        T(
            "r tries again; x goes on as if it had gone well; g gives the phase up, with what needs it. m "
            "lets zkwizard repair the cause, where it can. The rest of the run goes on meanwhile."
        ),
    )
    BINDINGS: ClassVar = [
        Binding("r", "end('RETRY')", str(T("Retry")), id="failure.retry"),
        Binding("m", "end('REPAIR')", str(T("Repair")), id="failure.repair"),
        Binding("x", "end('SKIP')", str(T("Skip")), id="failure.skip"),
        Binding("g", "end('GIVE_UP')", str(T("Give up")), id="failure.give-up"),
        Binding("y", "copy", str(T("Copy all")), id="failure.copy"),
        Binding("l", "troubleshoot", str(T("Look inside")), id="failure.troubleshoot"),
        Binding("escape,q", "leave", str(T("Back")), id="failure.leave"),
        *(Binding(str(number), f"command({number})", show=False) for number in range(1, 10)),
    ]

    def __init__(self, case: Case, place: Place, progress: Progress, folder: RunFolder) -> None:
        super().__init__()
        self._case, self._at, self._progress, self._folder = case, place, progress, folder
        self.practice = case.practice
        self._drawn = -1

    @property
    def _cell(self) -> Cell:
        return self._progress.cells[self._at]

    @property
    def place(self) -> str:
        """What failed and where."""
        phase, node = self._at
        where = say(T("here")) if node == OPERATOR else node
        return say(T("{phase} failed on {node}", phase=phase, node=where))

    @property
    def subject(self) -> str:
        """The file."""
        return self._case.draft.path.name

    def body(self) -> Iterable[Widget]:
        """One text; it scrolls."""
        yield VerticalScroll(Static(id="failure-text", markup=False), id="failure")

    def on_mount(self) -> None:
        """Causes come while it is open."""
        self.query_one("#failure").focus()
        self.set_interval(0.2, self._look)
        self._look()

    def _look(self) -> None:
        """Show what is new."""
        if self._drawn == self._progress.version:
            return
        self._drawn = self._progress.version
        self.query_one("#failure-text", Static).update(Group(*self._parts()))
        self.refresh_bindings()

    # What is shown ----------------------------------------------------------------------------------------

    @property
    def causes(self) -> list[Cause]:
        """Those on this node, and those elsewhere of something on it."""
        node = self._at[1]
        return [
            cause
            for cause in self._progress.causes
            if cause.node == node or any(name.endswith(f"@{node}") for name in cause.explains)
        ]

    @property
    def commands(self) -> list[Command]:
        """Of all remedies, in the order of their numbers."""
        return [command for cause in self.causes for command in cause.commands]

    def _parts(self) -> Iterator[RenderableType]:
        yield from self._what()
        yield from self._why()
        if (step := self._cell.failed) and step.tail:
            yield _heading(T("Its last lines"))
            yield RichText(harmless("\n".join(step.tail)))
        if step and (part := self._program(step)):
            yield _heading(T("What ran"))
            yield _coloured(part)
        yield RichText()
        log = self._folder.log(self._at[1], self._at[0])
        if log.exists():
            yield RichText(say(T("full log: {path}", path=str(log))), style="dim")

    def _what(self) -> Iterator[RenderableType]:
        phase, node = self._at
        title = self._progress.titles.get(phase)
        yield RichText(f"{mark('✗')} {say(title) if title else phase}", style="bold")
        if step := self._cell.failed:
            name = self._progress.steps.get((phase, node, step.step))
            words = T(
                "step {step}: {title}; exit code {code} after {time}",
                step=step.step,
                title=printed(say(name)) if name else "",
                code=step.code,
                time=clock(step.seconds),
            )
            yield RichText(f"  {say(words)}")
            if meaning := _MEANINGS.get(step.code):
                yield RichText(f"  {say(meaning)}")
        elif self._cell.reason:
            yield RichText(f"  {harmless(say(self._cell.reason))}")
        if self._cell.blocks:
            yield RichText("  " + say(_waiting(len(self._cell.blocks))))

    def _why(self) -> Iterator[RenderableType]:
        findings = [
            found.finding
            for found in self._progress.findings
            if found.phase == self._at[0]
            and found.finding.node in ("", self._at[1])
            and found.finding.severity is Severity.STOP
        ]
        for finding in findings:
            yield _heading(finding.checked)
            yield from _rows(
                (T("seen"), finding.seen),
                (T("expected"), finding.expected),
                (T("what to do"), finding.fix),
            )
        number = 0
        for cause in self.causes:
            yield _heading(T("Cause: {what}", what=cause.what))
            rows: list[tuple[Text, Words]] = [(T("seen"), line) for line in cause.seen]
            rows += [(T("why"), cause.why), (T("what to do"), cause.remedy)]
            yield from _rows(*rows)
            for command in cause.commands:
                number += 1
                yield _numbered(f"{number}", f"{command.node}# {command.text}", "bold")
            if cause.repair:
                words = T("zkwizard repairs it, by the phases {phases}", phases=", ".join(cause.repair))
                yield _numbered("m", say(words))
        if not findings and not self.causes:
            yield from self._no_cause()

    def _no_cause(self) -> Iterator[RenderableType]:
        node = self._at[1]
        if node == OPERATOR or self._progress.over:
            return
        if node in self._progress.examined:
            words = T("No cause is known for it: nothing else is found to be wrong on {node}.", node=node)
        else:
            words = T("looking for causes on {node} …", node=node)
        yield RichText()
        yield RichText(say(words), style="italic")

    def _program(self, step: StepEnded) -> str:
        """The step's part of the program as it ran."""
        path = self._folder.program(step.node, step.phase)
        try:
            return part_of(path.read_text(encoding="utf-8", errors="replace"), step.step)
        except OSError:
            return ""

    # What is done -----------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """An answer is given once; a phase that judges can't be skipped."""
        if action == "end":
            return self._can_end(str(parameters[0]))
        if action == "command":
            return int(str(parameters[0])) <= len(self.commands)
        return True

    def _can_end(self, name: str) -> bool:
        cell, over = self._cell, self._progress.over
        if name == "REPAIR":
            return (cell.asks or over) and any(cause.repair for cause in self.causes)
        if name == "SKIP":
            return cell.asks and cell.can_skip
        if name == "RETRY":
            return cell.asks or over
        return cell.asks

    def action_end(self, name: str) -> None:
        """Answered."""
        self.dismiss(Verdict[name])

    def action_troubleshoot(self) -> None:
        """Nodes and pods, live: what fails may be seen there."""
        self.zk.troubleshoot(self._case.draft.path)

    def action_leave(self) -> None:
        """Left as it is."""
        self.dismiss(None)

    def action_command(self, number: int) -> None:
        """Copy one command."""
        command = self.commands[number - 1]
        self._copy(command.text, T("Copied the command for {node}", node=command.node))

    def action_copy(self) -> None:
        """Copy everything, to ask somebody."""
        console = Console(file=StringIO(), color_system=None, width=_WIDTH)
        console.print(Group(*self._parts()))
        assert isinstance(console.file, StringIO)
        self._copy(f"{self.place}\n{console.file.getvalue()}", T("Copied the explanation"))

    def _copy(self, text: str, done: Text) -> None:
        copy(self, text, done, self._folder.path / "copied.txt")


def _waiting(count: int) -> Text:
    return T("1 other waits for it") if count == 1 else T("{count} others wait for it", count=count)


def _heading(words: Text) -> RichText:
    return RichText(f"\n{harmless(say(words))}", style="bold underline")


def _rows(*rows: tuple[Text, Words]) -> Iterator[RenderableType]:
    for label, words in rows:
        yield row(label, words, indent=3, style="italic")


def _numbered(key: str, words: str, style: str = "") -> RenderableType:
    """What a key does."""
    return hanging(RichText(f"   {key}  ", style="bold"), RichText(harmless(words), style=style))


def _coloured(program: str) -> RichText:
    text = Syntax(program, "sh", theme="ansi_dark", word_wrap=True).highlight(harmless(program))
    text.rstrip()
    return text
