"""The end of a run and what comes after it; and leaving it before."""

from __future__ import annotations

import time

from textual import work

from zkwizard.model.ports import StopMode
from zkwizard.model.terminal import one_line
from zkwizard.model.text import T
from zkwizard.screens.run.controls import Watching
from zkwizard.screens.run.pace import RunPace
from zkwizard.screens.run.questions import held
from zkwizard.screens.steps import After, Step
from zkwizard.widgets.run.cell import Standing
from zkwizard.widgets.words import say, say_innermost


class RunEnd(RunPace):
    """The part of the screen that leads away from it."""

    def _ended(self) -> None:
        """Nothing is asked any more; what comes next comes as soon as nothing lies above."""
        self._end_questions()
        assert self._handle
        try:
            self._handle.result()
        except Exception as error:
            words = T("zkwizard had to give up: {why}", why=one_line(say_innermost(error)))
            self._progress.closes(Standing.FAILED, words, time.time())
            self.zk.notify(say(words), severity="error", markup=False, timeout=30)
        else:
            if self._progress.ended is None:
                words = T("nobody's run holds the nodes: there is nothing to follow")
                self._progress.closes(Standing.STOPPED, words, time.time())
        self._show_end()

    def on_screen_resume(self) -> None:
        """It may have ended while something lay above."""
        self._show_end()

    def _show_end(self) -> None:
        """What comes after the end, once."""
        if not self._over or self._end_shown or not self.is_active:
            return
        self._end_shown = True
        if self._again:
            self.action_again()
        elif holder := getattr(self._progress.ended, "holder", None):
            self._ask_holder(say(holder.words), idle=not holder.alive)
        elif self._progress.succeeded:
            self.action_done()

    @work
    async def _ask_holder(self, who: str, *, idle: bool) -> None:
        """Whose run holds the nodes, and what can be done about it."""
        answer = await self.zk.push_screen_wait(held(who, idle=idle))
        if answer == "watch":
            self.dismiss(After(Step.RUN, watch=True))
        elif answer == "take":
            self.dismiss(After(Step.RUN, take_over=True))
        elif self._handle is None:
            self.dismiss(After(Step.REVIEW))

    # Leaving ----------------------------------------------------------------------------------------------

    @property
    def goes_on(self) -> bool:
        """A run of one's own: what is only watched goes on without anybody here."""
        return self._controls is not None and not self._over

    def action_leave(self) -> None:
        """Home; while something goes on a person is told first what becomes of it."""
        if self.ask_to_leave() or self._leaving:
            return
        if isinstance(self._handle, Watching) and not self._over:
            self._handle.stop(StopMode.NOW)
        self.dismiss(After(Step.HOME))

    @work
    async def action_done(self) -> None:
        """Nodes, kubeconfig, what to do next."""
        from zkwizard.screens.done import Done

        step = await self.zk.push_screen_wait(Done(self.case, self._progress))
        if step is not None:
            self.dismiss(After(step))
