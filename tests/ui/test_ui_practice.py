"""The screens and real connections: practice nodes are tested, asked, judged."""

from __future__ import annotations

import re
from pathlib import Path

from tests.ui.look import opened
from tests.ui.made import practice_nodes
from zkwizard.cli.screens import Live
from zkwizard.demo.practice import PracticeOptions, start
from zkwizard.screens.questions import Confirm, SecretQuestion
from zkwizard.store.state import ClusterState, practice_folder

PASSWORD = "planted-secret"


async def test_practice_starts_from_home_and_says_so_everywhere(own_nodes: None) -> None:
    async with opened() as seen:
        await seen.press("p")
        await seen.shows("Step 1 of 6", "PRACTICE NODES", "master")
        for number in range(2, 6):
            await seen.press("ctrl+n")
            await seen.shows(f"Step {number} of 6", "PRACTICE NODES")
        await seen.press("ctrl+t")
        await seen.shows("(practice nodes)")
    assert practice_nodes()


async def test_facts_are_read_off_all_nodes_at_once(practice: Path) -> None:
    async with opened(practice, size=(140, 40)) as seen:
        await seen.press("t")
        await seen.shows("Debian", "Ubuntu", "logged in, root")
        await seen.until(lambda: "not tested" not in seen.text)
        await seen.until(lambda: practice.read_text().count("spec: ") == 3, "what was read, in the file")


async def test_a_new_host_is_shown_and_a_refusal_is_one(practice: Path) -> None:
    known = ClusterState(practice_folder(), "practice").known_hosts
    found = practice_nodes()
    assert found
    lines = known.read_text().splitlines(keepends=True)
    known.write_text("".join(lines[1:]))
    async with opened(practice) as seen:
        await seen.press("t")
        await seen.until(lambda: isinstance(seen.app.screen, Confirm), "the question")
        await seen.shows("master (127.0.0.1:", "is new here", found.nodes[0].fingerprint[:40])
        await seen.press("n")
        await seen.shows("✗ no contact")
        await seen.until(lambda: "testing" not in seen.text)
        assert known.read_text() == "".join(lines[1:])
        await seen.press("t")
        await seen.until(lambda: isinstance(seen.app.screen, Confirm), "the question again")
        await seen.press("y")
        await seen.until(lambda: len(re.findall(r"✓ [0-9]+C[0-9]+G", seen.text)) == 3, "all reached")
        await seen.until(lambda: len(known.read_text().splitlines()) == 3, "the key is known")


async def test_leaving_while_a_question_is_open_ends(practice: Path) -> None:
    ClusterState(practice_folder(), "practice").known_hosts.write_text("")
    async with opened(practice) as seen:
        await seen.press("t")
        await seen.until(lambda: isinstance(seen.app.screen, Confirm))
        await seen.press("ctrl+q")
    assert seen.app.return_code == 0


async def test_a_password_is_asked_for_and_not_kept_in_the_file(own_nodes: None, place: Path) -> None:
    start(practice_folder() / "nodes", PracticeOptions(password=PASSWORD))
    file = Live().start_practice()
    text = file.read_text()
    file.write_text("".join(line for line in text.splitlines(keepends=True) if "key:" not in line))
    async with opened(file) as seen:
        await seen.press("t")
        for _ in range(3):
            await seen.until(lambda: isinstance(seen.app.screen, SecretQuestion), "the question")
            question = seen.app.screen
            await seen.type(PASSWORD)
            assert PASSWORD not in seen.text
            await seen.press("enter")
            await seen.until(lambda question=question: seen.app.screen is not question)
        await seen.until(lambda: len(re.findall(r"✓ [0-9]+C[0-9]+G", seen.text)) == 3, "all reached")
        await seen.press("t")
        await seen.until(lambda: "testing" in seen.text)
        await seen.until(lambda: "testing" not in seen.text)
        assert not isinstance(seen.app.screen, SecretQuestion), "asked once is enough"
    for path in place.parent.rglob("*"):
        if path.is_file() and "nodes" not in path.parts:
            assert PASSWORD.encode() not in path.read_bytes(), path


async def test_members_are_shown_as_they_are(practice: Path) -> None:
    async with opened(practice) as seen:
        await seen.press("ctrl+n")
        await seen.shows("Step 2 of 6")
        await seen.press("f2")
        await seen.shows("ZeroTier is not installed yet")


async def test_every_address_is_tried_from_every_node(practice: Path) -> None:
    async with opened(practice, size=(120, 50)) as seen:
        await seen.press("ctrl+n")
        await seen.shows("Step 2 of 6")
        await seen.press("ctrl+n")
        await seen.shows("Step 3 of 6")
        await seen.press("f2")
        await seen.shows("answers, with HTTP's code", "registry.k8s.io/v2/", "✓ 401")


async def test_the_probe_judges_and_its_findings_stand_in_the_review(practice: Path) -> None:
    async with opened(practice, size=(120, 40)) as seen:
        for number in range(2, 6):
            await seen.press("ctrl+n")
            await seen.shows(f"Step {number} of 6")
        await seen.shows("a forecast from the file alone")
        await seen.press("f2")
        await seen.shows("Findings of the probe:", "with what the machines told")
