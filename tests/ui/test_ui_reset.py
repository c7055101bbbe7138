"""Taking a practice cluster back by keys: what is shown first, the name, the work, the proof, and again."""

from __future__ import annotations

from tests.practice.commands import Place, inside
from tests.ui.look import Seen, opened
from zkwizard.screens.carrying import Carrying
from zkwizard.screens.proof import ProofScreen
from zkwizard.screens.reset import Reset
from zkwizard.screens.troubleshoot.overview import Troubleshoot
from zkwizard.widgets.sheet import Sheet

LEFT = "ls -d /etc/kubernetes /var/lib/kubelet /var/lib/etcd 2>/dev/null || :"
"""Shell text: what a cluster leaves on a node, the grossest of it."""


async def opened_reset(seen: Seen, *, by_troubleshoot: bool = False) -> Reset:
    """From Home, when the nodes were looked at."""
    await seen.shows("practice (practice nodes)")
    if by_troubleshoot:
        await seen.press("t")
        await seen.until(lambda: isinstance(seen.app.screen, Troubleshoot))
    await seen.press("R")
    await seen.until(lambda: isinstance(seen.app.screen, Reset))
    screen = seen.app.screen
    assert isinstance(screen, Reset)
    await seen.until(lambda: "looking at the nodes" not in seen.text and seen.told("#reset-ask"))
    return screen


async def proved(seen: Seen) -> None:
    """Watch it to its proof."""
    await seen.until(lambda: isinstance(seen.app.screen, Carrying), "the work")
    await seen.shows("unjoin", "filters")
    await seen.until(lambda: isinstance(seen.app.screen, ProofScreen), "the proof")


async def test_a_wrong_name_does_nothing(made: Place) -> None:
    runs = made.runs()
    async with opened() as seen:
        await opened_reset(seen)
        await seen.shows(
            "[x] master", "[x] node2", "goes", "PRACTICE NODES", "Type the cluster's name, practice"
        )
        await seen.type("pract")
        assert seen.told("#reset-reason") == ""
        await seen.type("ise")
        await seen.shows("this cluster is called practice")
        await seen.press("enter")
        await seen.shows("Nothing was done: this cluster is called practice.")
        await seen.press("escape")
        await seen.shows("New cluster")
    assert made.runs() == runs


async def test_what_is_chosen_is_judged_at_once(made: Place) -> None:
    async with opened(size=(120, 60)) as seen:
        await opened_reset(seen)
        await seen.press("shift+tab", "shift+tab", "space")
        await seen.shows("[ ] master", "The cluster stays, and forgets node1, node2")
        await seen.press("down", "space", "down")
        await seen.shows("[ ] node1", "stays     packages: kubelet")
        await seen.press("tab", "space")
        await seen.shows("[x] packages", "goes      packages: kubelet")
        await seen.press("shift+tab", "space")
        await seen.shows("no node is chosen")


async def test_one_worker_is_taken_back_and_forgotten(made: Place) -> None:
    async with opened() as seen:
        await opened_reset(seen)
        await seen.press("shift+tab", "shift+tab", "space", "down", "space", "tab", "tab")
        await seen.shows("[ ] node1", "[x] node2")
        await seen.type("practice")
        await seen.press("enter")
        await proved(seen)
        await seen.shows("✓ nothing is left on node2, and no reboot is needed")
        await seen.shows("✓ the cluster has forgotten node2")
        assert inside(made.practice, "node2", LEFT) == ""
        assert "/etc/kubernetes" in inside(made.practice, "node1", LEFT)
        await seen.press("enter")
        await seen.shows("New cluster")


async def test_all_of_it_with_a_node_out_of_reach_and_then_that_one(made: Place) -> None:
    made.practice.control.cut("node1")
    try:
        async with opened() as seen:
            await opened_reset(seen, by_troubleshoot=True)
            await seen.type("practice")
            await seen.press("enter")
            await proved(seen)
            await seen.shows("nothing is left on master, node2", "node1 was not reached")
            assert inside(made.practice, "master", LEFT) == ""
            assert "/etc/kubernetes" in inside(made.practice, "node1", LEFT)
            made.practice.control.mend("node1")
            await seen.press("r")
            await seen.until(lambda: isinstance(seen.app.screen, Reset))
            await seen.until(lambda: not seen.app.screen.query_one("#reset-name").disabled, "it was reached")
            await seen.type("practice")
            await seen.press("enter")
            await proved(seen)
            await seen.shows("nothing is left on master, node1, node2")
            columns = seen.app.screen.query_one(Sheet).table.columns
            assert [column.title for column in columns[1:]] == ["master", "node1", "node2"]
            assert inside(made.practice, "node1", LEFT) == ""
            await seen.press("enter")
            await seen.shows("New cluster")  # there is no cluster to look inside any more
    finally:
        made.practice.control.mend("node1")


async def test_a_second_reset_finds_nothing(made: Place) -> None:
    runs = made.runs()
    async with opened() as seen:
        screen = await opened_reset(seen)
        await seen.shows("✓ nothing is to be taken back")
        assert screen.query_one("#reset-name").disabled
        await seen.press("tab", "tab")
        await seen.type("practice")
        await seen.press("enter")
        await seen.shows("nothing is to be taken back")
    assert made.runs() == runs
