"""Stopping does not wait until the causes of a failure are found, and leaves nobody looking for them."""

from __future__ import annotations

import asyncio

import pytest

from tests.unit.engine.local import LocalNode
from tests.unit.engine.world import World, phase, step
from zkwizard.engine.pace import Pace
from zkwizard.engine.run import Engine
from zkwizard.model.events import Event, Examined, Explained, Paused, PhaseWaits
from zkwizard.model.phase import On
from zkwizard.model.ports import Completed, StopMode
from zkwizard.model.step import Outcome


class Slow(LocalNode):
    """Its evidence never comes to an end."""

    looked_at: asyncio.Event
    left_alone = False

    async def script(self, text: str, *, limit: float = 60.0) -> Completed:
        if "evidence-end" not in text:
            return await super().script(text, limit=limit)
        self.looked_at.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.left_alone = True
            raise
        raise AssertionError("nobody sets it")


@pytest.mark.parametrize("mode", [StopMode.GENTLY, StopMode.NOW])
def test_stopping_ends_the_search_for_causes(world: World, mode: StopMode) -> None:
    master = world.network.nodes["master"]
    slow = world.network.nodes["master"] = Slow(master.node, master.folder)
    pace = Pace(manual=True)
    stopping: list[asyncio.Task[None]] = []

    async def stop(engine: Engine) -> None:
        await slow.looked_at.wait()
        await engine.stop(mode)

    def during(engine: Engine, event: Event) -> None:
        if isinstance(event, Paused) and event.next:
            asyncio.get_running_loop().call_soon(pace.allow, event.next)
        if isinstance(event, PhaseWaits):
            slow.looked_at = asyncio.Event()
            stopping.append(asyncio.ensure_future(stop(engine)))

    failing = phase("one", step("exit 7"), on=On.FIRST_CONTROL_PLANE)
    ended = world.run(failing, phase("two"), pace=pace, during=during, explain=True)
    assert stopping and slow.left_alone
    assert (ended.outcome, ended.failed) == (Outcome.FAILED, ("one@master",))
    assert not any(isinstance(event, (Explained, Examined)) for event in world.events)
