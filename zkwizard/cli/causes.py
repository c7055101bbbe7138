"""A cause as it is told on a terminal: what, where, the line that shows it, why, and what to do."""

from __future__ import annotations

from collections.abc import Iterator

from zkwizard.cli.words import labelled
from zkwizard.model.cause import Cause
from zkwizard.model.text import T, Words
from zkwizard.widgets.words import say


def told(cause: Cause, number: int = 0) -> list[str]:
    """The lines of one cause; ``number`` counts from 1."""
    head = f"{number}. " if number else ""
    args = {"node": cause.node, "what": cause.what}
    words = T("risk at {node}: {what}", **args) if cause.risk else T("cause at {node}: {what}", **args)
    return [f"{head}{say(words)}", *_parts(cause)]


def _parts(cause: Cause) -> Iterator[str]:
    for line in cause.seen:
        yield _part(T("seen:"), line)
    yield _part(T("why:"), cause.why)
    yield _part(T("remedy:"), cause.remedy)
    for command in cause.commands:
        yield f"      {command.node + '#':<10} {command.text}"
    if cause.repair:
        phases = ", ".join(cause.repair)
        yield _part("zkwizard:", T("explain --repair does it, by the phases {phases}", phases=phases))
    if cause.explains:
        yield _part(T("explains:"), ", ".join(cause.explains))


def _part(label: Words, text: Words) -> str:
    return labelled(label, text, indent=3, cells=9)
