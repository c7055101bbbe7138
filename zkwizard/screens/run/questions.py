"""What is asked during a run, and what follows from what was done before."""

from __future__ import annotations

from collections.abc import Sequence

from zkwizard.engine.request import History
from zkwizard.model.text import T, Words
from zkwizard.phases.order import PHASES
from zkwizard.screens.at_work import some_of
from zkwizard.screens.choices import Choice, Choices
from zkwizard.screens.questions import Confirm
from zkwizard.widgets.run.progress import Place


def again_after(history: History | None) -> str:
    """Up to which phase an interrupted run had come: so far it goes on by itself."""
    if history is None:
        return ""
    begun = {phase for phase, _ in (*history.done, *history.begun)}
    return next((phase.id for phase in reversed(PHASES) if phase.id in begun), "")


def sure_to_stop() -> Confirm:
    """Whether what is at work shall be ended at once."""
    return Confirm(
        T("Stop now?"),
        T(
            "Everything that is at work on the nodes is ended at once; only a package manager is waited for. "
            "A step that was cut off is done again by the next run."
        ),
        yes=T("Stop now"),
        no=T("Go on"),
    )


def sure_to_skip(place: Place, blocks: Sequence[str]) -> Confirm:
    """Whether the rest shall go on without a phase."""
    return Confirm(
        T("Skip {phase} on {node}?", phase=place[0], node=place[1]),
        T("What needs it goes on as if it had gone well, and may fail for it:"),
        T("{names}", names=some_of(blocks)) if blocks else T("nothing waits for it"),
        yes=T("Skip"),
        no=T("Not yet"),
    )


def held(who: Words, *, idle: bool) -> Choices:
    """Somebody else's run has the nodes."""
    ways = [Choice("watch", "w", T("Watch it; nothing of it is changed from here"))]
    if idle:
        ways.append(Choice("take", "t", T("Take its nodes over, and begin a run of your own")))
    ways.append(Choice("leave", "b", T("Leave it alone")))
    state = (
        T("Nothing is at work for it now: it waits for somebody, or its zkwizard was ended.")
        if idle
        else T("It is at work now, and can't be taken over.")
    )
    return Choices(T("Another run has the nodes"), who, state, choices=ways)
