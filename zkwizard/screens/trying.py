"""Tests the nodes of a case in the engine's own thread; whatever screen is up learns of every result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.app import App
from textual.timer import Timer

from zkwizard.engine.background import Background, Emit, Register
from zkwizard.engine.inside.trial import Tried, try_nodes
from zkwizard.model.cluster import Cluster
from zkwizard.model.ports import Network

_PERIOD = 0.1
"""Seconds between two looks at what the thread has to tell."""


class Pump:
    """Starts a background work and hands on its events, in the app's own loop, until it is over."""

    def __init__(
        self,
        app: App[Any],
        work: Background[Any],
        on_event: Callable[[Any], None],
        on_end: Callable[[BaseException | None], None],
    ) -> None:
        self._background = work
        self._on_event, self._on_end = on_event, on_end
        self._background.start()
        self._timer: Timer = app.set_interval(_PERIOD, self._look)

    def _look(self) -> None:
        for event in self._background.events(wait=0):
            self._on_event(event)
        if not self._background.alive:
            self._timer.stop()
            try:
                self._background.result()
            except Exception as error:
                self._on_end(error)
            else:
                self._on_end(None)


def trial(
    app: App[Any],
    cluster: Cluster,
    network: Callable[[], Network],
    on_result: Callable[[Tried], None],
    on_end: Callable[[BaseException | None], None],
) -> Pump:
    """Try all nodes of ``cluster``; the network is made, used and closed in the thread."""

    async def work(emit: Emit, register: Register) -> None:
        made = network()
        try:
            await try_nodes(cluster, made, emit)
        finally:
            await made.close()

    return Pump(app, Background(work), on_result, on_end)
