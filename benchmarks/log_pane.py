"""The log pane on the run's screen, and alone against Textual's: ten nodes, 10,000 lines per second in all.

Aims, on the screen of a run: p99 of the lag 50 ms, of a key 100 ms; 150 MB with 50 nodes of 100,000 lines
each. A key counts as answered when the screen was drawn after it.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.widget import Widget
from textual.widgets import ContentSwitcher, Log, RichLog, Static

from benchmarks.lags import (
    CAP,
    EACH,
    HEAD,
    MANY,
    NODES,
    RATE,
    SECONDS,
    Figures,
    Lags,
    batch,
    in_a_terminal,
    line,
    p99,
    weigh,
    write,
)
from zkwizard.widgets.log_pane import LogPane

LAG, KEY, MEMORY = 0.050, 0.100, 150 << 20
_TICK = 0.1
_BLOCK = 200


class Bench(App[None]):
    """One widget for all nodes, or one each of which one is shown; fed from one timer."""

    BINDINGS = [Binding("x", "answer", show=False, priority=True)]  # noqa: RUF012

    def __init__(self, kind: str, nodes: int) -> None:
        super().__init__()
        self.kind, self.nodes, self.lags = kind, nodes, Lags(self._press)
        self._answered = asyncio.Event()
        self._views: list[Widget] = []
        self._said = Static("key")

    def compose(self) -> ComposeResult:
        """As the run's screen would have it."""
        yield self._said
        if self.kind == "LogPane":
            self.pane = LogPane(folder=Path(tempfile.gettempdir()), cap=CAP)
            for node in range(self.nodes):
                self.pane.add(f"node{node}")
            yield self.pane
            return
        make: Callable[..., Widget] = Log if self.kind == "Log" else RichLog
        self._views = [make(max_lines=CAP, id=f"node{node}") for node in range(self.nodes)]
        with ContentSwitcher(initial="node0"):
            yield from self._views

    def feed(self, node: int, text: str) -> None:
        """Give one node's lines to whatever shows them."""
        if self.kind == "LogPane":
            self.pane.feed(f"node{node}", text.encode())
        elif self.kind == "Log":
            self._views[node].write_lines(text.splitlines())  # type: ignore[attr-defined]
        else:
            self._views[node].write(text.removesuffix("\n"))  # type: ignore[attr-defined]

    async def _press(self) -> None:
        self._answered.clear()
        self.simulate_key("x")
        await self._answered.wait()

    def action_answer(self) -> None:
        """Change something, and know when it is on the screen."""
        self._said.update(f"key {len(self.lags.figures.keys)}", layout=False)
        self.call_after_refresh(self._answered.set)

    async def live(self) -> None:
        """The given rate for some seconds, with keys."""
        self.lags.begin()
        began, tick = time.perf_counter(), 0
        while (now := time.perf_counter() - began) < SECONDS:
            due = int(min(now, SECONDS) / _TICK) + 1
            for each in range(tick, due):
                for node in range(self.nodes):
                    count = int(RATE * _TICK / self.nodes)
                    self.feed(node, batch(node, each * count, count))
                    self.lags.figures.lines += count
            tick = due
            await asyncio.sleep(max(0.0, tick * _TICK - (time.perf_counter() - began)))
        self.lags.end()

    async def fill(self) -> None:
        """All lines of many nodes, as fast as they are taken."""
        for start in range(0, EACH, _BLOCK):
            for node in range(self.nodes):
                self.feed(node, batch(node, start, _BLOCK))
            await asyncio.sleep(0.02)  # Log measures its lines in threads, and falls behind without it
        await asyncio.sleep(1)


async def measured(kind: str, what: str) -> Figures:
    """Run one widget through one of both."""
    app = Bench(kind, NODES if what == "live" else MANY)

    async def work() -> None:
        await asyncio.sleep(0.5)
        await (app.live() if what == "live" else app.fill())
        weigh(app.lags.figures)
        app.exit()

    app.call_later(lambda: app.run_worker(work(), exit_on_error=True))
    await app.run_async()
    return app.lags.figures


def report() -> bool:
    """Measure, print, and say whether the aims are met."""
    print(f"{NODES} nodes, {RATE:,} lines/s in all for {SECONDS:.0f} s, {CAP:,} lines kept of each")
    print(HEAD)
    views = {"run, grid": "grid", "run, last lines": "last-lines"}
    found = {}
    for name, view in views.items():
        found[name] = in_a_terminal("benchmarks.run_screen", view, "live")
        print(line(name, found[name]))
    alone = {}
    for kind in ("LogPane", "Log", "RichLog"):
        alone[kind] = in_a_terminal("benchmarks.log_pane", kind, "live")
        print(line(kind, alone[kind]))
    print(f"{MANY} nodes of {EACH:,} lines each")
    full = {
        "run": in_a_terminal("benchmarks.run_screen", "grid", "fill"),
        "LogPane": in_a_terminal("benchmarks.log_pane", "LogPane", "fill"),
        "Log": in_a_terminal("benchmarks.log_pane", "Log", "fill"),
    }
    for name, got in full.items():
        print(f"  {name:<16} {got.rss / 1e6:4.0f} MB at the end, {got.most / 1e6:4.0f} MB at most")
    return (
        all(p99(got.lags) <= LAG and p99(got.keys) <= KEY for got in found.values())
        and full["run"].most <= MEMORY
    )


if __name__ == "__main__":
    _, kind, what, result = sys.argv
    write(result, asyncio.run(measured(kind, what)))
