"""What a person says about a run, passed on to the engine's thread; and the run itself, begun or watched."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from zkwizard.engine.background import Background, Emit, Register
from zkwizard.engine.pace import Answer, Pace
from zkwizard.engine.schedule import Task
from zkwizard.engine.watch import Watch
from zkwizard.model.cluster import Cluster
from zkwizard.model.events import Event, FollowEnded
from zkwizard.model.ports import Network, StopMode
from zkwizard.model.secret import Redactor
from zkwizard.widgets.run.progress import Place, Progress
from zkwizard.widgets.run.steering import Steering

if TYPE_CHECKING:
    from zkwizard.screens.services import RunHandle

Work = Callable[[Emit, Register], Awaitable[FollowEnded | None]]
_PATIENCE = 3600.0
"""Seconds without contact after which a node of somebody else's run is not followed any more."""


class Controls:
    """The pace of one run: every word goes to the engine's thread, and into what is shown."""

    def __init__(self, handle: RunHandle, pace: Pace, progress: Progress, steering: Steering) -> None:
        self._handle, self._pace = handle, pace
        self._progress, self._steering = progress, steering

        self._early: list[Callable[[], None]] = []
        """Said before the engine's thread could hear it."""

    def _tell(self, word: Callable[[], None]) -> None:
        if self._progress.began:
            self._handle.tell(word)
        else:
            self._early.append(word)

    def begun(self) -> None:
        """The engine listens from now on."""
        for word in self._early:
            self._handle.tell(word)
        self._early.clear()

    def allow(self, phase: str) -> None:
        """This phase and all before it may start."""
        self._steering.until, self._steering.all = phase, False
        self._progress.paused = None
        self._tell(lambda: self._pace.allow(phase))

    def allow_all(self) -> None:
        """Nothing waits any more."""
        self._steering.all = True
        self._progress.paused = None
        self._tell(self._pace.allow_all)

    def pause_after(self, phase: str) -> None:
        """Nothing after this phase starts."""
        self._steering.until, self._steering.all = phase, False
        self._tell(lambda: self._pace.pause_after(phase))

    def answer(self, place: Place, answer: Answer) -> None:
        """What to do about a failed phase."""
        self._progress.answered(place, given_up=answer is Answer.GIVE_UP)
        self._tell(lambda: self._pace.answer(Task(*place), answer))

    def stop(self, mode: StopMode) -> None:
        """Start nothing more, and stop what is at work."""
        self._steering.stopping = mode
        self._handle.stop(mode)


class Watching:
    """Somebody else's run, followed in a thread of its own; nothing of it is changed from here."""

    def __init__(self, cluster: Cluster, network: Callable[[], Network]) -> None:
        nodes = [node.name for node in cluster.nodes]
        self._background: Background[FollowEnded | None] = Background(_watching(nodes, network))

    @property
    def alive(self) -> bool:
        """Whether it goes on, or has events that nobody took."""
        return self._background.alive

    def start(self) -> None:
        """Begin."""
        self._background.start()

    def events(self, wait: float = 0.0) -> list[Event]:
        """Events since the last call."""
        return self._background.events(wait)

    def abandon(self) -> None:
        """Nothing is held here."""

    def stop(self, mode: StopMode) -> None:
        """Look no longer; on the nodes everything goes on."""
        self._background.stop(mode)

    def result(self) -> FollowEnded | None:
        """None when no run holds any node. Raises ZkwizardError."""
        return self._background.result()


def _watching(nodes: Sequence[str], network: Callable[[], Network]) -> Work:
    async def work(emit: Emit, register: Register) -> FollowEnded | None:
        made = network()
        watch = Watch(nodes, made, Redactor(), emit, patience=_PATIENCE)
        following = asyncio.create_task(watch.run())

        async def stop(mode: StopMode) -> None:
            following.cancel()

        register(stop)
        try:
            return await following
        except asyncio.CancelledError:
            return None
        finally:
            await made.close()

    return work
