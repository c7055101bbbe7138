"""A cause as it is told on a terminal: what, where, the line that shows it, why, and what to do."""

from __future__ import annotations

from collections.abc import Iterator

from zkwizard.model.cause import Cause


def told(cause: Cause, number: int = 0) -> list[str]:
    """The lines of one cause; ``number`` counts from 1."""
    head = f"{number}. " if number else ""
    word = "risk" if cause.risk else "cause"
    return [f"{head}{word} at {cause.node}: {cause.what}", *_parts(cause)]


def _parts(cause: Cause) -> Iterator[str]:
    for line in cause.seen:
        yield f"   seen:     {line}"
    yield f"   why:      {cause.why}"
    yield f"   remedy:   {cause.remedy}"
    for command in cause.commands:
        yield f"      {command.node + '#':<10} {command.text}"
    if cause.repair:
        yield f"   zkwizard: explain --repair does it, by the phases {', '.join(cause.repair)}"
    if cause.explains:
        yield f"   explains: {', '.join(cause.explains)}"
