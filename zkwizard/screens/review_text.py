"""What a line of the review means: in words, and as the exact program or file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.syntax import Syntax
from rich.text import Text as RichText

from zkwizard.model.finding import Finding
from zkwizard.model.placeholders import printed
from zkwizard.model.step import OperatorStep
from zkwizard.model.step import Step as NodeStep
from zkwizard.model.text import T
from zkwizard.screens.review_tree import Item
from zkwizard.screens.steps import TITLES, step_of
from zkwizard.tables.findings import parts
from zkwizard.widgets.rows import row
from zkwizard.widgets.words import say

_HOLE = re.compile(r"<[a-z0-9-]+: [^<>\n]+>")


def explanation(item: Item) -> tuple[RenderableType, RenderableType]:
    """What the line under the cursor means: words, and programs or files, whose lines are not folded.

    Runs in a thread: highlighting takes a while.
    """
    if item.fault:
        step = step_of(item.fault)
        way = T("Enter: to step {number}, {title}", number=step.value, title=TITLES[step])
        return f"{say(item.fault.message)}\n\n{say(way)}", ""
    if item.finding:
        return _finding(item.finding), ""
    if item.step and item.planned:
        title = RichText(printed(say(item.step.title)), style="bold")
        why = RichText(printed(say(item.step.why)))
        return Group(title, why), Group(*_parts(item.step))
    if item.planned and item.planned.program:
        return "", _coloured(item.planned.program.text)
    return item.text, ""


def _parts(step: NodeStep | OperatorStep) -> Iterator[RenderableType]:
    if isinstance(step, NodeStep):
        for title, text, drawn in (
            (T("Is it done already?"), step.check, _coloured),
            (T("If not"), step.apply, _coloured),
            (T("What is written"), step.content, _plain),
        ):
            if text:
                yield RichText(f"\n{say(title)}", style="bold")
                yield drawn(printed(text))


def _finding(finding: Finding) -> Group:
    return Group(*(row(label, words) for label, words in parts(finding)))


def _coloured(program: str) -> RichText:
    """Shell in colours."""
    return _marked(Syntax(program, "sh", theme="ansi_dark", word_wrap=False).highlight(program))


def _plain(content: str) -> RichText:
    """A file of any form: in shell's colours its addresses would come in two."""
    return _marked(RichText(content))


def _marked(text: RichText) -> RichText:
    """What is known only later, by reverse video and not by colour alone."""
    text.rstrip()
    text.no_wrap = True
    text.highlight_regex(_HOLE, "bold reverse")
    return text
