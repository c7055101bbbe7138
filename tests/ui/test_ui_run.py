"""The run on the screens: to a Ready cluster by keys, failures, stops, another's run, being killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import yaml
from textual.widgets import OptionList

from tests.ports import NoAnswers
from tests.terminal import Terminal
from tests.ui import look
from tests.ui.look import Seen, opened
from tests.ui.made import practice_nodes
from tests.waiting import until
from zkwizard.cli.screens import Live
from zkwizard.demo.control import Control
from zkwizard.screens.done import Done
from zkwizard.screens.failure import Failure
from zkwizard.screens.home import Home
from zkwizard.screens.run import Run
from zkwizard.screens.run.controls import Watching
from zkwizard.store.journal import lines
from zkwizard.store.state import ClusterState, practice_folder
from zkwizard.widgets.log_pane import LogPane
from zkwizard.widgets.run.grid import RunGrid
from zkwizard.widgets.run.last_lines import LastLines
from zkwizard.widgets.run.narration import MESSAGES

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole run takes longer than a screen."""
    monkeypatch.setattr(look, "PATIENCE", 240.0)


def control() -> Control:
    found = practice_nodes()
    assert found
    return found.control


def events() -> list[dict[str, Any]]:
    """The journal of the last run, as far as it is written."""
    folder = ClusterState(practice_folder(), "practice").runs()[-1]
    return list(lines(folder.journal))


def begun() -> list[str]:
    """Phases that have begun, in the last run."""
    return list(dict.fromkeys(each["phase"] for each in events() if each["event"] == "phase-started"))


async def to_the_run(seen: Seen) -> Run:
    """From the first step through the review."""
    for number in range(2, 6):
        await seen.press("ctrl+n")
        await seen.shows(f"Step {number} of 6")
    await seen.shows("a forecast from the file alone")
    await seen.press("r")
    await seen.shows("Run it?")
    await seen.press("y")
    return await the_run(seen)


async def the_run(seen: Seen) -> Run:
    await seen.until(lambda: isinstance(seen.app.screen, Run) and seen.app.screen.query(RunGrid), "the run")
    assert isinstance(seen.app.screen, Run)
    return seen.app.screen


async def test_a_new_user_steps_to_a_ready_cluster_and_gets_in(own_nodes: None) -> None:
    own = Path.home() / ".kube" / "config"
    own.parent.mkdir()
    own.write_text("apiVersion: v1\nkind: Config\ncontexts: [{name: work, context: {}}]\n")
    async with opened() as seen:
        await seen.press("p")
        await seen.shows("Step 1 of 6")
        run = await to_the_run(seen)
        await seen.shows("PRACTICE NODES", "next: probe", "0 of 22 phases")
        assert begun() == [], "nothing begins before somebody says so"
        await seen.press("c")
        await seen.shows("next: overlay-join", "1 of 22 phases")
        assert begun() == ["probe"]
        await seen.press("c")
        await seen.shows("next: overlay-authorise")
        await seen.press("c")
        await seen.shows("next: links")  # who is to be authorised was told, and awaited without a word
        asked = next(each for each in events() if each["event"] == "person-needed")
        assert all(len(line.split()[0]) == 10 for line in asked["text"].splitlines()[1:])
        await seen.press("right")
        pane = run.query_one(LogPane)
        await seen.until(lambda: pane.shown == "node1", "the log goes with the cursor")
        await seen.press("v")
        await seen.until(lambda: run.query_one(LastLines).has_focus)
        await seen.shows("node2  overlay-up")
        await seen.press("v", "m")
        await seen.until(lambda: pane.shown == MESSAGES)
        await seen.press("a")
        await seen.shows("The cluster practice is made and verified")
        await seen.press("m")
        await seen.shows("Put the cluster practice into")
        await seen.press("y")
        await seen.until(lambda: "practice" in own.read_text(), "it is merged")
        merged = yaml.safe_load(own.read_text())
        assert [each["name"] for each in merged["contexts"]] == ["work", "practice"]
        await seen.press("k")
        await seen.shows("Write the kubeconfig to which file?")
        await seen.press("enter")
        written = Path.home() / ".kube" / "practice.yaml"
        await seen.until(written.exists, "it is written")
        assert yaml.safe_load(written.read_text())["current-context"] == "practice"
        assert written.stat().st_mode & 0o777 == 0o600
        await seen.press("escape")
        await seen.until(lambda: seen.app.screen is run)
        await seen.shows("100 % · 22 of 22 phases")
        await seen.press("d")
        await seen.until(lambda: isinstance(seen.app.screen, Done))
        await seen.press("q")
        await seen.until(lambda: isinstance(seen.app.screen, Home))
        await seen.shows("made and verified on")


