"""A person's word about a run: the next phase, all, a pause, a stop; and what becomes of what failed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from textual import work

from zkwizard.engine.pace import Answer
from zkwizard.model.cause import Cause
from zkwizard.model.ports import StopMode
from zkwizard.model.text import T
from zkwizard.screens.run.controls import Watching
from zkwizard.screens.run.questions import sure_to_skip, sure_to_stop
from zkwizard.screens.run.view import RunView
from zkwizard.screens.steps import After, Step
from zkwizard.widgets.log_pane import LogPane
from zkwizard.widgets.run.grid import RunGrid
from zkwizard.widgets.run.progress import Place
from zkwizard.widgets.words import say

A = TypeVar("A")


class RunPace(RunView):
    """The part of the screen that takes a person's word."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only keys that can do something now are there."""
        if action in ("next", "all", "pause", "retry", "skip", "stop", "stop_now", "again", "done", "why"):
            return self._can(action)
        return action not in ("view", "zoom", "messages") or self._narration is not None

    def _can(self, action: str) -> bool:
        progress, steering = self._progress, self._steering
        going = self._controls is not None and not self._over and steering.stopping is None
        match action:
            case "next":
                return going and bool(progress.paused)
            case "all":
                return going and not steering.all
            case "pause":
                return going and steering.all
            case "retry" | "skip":
                return going and bool(progress.asking())
            case "why":
                return bool(progress.failed() or progress.person)
            case "stop":
                return going
            case "stop_now":
                late = steering.stopping is StopMode.NOW
                return self._controls is not None and not (self._over or late) and bool(progress.at_work())
            case "again":
                return self._over and not progress.succeeded
        return self._over and progress.succeeded  # done

    def action_next(self) -> None:
        """The next phase on all its nodes."""
        if self._controls and self._progress.paused:
            self._controls.allow(self._progress.paused)
            self.query_one(RunGrid).follow()
            self.draw()

    def action_all(self) -> None:
        """All phases."""
        if self._controls:
            self._controls.allow_all()
            self.query_one(RunGrid).follow()
            self.draw()

    def action_pause(self) -> None:
        """Nothing after what has begun."""
        if self._controls and (phase := self._progress.farthest()):
            self._controls.pause_after(phase)
            self.draw()

    def action_stop(self) -> None:
        """After the steps at work."""
        if self._controls:
            self._controls.stop(StopMode.GENTLY)
            self.draw()

    @work
    async def action_stop_now(self) -> None:
        """At once, when a person is sure."""
        if await self.ask(sure_to_stop()) and self._controls:
            self._controls.stop(StopMode.NOW)
            self.draw()

    def _answered_place(self) -> Place | None:
        """What an answer is about: the cell of the cursor, or the first that asks."""
        asking = self._progress.asking()
        here = self.query_one(RunGrid).place
        return here if here in asking else asking[0] if asking else None

    def action_retry(self) -> None:
        """Try again what failed."""
        if self._controls and (place := self._answered_place()):
            self._controls.answer(place, Answer.RETRY)
            self.draw()

    def action_skip(self) -> None:
        """Go on without it."""
        if place := self._answered_place():
            self.run_worker(self._skip(place))

    async def _skip(self, place: Place) -> None:
        """Say what depends on it, and go on without it when a person is sure."""
        cell = self._progress.cells[place]
        if not cell.can_skip:
            words = T("{phase} judges the nodes: what it stops can't go on without it", phase=place[0])
            self.zk.notify(say(words), severity="warning", markup=False)
            return
        sure = await self.ask(sure_to_skip(place, cell.blocks))
        if sure and self._controls and self._progress.cells[place].asks:
            self._controls.answer(place, Answer.SKIP)
            self.draw()

    def action_again(self) -> None:
        """A run of everything, by itself up to where this one came: what is done says so and stays."""
        self.dismiss(After(Step.RUN, until=self._progress.farthest()))

    # Failures, persons ------------------------------------------------------------------------------------

    def action_why(self) -> None:
        """What failed at the cursor, or first; or what a person has to do."""
        failed = self._progress.failed()
        if not failed:
            self._show_person()
            return
        here = self.query_one(RunGrid).place
        self._explain(here if here in failed else (self._progress.asking() or failed)[0])

    def _wait_for_person(self, phase: str) -> None:
        """The phase that waits until a person has acted changes nothing, so that nobody need allow it."""
        phases = self._progress.phases
        at = phases.index(phase) + 1
        allowed = phases.index(self._steering.until) if self._steering.until in phases else -1
        if self._controls and not self._steering.all and allowed < at < len(phases):
            self._controls.allow(phases[at])

    def _show_person(self) -> None:
        from zkwizard.screens.person import Needed

        asked = self._progress.person
        if asked and self.is_active:
            folder = self.query_one(LogPane)._folder
            self.zk.push_screen(Needed(asked, lambda: self._progress.person is asked, folder))

    @work
    async def _explain(self, place: Place, *, only_here: bool = False) -> None:
        """What ran, its last lines, causes; and what is to become of it."""
        from zkwizard.screens.failure import Failure, Verdict

        if isinstance(self._handle, Watching) or self._handle is None or (only_here and not self.is_active):
            return
        failure = Failure(self.case, place, self._progress, self._handle.folder)
        verdict = await self.zk.push_screen_wait(failure)
        if verdict is Verdict.SKIP:
            await self._skip(place)
        elif verdict is Verdict.REPAIR:
            self._repair(place, failure.causes)
        elif verdict is Verdict.RETRY and self._over:
            self.action_again()
        elif verdict and self._controls and self._progress.cells[place].asks:
            self._controls.answer(place, Answer.RETRY if verdict is Verdict.RETRY else Answer.GIVE_UP)
        self.draw()
        asking = self._progress.asking()
        if verdict is not None and asking and place not in asking and self.is_active:
            self._explain(asking[0])

    def _repair(self, place: Place, causes: Sequence[Cause]) -> None:
        """Another try where that repairs the causes, else the ordinary run of all phases from the first."""
        repaired = [cause for cause in causes if cause.repair]
        here = all(cause.node == place[1] and cause.repair == (place[0],) for cause in repaired)
        if self._over:
            self.action_again()
        elif self._controls and here and self._progress.cells[place].asks:
            self._controls.answer(place, Answer.RETRY)
        elif self._controls:
            self._again = True
            self._controls.stop(StopMode.GENTLY)
