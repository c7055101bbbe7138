"""A reset on the screen as its nodes tell it: an API server that is dead, and help that is read meanwhile."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.ui import canned_run as told
from tests.ui.canned import FILE, CannedConnection, CannedNetwork
from tests.ui.canned_run import Story
from tests.ui.look import Seen, opened
from tests.ui.steered_run import SteeredRun, SteeredServices
from zkwizard.checks.remains import judge
from zkwizard.model.cluster import Cluster
from zkwizard.model.events import Proved
from zkwizard.model.ports import Completed, Connection, Network, Prompter, StopMode
from zkwizard.model.step import Outcome
from zkwizard.phases.teardown import look
from zkwizard.screens.carrying import Carrying
from zkwizard.screens.help import Help
from zkwizard.screens.home import Home
from zkwizard.screens.proof import ProofScreen
from zkwizard.screens.reset import Reset

REFUSED = "The connection to the server 10.9.8.118:6443 was refused - did you specify the right host or port?"


class SilentApi(CannedConnection):
    """What asks the API server is refused; everything else is answered."""

    async def script(self, text: str, *, limit: float = 60.0) -> Completed:
        done = await super().script(text, limit=limit)
        refused = rb"\1\n\2\n1 " + REFUSED.encode() + b"\n"
        answer = rb"(\x1e\w+ out-nodes\n)(?s:.*?)(\x1e\w+ err-nodes)\n0 \n"
        return replace(done, stdout=re.sub(answer, refused, done.stdout))


class SilentNetwork(CannedNetwork):
    def connection(self, node: str) -> Connection:
        return SilentApi(node)


class SilentServices(SteeredServices):
    """The nodes answer, and no API server."""

    def network(self, cluster: Cluster, file: Path, ask: Prompter) -> Network:
        return SilentNetwork()


@pytest.fixture
def file(place: Path) -> Path:
    path = place / "cluster.yaml"
    path.write_text(FILE)
    return path


async def begun(seen: Seen, services: SteeredServices, file: Path, *keys: str) -> SteeredRun:
    """A reset at work, of what these keys choose."""
    seen.app.take_back(file)
    await seen.until(lambda: seen.app.screen.query("#reset-name:focus"), "the name may be typed")
    await seen.press(*keys)
    await seen.until(lambda: not seen.app.screen.query_one("#reset-name").disabled, "it may be begun")
    seen.app.screen.query_one("#reset-name").focus()
    await seen.type("zk")
    await seen.press("enter")
    await seen.until(lambda: isinstance(seen.app.screen, Carrying) and services.runs[-1].started)
    return services.runs[-1]


def silent(story: Story) -> None:
    """Everything went well but what the API server has to be told."""
    for phase, node in story.planned:
        if phase == "forget":
            story.fails(phase, node, "forget-node1", "the cluster still lists node1")
        else:
            story.goes_well(phase, node)
    traces, whole = look.read("end\n")
    proof = judge(story.teardown, "node1", traces, complete=whole)
    story.tell(Proved(at=story.at, phase="proof", node="node1", proof=proof))
    story.ends(Outcome.FAILED, "forget@master")


async def test_a_dead_api_server_is_told_before_at_the_end_and_in_the_proof(file: Path) -> None:
    services = SilentServices()
    async with opened(size=(120, 40), services=services) as seen:
        chosen = ("shift+tab", "shift+tab", "home", "space", "down", "down", "space")
        seen.app.take_back(file)
        await seen.until(lambda: seen.app.screen.query("#reset-name:focus"), "the name may be typed")
        await seen.press(*chosen)
        await seen.shows("[ ] master", "[x] node1", "[ ] node2")
        await seen.shows("! The API server does not answer. So no pod is moved", "goes on listing node1")
        await seen.press("escape")
        run = await begun(seen, services, file, *chosen)
        assert run.stops == []
        run.tells(silent)
        await seen.shows("forget@master", "✗ failed")
        assert isinstance(seen.app.screen, Carrying), "what failed can be read first"
        await seen.press("enter")
        await seen.until(lambda: isinstance(seen.app.screen, ProofScreen))
        await seen.shows("✓ nothing is left on node1", "! the cluster still lists node1")
        await seen.shows("kubectl delete node node1")
        await seen.press("r")
        await seen.until(lambda: isinstance(seen.app.screen, Reset), "it is offered again")


async def test_what_goes_well_while_help_is_read_leads_to_its_proof_afterwards(file: Path) -> None:
    services = SteeredServices()
    async with opened(size=(120, 40), services=services) as seen:
        run = await begun(seen, services, file)
        carrying = seen.app.screen
        assert isinstance(carrying, Carrying)
        await seen.press("f1")
        await seen.until(lambda: isinstance(seen.app.screen, Help))
        run.tells(told.proved)
        await seen.until(lambda: carrying._over)
        assert isinstance(seen.app.screen, Help)
        await seen.press("f1")
        await seen.until(lambda: isinstance(seen.app.screen, ProofScreen))
        assert carrying not in seen.app.screen_stack
        await seen.press("enter")
        await seen.shows("New cluster")
        assert len(seen.app.screen_stack) == 1


async def test_a_reset_whose_engine_fails_says_why(file: Path) -> None:
    services = SteeredServices()
    async with opened(size=(120, 40), services=services) as seen:
        run = await begun(seen, services, file)
        run.tells(told.resetting)
        run.breaks(ExceptionGroup("tasks", [ValueError("of its own")]))
        await seen.shows("✗ ValueError('of its own')")
        await seen.press("enter")
        await seen.until(lambda: isinstance(seen.app.screen, ProofScreen))
        await seen.shows("could not be looked at again", "ValueError('of its own')")


async def test_leaving_a_reset_at_work_is_asked_about_and_no_longer_than_it_lasts(file: Path) -> None:
    services = SteeredServices()
    async with opened(size=(120, 40), services=services) as seen:
        run = await begun(seen, services, file)
        carrying = seen.app.screen
        assert isinstance(carrying, Carrying)
        run.tells(told.resetting)
        await seen.until(lambda: carrying._progress.at_work(), "it is shown")
        await seen.press("ctrl+q")
        await seen.shows("It is not over", "At work now: ")
        await seen.press("g")
        await seen.until(lambda: run.stops == [StopMode.GENTLY])
        await seen.press("ctrl+q")
        await seen.shows("It is not over")
        run.tells(told.proved)
        await seen.until(lambda: isinstance(seen.app.screen, ProofScreen), "no question, and no work")
        assert [type(each) for each in seen.app.screen_stack] == [Home, Reset, ProofScreen]
        await seen.press("ctrl+q")
    assert seen.app.return_code == 0
