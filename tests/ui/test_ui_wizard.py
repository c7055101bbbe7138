"""The wizard's steps without any machine: answers, their faults, the way back, the file."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from textual._xterm_parser import XTermParser
from textual.widgets import DataTable, Input, TabbedContent, TextArea, Tree

from tests.ui.canned import CannedConnection, CannedNetwork, CannedServices
from tests.ui.look import Seen, opened
from tests.waiting import until_async
from zkwizard.model.cluster import Cluster
from zkwizard.model.errors import ExitCode
from zkwizard.model.ports import Connection, Network, Prompter
from zkwizard.screens.import_nodes import ImportNodes
from zkwizard.screens.nodes import NodesStep
from zkwizard.screens.review import ReviewStep
from zkwizard.screens.step import AnswersScreen
from zkwizard.store.clusterfile import load


async def to_step(seen: Seen, number: int) -> None:
    """On to a step."""
    for step in range(2, number + 1):
        await seen.press("ctrl+n")
        await seen.shows(f"Step {step} of 6")


async def test_an_answer_is_judged_while_typing_and_on_disk_at_once(file: Path) -> None:
    async with opened(file) as seen:
        await seen.press("down", "enter")
        await seen.shows("one machine", "Port", "2222")
        port = seen.app.screen.query_one("#f-port Input", Input)
        port.focus()
        await seen.press("end")
        await seen.type("99")
        await seen.shows("allowed: a whole number from 1")
        assert "      port: 222299   # theirs\n" in file.read_text()
        await seen.press("escape")
        await seen.shows("Step 1 of 6", "✗1 1 Nodes")
        await seen.press("escape")
        await seen.shows("New cluster", "not complete: 1 answer")


async def test_comments_and_layout_of_the_file_survive_the_whole_wizard(file: Path) -> None:
    before = file.read_text()
    async with opened(file) as seen:
        await to_step(seen, 4)
        pods = next(
            field
            for field in seen.app.screen.query("Field")
            if getattr(field, "keys", ())[-1:] == ("pod_subnet",)
        )
        pods.query_one(Input).focus()
        await seen.type("10.9.0.0/16")
        await seen.shows("overlaps overlay.cidr", "is free")
        await seen.press(*["escape"] * 1)
        await seen.shows("Step 3 of 6", "✗1 4 Cluster")
    after = file.read_text()
    assert (
        after == before + "kubernetes:\n  pod_subnet: 10.9.0.0/16\n"
        or [line for line in before.splitlines() if line not in after] == []
    )


async def test_nodes_are_added_duplicated_and_removed(file: Path) -> None:
    async with opened(file) as seen:
        await seen.press("a")
        await seen.shows("one machine")
        await seen.type("203.0.113.50")
        await seen.press("escape")
        await seen.shows("203.0.113.50", "node2")
        await seen.press("d")
        await seen.shows("one machine", "node3")
        await seen.press("escape")
        await seen.shows("Step 1 of 6", "root@?", "✗1 1 Nodes")
        await seen.press("delete")
        await seen.shows("Remove node3 from the file?")
        await seen.press("y")
        await seen.until(lambda: "node3" not in seen.text, "node3 gone")
    cluster = load(file)
    assert [(node.name, str(node.overlay_ip)) for node in cluster.nodes] == [
        ("master", "10.9.8.1"), ("node1", "10.9.8.2"), ("node2", "10.9.8.3"),
    ]  # fmt: skip


async def test_a_key_too_many_removes_nothing(file: Path) -> None:
    async with opened(file) as seen:
        await seen.press("delete")
        await seen.shows("Remove master")
        await seen.press("enter")
        await seen.shows("Step 1 of 6")
    assert len(load(file).nodes) == 2


async def test_nodes_are_imported_from_ssh_config(file: Path) -> None:
    folder = Path.home() / ".ssh"
    folder.mkdir()
    (folder / "config").write_text(
        "Host lax\n  HostName 198.51.100.7\n  User me\nHost old\n  HostName 203.0.113.10\n"
    )
    async with opened(file) as seen:
        await seen.press("i")
        await seen.shows("lax", "old")
        await seen.press("space", "down", "space")
        await seen.shows("2 to add")
        await seen.press("ctrl+s")
        await seen.shows("Step 1 of 6", "me@198.51.100.7")
    assert [node.name for node in load(file).nodes] == ["master", "node1", "lax"]


async def test_nodes_are_imported_from_pasted_lines_and_from_a_file(file: Path, place: Path) -> None:
    other = place / "other.yaml"
    other.write_text(file.read_text().replace("203.0.113", "192.0.2"))
    async with opened(file) as seen:
        await seen.press("i")
        await seen.until(lambda: isinstance(seen.app.screen, ImportNodes))
        await seen.until(lambda: isinstance(seen.app.focused, TextArea), "the field has the focus")
        await seen.type("n7 root@1.2.3.4:2222 tencent")
        await seen.shows("1 to add: n7 (root@1.2.3.4:2222)")
        await seen.press("ctrl+s")
        await seen.shows("Step 1 of 6", "root@1.2.3.4:2222", "tencent")
        await seen.press("i")
        await seen.shows("Cluster file")
        seen.app.screen.query_one(TabbedContent).active = "file"
        await seen.until(lambda: isinstance(seen.app.focused, Input))
        await seen.type("other.yaml")
        await seen.shows("2 to add")
        await seen.press("ctrl+s")
        await seen.shows("192.0.2.10")
    names = [node.name for node in load(file).nodes]
    assert len(names) == len(set(names)) == 5


async def test_free_addresses_are_suggested(file: Path) -> None:
    file.write_text(file.read_text().replace("    overlay_ip: 10.9.8.2\n", ""))
    async with opened(file) as seen:
        await to_step(seen, 2)
        await seen.shows("✗1 2 ZeroTier", "needed:")
        await seen.press("f3")
        await seen.shows("10.9.8.2", "✓ 2 ZeroTier")
    assert str(load(file).nodes[1].overlay_ip) == "10.9.8.2"


async def test_the_overlay_can_be_there_already(file: Path) -> None:
    file.write_text(file.read_text().replace("  network: 0123456789abcdef\n", "  driver: existing\n"))
    async with opened(file) as seen:
        await to_step(seen, 2)
        await seen.shows("it is already there")
        assert "Network id" not in seen.text


async def test_no_proxy_is_shown_as_it_will_be(file: Path) -> None:
    async with opened(file) as seen:
        await to_step(seen, 3)
        seen.app.screen.query_one(Input).focus()
        await seen.type("http://10.9.8.65:7890")
        await seen.shows("NO_PROXY will be:", "10.244.0.0/16")
        assert load(file).proxy is not None


@pytest.mark.parametrize("sent", ["\x1b5", "\x1b[53;3u"])
async def test_alt_and_a_digit_lead_to_a_step_however_the_terminal_sends_them(file: Path, sent: str) -> None:
    async with opened(file) as seen:
        for event in XTermParser().feed(sent):
            seen.app.post_message(event)
        await seen.shows("Step 5 of 6")


async def test_back_is_never_blocked(place: Path) -> None:
    path = place / "empty.yaml"
    path.write_text("name: Wrong Name\nnodes: nonsense\noverlay: [1]\n")
    async with opened(path) as seen:
        await to_step(seen, 5)
        await seen.shows("nodes:")
        for number in range(4, 0, -1):
            await seen.press("escape")
            await seen.shows(f"Step {number} of 6")
        await seen.press("escape")
        await seen.shows("New cluster")


async def test_a_fault_in_the_review_leads_to_its_step(file: Path) -> None:
    file.write_text(file.read_text().replace("0123456789abcdef", "0123"))
    async with opened(file) as seen:
        await to_step(seen, 5)
        await seen.shows("overlay.network: found 0123")
        await seen.press("r")
        assert seen.app.return_value is None
        await seen.press("enter")
        await seen.shows("Step 2 of 6")


async def test_the_review_shows_every_step_its_why_and_the_program(file: Path) -> None:
    async with opened(file, size=(120, 40)) as seen:
        await to_step(seen, 5)
        await seen.shows("phases on 2 nodes, a forecast", "Restarted where its configuration changes")
        assert isinstance(seen.app.screen, ReviewStep)
        await seen.press("slash")
        await seen.type("swapoff")
        await seen.press("enter")
        tree = seen.app.screen.query_one(Tree)
        await seen.until(lambda: tree.cursor_node and tree.cursor_node.data and tree.cursor_node.data.step)
        assert tree.cursor_node and tree.cursor_node.data and "swapoff" in tree.cursor_node.data.words
        await seen.shows("Is it done already?", "swapoff")
        tree.move_cursor(tree.cursor_node.parent)
        await seen.shows("#!/bin/sh")
        await seen.press("slash", "escape")
        await seen.shows("Step 5 of 6")


async def test_save_as_and_run(file: Path, place: Path) -> None:
    async with opened(file) as seen:
        await to_step(seen, 5)
        await seen.shows("steps in")
        await seen.press("s")
        await seen.shows("Save the answers as")
        await seen.type("copy.yaml")
        await seen.press("enter")
        await seen.until(lambda: (place / "copy.yaml").exists())
        assert (place / "copy.yaml").read_text() == file.read_text()
        await seen.shows("Step 5 of 6")
        await seen.press("r")
        await seen.shows("Run it?")
        await seen.press("y")
        await seen.shows("Step 6 of 6", "next: probe")  # and nothing has begun
        await seen.press("q")
        await seen.shows("Nothing is at work on a node now")
        await seen.press("l")
    assert seen.app.return_code == ExitCode.DONE


async def test_what_another_program_wrote_is_not_lost(file: Path) -> None:
    async with opened(file) as seen:
        await to_step(seen, 4)
        file.write_text(file.read_text().replace("name: ours ", "name: theirs "))
        field = seen.app.screen.query("Field").last()
        await seen.until(lambda: field.is_mounted)
        assert isinstance(seen.app.screen, AnswersScreen)
        seen.app.screen.answer(("domain",), "mine.example")
        await seen.shows("theirs")
    assert "mine.example" not in file.read_text() and "name: theirs " in file.read_text()


async def test_words_of_a_file_are_never_markup(file: Path) -> None:
    file.write_text(
        file.read_text().replace(
            "    role: control-plane\n", "    role: control-plane\n    region: '[red]x[/red]'\n"
        )
    )
    async with opened(file) as seen:
        await seen.shows("[red]x[/red]")
        table = seen.app.screen.query_one(DataTable)
        assert table.row_count == 2


async def test_a_test_that_hangs_up_late_does_not_end_the_next_one(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[object] = []
    judge = NodesStep._ended

    def judged(self: NodesStep, *told: Any) -> None:
        judge(self, *told)
        ended.append(told)

    monkeypatch.setattr(NodesStep, "_ended", judged)
    services = HangsUpLate()
    async with opened(file, services=services) as seen:
        await seen.press("t")
        await seen.until(lambda: seen.text.count("✓ 4C16G") == 2, "both answered")
        await seen.press("t")
        await seen.until(services.asked_again.is_set)
        await seen.until(lambda: ended, "the first test has ended")
        assert "testing" in seen.text
        services.may_answer.set()
        await seen.until(lambda: seen.text.count("✓ 4C16G") == 2, "both answered again")
        await seen.until(lambda: len(ended) == 2)


class HangsUpLate(CannedServices):
    """The first test holds its lines until the second one asks; what that asks is answered when it may be."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.asked_again, self.may_answer = (threading.Event() for _ in range(3))

    def network(self, cluster: Cluster, file: Path, ask: Prompter) -> Network:
        first = not self.asked.is_set()
        self.asked.set()
        return LateNetwork(self, first=first)


class LateNetwork(CannedNetwork):
    def __init__(self, services: HangsUpLate, *, first: bool) -> None:
        self._services, self._first = services, first

    def connection(self, node: str) -> Connection:
        return CannedConnection(node) if self._first else LateNode(node, self._services)

    async def close(self) -> None:
        await until_async(self._services.asked_again.is_set, "the second test")


class LateNode(CannedConnection):
    def __init__(self, node: str, services: HangsUpLate) -> None:
        super().__init__(node)
        self._services = services

    async def connect(self) -> None:
        self._services.asked_again.set()
        await until_async(self._services.may_answer.is_set, "leave to answer")
