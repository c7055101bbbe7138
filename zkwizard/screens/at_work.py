"""What screens share on which something goes on: what they ask goes with it, and leaving is asked about."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, TypeVar

from zkwizard.model.phase import OPERATOR
from zkwizard.model.text import T, Text
from zkwizard.screens.choices import Choice, Choices
from zkwizard.screens.frame import Dialog, Frame, R
from zkwizard.widgets.run.progress import Place, Progress

A = TypeVar("A")


_MOST = 12
"""Of a long list so many are named."""


class AtWork(Frame[R]):
    """A screen of an engine at work, until ``_end_questions`` says that this is over."""

    NOT_OVER: ClassVar[Text] = T("It is not over")
    """The title of the question about leaving."""
    _progress: Progress

    def __init__(self) -> None:
        super().__init__()
        self._over = False
        self._leaving = False
        """Whether a person is asked about leaving just now."""
        self._questions: list[Dialog[Any]] = []
        """Open ones, the uppermost last."""

    @property
    def goes_on(self) -> bool:
        """Whether there is something that a person should know of before leaving."""
        return not self._over

    @abstractmethod
    def action_stop(self) -> None:
        """After the steps at work."""

    async def ask(self, question: Dialog[A]) -> A | None:
        """A person's answer; None when all is over before there is one, as the question goes then."""
        if self._over:
            return None
        self._questions.append(question)
        try:
            return await self.zk.push_screen_wait(question)
        finally:
            self._questions.remove(question)

    def _end_questions(self) -> None:
        """It is over: nothing is asked any more."""
        self._over = True
        for question in reversed(self._questions):
            question.dismiss(None)

    def ask_to_leave(self) -> bool:
        """Whether somebody is asked first, as something goes on; who is asked already may leave."""
        if not self.goes_on or self._leaving:
            return False
        self._leaving = True
        self.run_worker(self._ask_to_leave())
        return True

    async def _ask_to_leave(self) -> None:
        try:
            answer = await self.ask(leaving(self.NOT_OVER, self._progress.at_work()))
        finally:
            self._leaving = False
        if answer == "stop" and not self._over:
            self.action_stop()
        elif answer == "leave":
            self.zk.exit()


def leaving(title: Text, places: Sequence[Place]) -> Choices:
    """What becomes of a run whose zkwizard ends."""
    if places:
        words: Text = T(
            "At work now: {places}. If you leave, that goes on there to its end; nothing new begins. Home "
            "offers to pick it up.",
            places=some_of([f"{phase}@{node}" for phase, node in places]),
        )
    else:
        words = T("Nothing is at work on a node now, and nothing new begins. Home offers to pick it up.")
    return Choices(
        title,
        words,
        choices=(
            Choice("stay", "s", T("Stay")),
            Choice("stop", "g", T("Stop it gently, after the steps at work, and stay")),
            Choice("leave", "l", T("Leave zkwizard")),
        ),
    )


def some_of(names: Sequence[str]) -> str:
    """Names in a line; of many the first ones, and how many more there are."""
    shown = ", ".join(name.replace(f"@{OPERATOR}", "") for name in names[:_MOST])
    return shown + (f" … (+{len(names) - _MOST})" if len(names) > _MOST else "")