async def test_what_failed_is_explained_tried_again_and_the_run_goes_on(practice: Path) -> None:
    control().fail("hosts", "node1", 1)
    async with opened(practice, size=(120, 40)) as seen:
        run = await to_the_run(seen)
        await seen.press("a")
        await seen.until(lambda: isinstance(seen.app.screen, Failure), "the explanation opens by itself")
        await seen.shows("names failed on node1", "step hosts", "exit code 1", "Its last lines", "What ran")
        await seen.shows("practice: this step was told to fail", "_apply() {", "/etc/hosts")
        await seen.shows("No cause is known for it")
        await seen.press("y")
        assert run._handle and not isinstance(run._handle, Watching)
        copied = run._handle.folder.path / "copied.txt"
        await seen.until(copied.exists, "copied")
        assert "this step was told to fail" in copied.read_text()
        await seen.press("escape")
        await seen.shows("names failed on node1 and waits for you", "✗ your turn")
        await seen.until(lambda: "runtime" in begun(), "other nodes go on meanwhile")
        assert run.query_one(RunGrid).place == ("names", "node1")
        await seen.press("i")
        await seen.until(lambda: isinstance(seen.app.screen, Failure))
        await seen.press("r")
        await seen.until(lambda: "✗ your turn" not in seen.text and seen.app.screen is run)
        await seen.until(lambda: ("phase-started", "system", "node1") in stories(), "it went on")
        await seen.press("h")
        await seen.shows("stopped after", "it can go on from here")
        assert events()[-1]["outcome"] == "stopped"
        first = len(ClusterState(practice_folder(), "practice").runs())
        await seen.press("o")
        again = await the_run(seen)
        await seen.until(lambda: len(ClusterState(practice_folder(), "practice").runs()) == first + 1)
        await seen.until(lambda: seen.app.screen is not run)
        again = await the_run(seen)
        await seen.until(
            lambda: again._progress.standing(("names", "node1")) == "unchanged", "as far as before"
        )
        await seen.shows("next: ")
        await seen.press("q")
        await seen.shows("Nothing is at work on a node now")
        await seen.press("l")
    assert seen.app.return_code == 0


def stories() -> set[tuple[str, str, str]]:
    return {(each["event"], each.get("phase", ""), each.get("node", "")) for each in events()}


async def test_skipping_says_what_depends_on_it_and_stopping_now_asks(practice: Path) -> None:
    control().fail("hosts", "node2", 9)
    async with opened(practice) as seen:
        run = await to_the_run(seen)
        await seen.press("a")
        await seen.until(lambda: isinstance(seen.app.screen, Failure))
        await seen.press("x")
        await seen.shows("Skip names on node2?", "system@node2", "join@node2")
        await seen.press("n")
        await seen.until(lambda: seen.app.screen is run)
        assert not any(each["event"] == "phase-skipped" for each in events())
        await seen.press("x")
        await seen.shows("Skip names on node2?")
        await seen.press("y")
        await seen.until(lambda: ("phase-started", "system", "node2") in stories(), "it goes on without")
        assert ("phase-skipped", "names", "node2") in stories()
        assert run._progress.standing(("names", "node2")) == "skipped"
        await seen.press("H")
        await seen.shows("Stop now?")
        await seen.press("n")
        await seen.until(lambda: seen.app.screen is run)
        assert run._steering.stopping is None
        await seen.press("H")
        await seen.shows("Stop now?")
        await seen.press("y")
        await seen.until(lambda: events()[-1]["event"] == "run-ended", "it ends")
        await seen.shows("stopped after")


async def test_giving_up_blocks_what_needs_it_and_nothing_else(practice: Path) -> None:
    control().fail("hosts", "node1", 9)
    async with opened(practice, size=(120, 40)) as seen:
        run = await to_the_run(seen)
        await seen.press("a")
        await seen.until(lambda: isinstance(seen.app.screen, Failure))
        await seen.press("g")
        await seen.until(lambda: run._progress.standing(("system", "node1")) == "blocked")
        await seen.shows("○ blocked")
        await seen.until(lambda: run._progress.standing(("system", "node2")) in ("changed", "unchanged"))
        await seen.press("h")
        await seen.until(lambda: events()[-1]["event"] == "run-ended")
        await seen.press("i")
        await seen.shows("names failed on node1", "What ran")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP])
