"""The whole way on practice nodes, a second time, and every command on what it made."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.practice.commands import Place, ready
from tests.running import Ended


@dataclass(frozen=True)
class Whole:
    """A cluster that ``demo`` made, and what it printed."""

    place: Place
    first: Ended


@pytest.fixture(scope="module")
def whole(shared: Place) -> Whole:
    """Made once; the tests look at it."""
    return Whole(shared, shared.run("demo"))


def test_demo_ends_with_all_nodes_ready(whole: Whole) -> None:
    assert whole.first.code == 0, whole.first.err
    assert whole.first.err.splitlines()[-2].split(" ", 1)[1].startswith("done in ")
    assert whole.first.err.splitlines()[-1].endswith(str(whole.place.file))
    assert whole.first.out == ""
    assert ready(whole.place.practice) == dict.fromkeys(("master", "node1", "node2"), "Ready")


def test_a_second_time_every_step_is_unchanged(whole: Whole) -> None:
    second = whole.place.run("demo", "--json")
    assert second.code == 0, second.err
    ends = second.of("step-ended")
    assert len(ends) > 100
    assert [event for event in ends if event["outcome"] != "unchanged"] == []
    assert second.events[-1]["event"] == "run-ended"
    assert (second.events[-1]["outcome"], second.events[-1]["changed"]) == ("unchanged", 0)


def test_status_finds_the_run_by_the_file_that_demo_names(whole: Whole) -> None:
    text = whole.place.run("status", whole.place.file)
    assert text.code == 0
    assert "verify" in text.out and "node2 done" in text.out and "failed" not in text.out
    record = json.loads(whole.place.run("status", whole.place.file, "--json").out)
    assert record["over"] is True and record["failed"] == {} and record["begun"] == []
    assert "verify@master" in record["done"]
    assert Path(record["folder"]).is_dir()


def test_kubeconfig_is_for_the_operator(whole: Whole, tmp_path: Path) -> None:
    printed = whole.place.run("kubeconfig", whole.place.file)
    assert printed.code == 0, printed.err
    document = yaml.safe_load(printed.out)
    assert document["current-context"] == "practice"
    assert document["clusters"][0]["cluster"]["server"] == "https://10.9.8.118:6443"
    target = tmp_path / "config.yaml"
    written = whole.place.run("kubeconfig", whole.place.file, "-o", target, "--server", "api.example")
    assert (written.code, written.out) == (0, "")
    assert target.stat().st_mode & 0o777 == 0o600
    assert (
        yaml.safe_load(target.read_text())["clusters"][0]["cluster"]["server"] == "https://api.example:6443"
    )


def test_probe_judges_without_a_stop(whole: Whole) -> None:
    probed = whole.place.run("probe", whole.place.file, "--json")
    assert probed.code == 0, probed.err
    document = json.loads(probed.out)
    assert document["unreachable"] == []
    assert {finding["node"] for finding in document["findings"]} >= {"master", "node1", "node2"}
    assert all(set(finding) >= {"checked", "seen", "expected", "fix"} for finding in document["findings"])


def test_plan_shows_whys_programs_and_data(whole: Whole) -> None:
    text = whole.place.run("plan", whole.place.file)
    assert text.code == 0
    assert "forecast" in text.out and "known later: " in text.out
    program = whole.place.run(
        "plan", whole.place.file, "--phase", "names", "--node", "node1", "--format", "sh"
    )
    assert program.out.startswith("#!/bin/sh\n") and "10.9.8.118" in program.out
    document = json.loads(whole.place.run("plan", whole.place.file, "--format", "json").out)
    assert document["forecast"] is True
    assert all(step["why"] for phase in document["phases"] for step in phase["steps"])


def test_check_accepts_and_init_keeps_what_is_there(whole: Whole) -> None:
    assert whole.place.run("check", whole.place.file).code == 0
    assert whole.place.run("check", whole.place.file, "--json").out.strip() == "[]"
    before = whole.place.file.read_text()
    assert whole.place.run("init", "-o", whole.place.file).code == 2
    assert whole.place.file.read_text() == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["plan", "--phase", "nmes"], "did you mean names?"),
        (["run", "--yes", "--phase", "nmes"], "did you mean names?"),
        (["plan", "--node", "node9"], "allowed: master, node1, node2"),
        (["run", "--yes", "--node", "node9"], "allowed: master, node1, node2"),
        (["probe", "--node", "node9"], "allowed: master, node1, node2"),
        (["run", "--yes", "--from", "join", "--until", "names"], "--from join comes after --until names"),
        (["run", "--yes", "--phase", "names", "--until", "names"], "can't be combined"),
        (["run"], "nothing was done; --yes goes on without asking"),
    ],
)
def test_bad_arguments_are_bad_input(whole: Whole, arguments: list[str], words: str) -> None:
    command, *options = arguments
    ended = whole.place.run(command, whole.place.file, *options)
    assert (ended.code, ended.out) == (2, "")
    assert words in ended.err and len(ended.err.splitlines()) == 1


def test_an_unreachable_worker_is_a_connection_failure(whole: Whole, tmp_path: Path) -> None:
    document = yaml.safe_load(whole.place.file.read_text())
    document["nodes"][1]["ssh"]["port"] = 1
    file = tmp_path / "cluster.yaml"
    file.write_text(yaml.safe_dump(document))
    accept = "--accept-new-host-keys"
    probed = whole.place.run("probe", file, "--json", accept)
    assert probed.code == 4
    assert [lost["node"] for lost in json.loads(probed.out)["unreachable"]] == ["node1"]
    ran = whole.place.run("run", file, "--yes", "--json", accept, "--phase", "probe", "--phase", "names")
    assert ran.code == 3, ran.err
    failed = [event for event in ran.of("phase-ended") if event["outcome"] == "failed"]
    assert [(event["phase"], event["node"]) for event in failed] == [("probe", "node1")]
    assert "127.0.0.1" in failed[0]["reason"]


def test_new_host_keys_are_refused_where_nobody_can_be_asked(whole: Whole, tmp_path: Path) -> None:
    stranger = Place(tmp_path / "stranger")
    probed = stranger.run("probe", whole.place.file)
    assert probed.code == 3
    assert probed.err.count("was not accepted") == 3 and "SHA256:" in probed.err
