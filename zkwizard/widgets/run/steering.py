"""What a person has said about the pace of a run, and what is to be said to them about it."""

from __future__ import annotations

from dataclasses import dataclass

from zkwizard.model.ports import StopMode
from zkwizard.model.text import T, Text
from zkwizard.widgets.run.cell import Standing
from zkwizard.widgets.run.narration import ending
from zkwizard.widgets.run.progress import Place, Progress


@dataclass
class Steering:
    """Stepping by hand is the default."""

    all: bool = False
    """Whether nothing waits to be allowed."""
    until: str = ""
    """The last phase that may start; empty before the first."""
    stopping: StopMode | None = None
    watching: bool = False
    """Whether it is somebody else's run, which can only be seen."""


def status(progress: Progress, steering: Steering) -> tuple[Standing, Text]:
    """What matters most now, in a line, and the state by whose sign and colour it is told."""
    if progress.ended:
        _, words = ending(progress.ended)
        good = progress.succeeded or steering.watching
        stopped = not progress.failed() and not good
        return Standing.CHANGED if good else Standing.STOPPED if stopped else Standing.FAILED, words
    if progress.closed:
        return progress.closed[:2]
    if steering.stopping is StopMode.NOW:
        return Standing.STOPPED, T("stopping now …")
    if steering.stopping:
        return Standing.STOPPED, T("stopping after the steps at work …")
    if asking := progress.asking():
        return Standing.FAILED, _asking(asking)
    if progress.person:
        return Standing.BLOCKED, T("somebody has to authorise the nodes: i shows whom")
    if progress.links:
        return Standing.BLOCKED, _links(progress)
    return _pace(progress, steering)


def _asking(asking: list[Place]) -> Text:
    phase, node = asking[0]
    if len(asking) == 1:
        return T("{phase} failed on {node} and waits for you: i says why", phase=phase, node=node)
    return T(
        "{phase} failed on {node}, and {count} more wait for you: i says why",
        phase=phase,
        node=node,
        count=len(asking) - 1,
    )


def _links(progress: Progress) -> Text:
    names = ", ".join(progress.links)
    if any(link.state == "lost" for link in progress.links.values()):
        return T("the line to {nodes} is lost: work there goes on, and is followed again", nodes=names)
    return T("the line to {nodes} is silent", nodes=names)


def _pace(progress: Progress, steering: Steering) -> tuple[Standing, Text]:
    if progress.paused:
        title = progress.titles.get(progress.paused)
        words = T("next: {phase} · {title}", phase=progress.paused, title=title or "")
        return Standing.WAITING, words
    if not progress.farthest():
        return Standing.AT_WORK, T("the nodes are asked …")
    if steering.watching:
        return Standing.AT_WORK, T("somebody else's run: it can be seen here, not steered")
    if steering.all:
        return Standing.AT_WORK, T("all phases, one after the other")
    if steering.until:
        return Standing.AT_WORK, T("pauses after {phase}", phase=steering.until)
    return Standing.AT_WORK, T("at work")