async def test_a_killed_one_is_picked_up_from_home(
    practice: Path, place: Path, number: signal.Signals
) -> None:
    terminal = Terminal([sys.executable, "-m", "zkwizard"], os.environ, place)
    try:
        terminal.until("Practice", look.PATIENCE)
        terminal.types("p")
        terminal.until("Step 1 of 6", look.PATIENCE)
        for step in (2, 3, 4, 5):
            terminal.types("\x0e")
            terminal.until(f"Step {step} of 6", look.PATIENCE)
        terminal.until("forecast", look.PATIENCE)
        terminal.types("r")
        terminal.until(r"Run it\?", look.PATIENCE)
        terminal.types("y")
        terminal.until("next: probe", look.PATIENCE)
        terminal.types("a")
        measured = ("step-began", "links", "node1")
        until(stories, "links are measured", fits=lambda told: measured in told, limit=look.PATIENCE)
    finally:
        terminal.process.send_signal(number)
        terminal.ended()
    assert events()[-1]["event"] != "run-ended"
    run = ClusterState(practice_folder(), "practice").runs()[-1].id
    async with opened() as seen:
        await seen.shows("go on: run of")
        assert seen.app.screen.query_one(OptionList).highlighted == 0
        await seen.press("enter")
        screen = await the_run(seen)
        await seen.shows("next: names")
        assert screen._progress.resumed
        assert ClusterState(practice_folder(), "practice").runs()[-1].id == run
        ended = [each for each in events() if each["event"] == "phase-ended" and each["phase"] == "links"]
        assert {each["node"] for each in ended} == {"master", "node1", "node2"}
        assert all(each["outcome"] in ("changed", "unchanged") for each in ended)
        await seen.press("ctrl+q")
        await seen.shows("The run is not over")
        await seen.press("ctrl+q")
    assert seen.app.return_code == 0


async def test_another_operators_run_is_named_watched_and_taken_over(practice: Path, place: Path) -> None:
    other = place.parent / "other"
    file = other / "practice" / "cluster.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(practice.read_text())
    known = ClusterState(file.parent, "practice").known_hosts
    known.write_text(ClusterState(practice_folder(), "practice").known_hosts.read_text())
    process = subprocess.Popen(
        [sys.executable, "-m", "zkwizard", "run", str(file), "--yes", "--json"],
        env={**os.environ, "ZKWIZARD_STATE": str(other)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        next(line for line in process.stdout if '"step-began"' in line and '"overlay-join"' in line)
        process.send_signal(signal.SIGSTOP)  # the nodes are held, and nothing new begins
        threading.Thread(target=process.stdout.read, daemon=True).start()
        async with opened(practice, size=(120, 40)) as seen:
            await to_the_run(seen)
            await seen.press("c")
            await seen.shows("Another run has the nodes", "(cluster practice, run ")
            await seen.press("w")
            await seen.until(lambda: "it can be seen here" in seen.text or "the nodes are asked" in seen.text)
            watched = await the_run(seen)
            process.send_signal(signal.SIGCONT)
            await seen.until(lambda: watched._progress.at_work(), "what it does is seen")
            assert watched._progress.standing(("probe", "master")) == "before"
            await seen.shows("◂ before")
            await seen.until(lambda: any(watched.query_one(LogPane).tail(node, 9) for node in NODES))
            process.kill()
            process.wait()
            await seen.press("q")
            await seen.until(lambda: isinstance(seen.app.screen, Home))
            await seen.until(lambda: idle(practice), "nothing is at work there")
            seen.app.go_on(practice, "run")
            await the_run(seen)
            await seen.shows("next: probe")
            await seen.press("c")
            await seen.shows("Another run has the nodes", "Take its nodes over")
            await seen.press("t")
            await seen.shows("next: probe")
            await seen.press("a")
            await seen.until(lambda: "names" in begun(), "a run of its own")
            await seen.press("H")
            await seen.shows("Stop now?")
            await seen.press("y")
            await seen.until(lambda: events()[-1]["event"] == "run-ended")
    finally:
        process.kill()
        process.wait()


NODES = ("master", "node1", "node2")


def idle(file: Path) -> bool:
    """Whether no job is at work on any node, as ``zkwizard status`` of another operator would find."""
    from asyncio import run as wait_for

    from zkwizard.store.clusterfile import load

    async def claims() -> bool:
        cluster = load(file)
        network = Live().network(cluster, file, NoAnswers())
        try:
            found = [await network.connection(name).claim() for name in NODES]
        finally:
            await network.close()
        return not any(claim and claim.alive for claim in found)

    result: list[bool] = []
    thread = threading.Thread(target=lambda: result.append(wait_for(claims())))
    thread.start()
    thread.join()
    return result == [True]
