"""What the steps of the wizard share: the way through them, and answers that are saved at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, ClassVar

from textual import events, on
from textual.binding import Binding
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from zkwizard.model.errors import ZkwizardError
from zkwizard.model.faults import Keys
from zkwizard.model.text import T, Text
from zkwizard.screens.case import Case
from zkwizard.screens.frame import Frame, R
from zkwizard.screens.steps import TITLES, Step, step_of
from zkwizard.widgets.field import Field
from zkwizard.widgets.words import mark, say, say_error


class StepTab(Static):
    """One step in the line of steps; a click goes there."""

    class Chosen(Message):
        """Go there."""

        def __init__(self, step: Step) -> None:
            super().__init__()
            self.step = step

    def __init__(self, step: Step) -> None:
        super().__init__(markup=False, classes="steptab")
        self.step = step

    def on_click(self, event: events.Click) -> None:
        """Chosen."""
        self.post_message(self.Chosen(self.step))


class AnswersScreen(Frame[R]):
    """A screen with fields of a draft."""

    def __init__(self, case: Case) -> None:
        super().__init__()
        self.case = case
        self.draft = case.draft
        self.practice = case.practice

    @property
    def subject(self) -> str:
        """The file."""
        return self.draft.path.name

    def on_mount(self) -> None:
        """Show what the file holds."""
        self.show_answers()

    @on(Field.Answered)
    def _answered(self, event: Field.Answered) -> None:
        self.answer(event.keys, event.value)

    def answer(self, keys: Keys, value: Any) -> None:
        """Save an answer, and judge everything again."""
        try:
            self.draft.put(keys, value)
        except ZkwizardError as error:
            self.zk.notify(say_error(error), severity="error", markup=False, timeout=15)
            self.show_answers()
            return
        self.show_answers(values=False)

    def show_answers(self, *, values: bool = True) -> None:
        """Bring all fields up to date; without ``values`` only what is said beside them."""
        for field in self.query(Field):
            field.show(self.draft, value=values)
        self.changed()

    def changed(self) -> None:
        """Another answer: bring up to date what is not a field."""


_ALT = {
    Step.NODES: "inverted_exclamation_mark",
    Step.OVERLAY: "trade_mark_sign",
    Step.PROXY: "pound_sign",
    Step.CLUSTER: "cent_sign",
    Step.REVIEW: "infinity",
}
"""How Textual (8.2) names Escape and a digit, which is what most terminals send for Alt and the digit: it
takes them for the sign that a Mac's keyboard types so."""


class StepScreen(AnswersScreen[Step]):
    """A step; ends with the step to go to."""

    STEP: ClassVar[Step]
    ABOUT_PLACE: ClassVar[Text | None] = None
    """Its title where there is room for more than the line of steps has."""
    BINDINGS: ClassVar = [
        Binding("escape", "back", str(T("Back")), id="back"),
        Binding("ctrl+n", "next", str(T("Next")), id="next"),
        *(
            Binding(
                f"alt+{step.value},{_ALT[step]}",
                f"go({step.value})",
                str(TITLES[step]),
                show=False,
                id=f"step.{step.value}",
                key_display=f"alt+{step.value}",
            )
            for step in (Step.NODES, Step.OVERLAY, Step.PROXY, Step.CLUSTER, Step.REVIEW)
        ),
        Binding("ctrl+t", "home", str(T("Home")), show=False, id="home"),
    ]

    @property
    def place(self) -> str:
        """``Step 2 of 6 · ZeroTier``."""
        return say(
            T(
                "Step {number} of 6 · {title}",
                number=self.STEP.value,
                title=self.ABOUT_PLACE or TITLES[self.STEP],
            )
        )

    def compose(self) -> Iterable[Widget]:
        """The line of steps stands above everything."""
        top, *rest = super().compose()
        yield top
        yield Horizontal(*(StepTab(step) for step in TITLES), id="steps")
        yield from rest

    def show_answers(self, *, values: bool = True) -> None:
        """Also how the steps stand."""
        super().show_answers(values=values)
        wrong = Counter(step_of(fault) for fault in self.draft.faults)
        for tab in self.query(StepTab):
            count = wrong.get(tab.step, 0)
            sign = f"{mark('✗')}{count}" if count else mark("✓")
            if tab.step in (Step.REVIEW, Step.RUN) and not count:
                sign = mark("·")
            tab.update(f"{sign} {tab.step.value} {say(TITLES[tab.step])}")
            tab.set_class(tab.step is self.STEP, "-here")
            tab.set_class(bool(count), "-wrong")

    @on(StepTab.Chosen)
    def _chosen(self, event: StepTab.Chosen) -> None:
        if event.step is Step.RUN:
            self.run_it()
        else:
            self.action_go(event.step.value)

    def action_go(self, step: int) -> None:
        """Go to another step; nothing can be wrong enough to forbid it."""
        if step != self.STEP:
            self.dismiss(Step(step))

    def action_back(self) -> None:
        """One step back; from the first one home."""
        self.dismiss(Step(self.STEP - 1))

    def action_next(self) -> None:
        """One step on."""
        self.dismiss(Step(self.STEP + 1))

    def action_home(self) -> None:
        """Leave the wizard; everything is saved."""
        self.dismiss(Step.HOME)

    def run_it(self) -> None:
        """From here the way to the run leads through the review."""
        self.action_go(Step.REVIEW.value)
