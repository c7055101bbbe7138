"""A finished practice cluster is broken as life does; ``explain`` names the cause, its remedy repairs it."""

from __future__ import annotations

import json
from operator import not_
from typing import Any

import pytest

from tests.practice.commands import Place, inside, ready
from tests.waiting import equals, until
from zkwizard.demo.breaks import BREAKS, find_break

Cause = dict[str, Any]
_OVERLAY = {"master": "10.9.8.118", "node1": "10.9.8.65", "node2": "10.9.8.129"}

ROUNDS = (
    ("swap-on", "kubelet-down"),
    ("token-expired", "static-pods-proxy"),
    ("containerd-cri-disabled", "zerotier-stopped", "flannel-interface"),
    ("containerd-down", "ip-forward-off", "certificates-expired"),
    ("sandbox-image", "hostname-changed"),
    ("node-ip", "disk-full"),
    ("proxy-dead", "bridge-filter-off", "zerotier-unauthorised"),
)
"""What is broken at the same time: things that do not hide each other."""


def _causes(place: Place) -> list[Cause]:
    ended = place.run("explain", place.file, "--json")
    assert ended.code in (0, 1) and ended.out, ended.err
    found: list[Cause] = json.loads(ended.out)["causes"]
    assert bool(found) == bool(ended.code)
    return found


def _node(name: str) -> str:
    way = find_break(name)
    assert way is not None
    return way.node


def test_every_way_to_break_is_tried() -> None:
    tried = [name for group in ROUNDS for name in group]
    assert sorted(tried) == sorted(way.name for way in BREAKS)
    assert len(tried) >= 10


def test_nothing_is_found_in_a_healthy_cluster(made: Place) -> None:
    ended = made.run("explain", made.file)
    assert (ended.code, ended.err) == (0, ""), ended.out
    assert ended.out == "nothing is found to be wrong on master, node1, node2\n"


def test_the_ways_are_listed_and_others_refused(made: Place) -> None:
    listed = made.run("demo", "--break", "list")
    assert [line.split()[0] for line in listed.out.splitlines()] == [way.name for way in BREAKS]
    unknown = made.run("demo", "--break", "swap-of")
    assert (unknown.code, unknown.out) == (2, "")
    assert "found swap-of; allowed: list, swap-on" in unknown.err
    nowhere = made.run("demo", "--break", "swap-on@node9")
    assert nowhere.code != 0 and "no practice node is called node9" in nowhere.err


@pytest.mark.parametrize("names", ROUNDS, ids=lambda names: "+".join(names))
def test_broken_named_and_repaired(made: Place, names: tuple[str, ...]) -> None:
    broken = made.run("demo", *(word for name in names for word in ("--break", name)))
    assert broken.code == 0, broken.err

    def exactly_these(found: list[Cause]) -> bool:
        places = {(cause["id"], cause["node"]) for cause in found}
        return {(name, _node(name)) for name in names} <= places and {one for one, _ in places} == set(names)

    named = until(lambda: _causes(made), "these are named and no others", fits=exactly_these, limit=120)
    assert all(cause["seen"] and cause["what"] and cause["why"] and cause["remedy"] for cause in named)
    by_hand = [cause for cause in named if not cause["repair"]]
    if len(by_hand) < len(named):
        _repair(made, person="zerotier-unauthorised" in names)
    for cause in by_hand:
        _do(made, cause)
    until(lambda: _causes(made), "nothing is found any more", fits=not_, limit=120)
    well = dict.fromkeys(_OVERLAY, "Ready")
    until(lambda: ready(made.practice), "all are ready again", fits=equals(well), limit=30)


def _repair(place: Place, *, person: bool) -> None:
    """``--repair``; where a person is needed, one comes."""
    running = place.begin("explain", place.file, "--repair", "--yes", "--json")
    if person:
        running.until(lambda event: event.get("event") == "person-needed", 120)
        member = inside(place.practice, "node2", "cut -c1-10 /var/lib/zerotier-one/identity.public").strip()
        place.practice.control.authorise(place.practice.zerotier_network, member, _OVERLAY["node2"])
    ended = running.ended(250)
    runs = [event["outcome"] for event in ended.events if event.get("event") == "run-ended"]
    assert runs and set(runs) <= {"changed", "unchanged"}, (ended.out[-2000:], ended.err[-2000:])


def _do(place: Place, cause: Cause) -> None:
    """The commands of the remedy, as somebody copies them into the node's shell, or his own."""
    for command in cause["commands"]:
        if command["node"] == "here":
            words = command["command"].split()
            assert words[0] == "zkwizard"
            assert place.run(*words[1:]).code == 0, command
        else:
            text = f"export KUBECONFIG=/etc/kubernetes/admin.conf\n{command['command']}"
            inside(place.practice, command["node"], f"{text}\n:")


def test_a_failed_run_names_the_causes_by_itself(made: Place) -> None:
    broken = ("--break", "swap-on", "--break", "hostname-changed@node1")
    assert made.run("demo", *broken).code == 0
    failed = made.run("demo", "--phase", "names", "--fail", "hostname@node1", "--json")
    assert failed.code == 4, failed.err
    assert failed.events[-1]["event"] == "run-ended"
    causes = [event["cause"] for event in failed.of("cause")]
    assert {(cause["id"], cause["node"]) for cause in causes} == {
        ("swap-on", "node1"),
        ("hostname-changed", "node1"),
    }
    plain = made.run("demo", "--phase", "names", "--fail", "hostname@node1")
    assert "cause at node1: Swap is on at node1." in plain.err
    repaired = made.run("explain", made.file, "--repair", "--yes")
    assert repaired.code == 0, repaired.out + repaired.err
    assert repaired.out.endswith("nothing is found to be wrong on master, node1, node2\n")


def test_without_a_yes_nothing_is_repaired(made: Place) -> None:
    assert made.run("demo", "--break", "ip-forward-off").code == 0
    asked = made.run("explain", made.file, "--repair")
    assert asked.code == 2 and "nothing was done" in asked.err
    assert inside(made.practice, "node2", "cat /proc/sys/net/ipv4/ip_forward").strip() == "0"
    assert made.run("explain", made.file, "--repair", "--yes").code == 0
