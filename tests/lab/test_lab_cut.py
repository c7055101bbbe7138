"""Lines cut for 30 seconds and for five minutes, during a package installation and during `init`.

The two long cuts last while the other scenarios run: they begin with the first scenario, and this file is
looked at last.
"""

from __future__ import annotations

import time
from itertools import groupby

import pytest

from tests.lab import looks, network
from tests.lab.conftest import LongCut, Machines
from tests.lab.cuts import Cut, begin
from tests.lab.lab import Lab
from tests.lab.operator import Operator

SHORT = 30.0
LONG = 300.0


def _is_right(cut: Cut, seconds: float) -> None:
    ended = cut.running.ended(240)
    assert ended.code == 0, ended.err
    told = [event for event in ended.of("link") if event["at"] > cut.began - 1]
    states = [state for state, _ in groupby(event["state"] for event in told)]
    assert states == ["silent", "lost", "back"], states
    first = {event["state"]: event["at"] for event in reversed(told)}
    assert seconds - 5 < cut.mended - cut.began
    assert 3 < first["silent"] - cut.began < 20
    assert first["silent"] < first["lost"] < cut.began + 45
    assert first["back"] >= cut.mended - 1
    run = cut.operator.runs[0].name
    ours = (cut.operator.runs[0] / "logs" / "master" / f"{cut.phase}.log").read_bytes()
    theirs = cut.machine.run(
        f"cat /var/lib/zkwizard/runs/{run}/{cut.phase}/log | grep -av \"$(printf '\\036')\"", 60
    ).encode()
    assert ours == theirs, "the log has every byte once"
    assert b"line 2000 of the hook" in ours or cut.phase != "packages"
    steps = looks.attempts(cut.machine, run)
    assert looks.overlapping(steps) == []
    assert looks.dpkg_is_whole(cut.machine)


@pytest.mark.parametrize("phase", ["packages", "init"])
def test_cut_for_half_a_minute(phase: str, lab: Lab, machines: Machines, operator: Operator) -> None:
    cut = begin(phase, machines("master")[0], operator, lab.key)
    cut.wait()
    looks.until(lambda: time.time() - cut.began >= SHORT)
    cut.mend()
    _is_right(cut, SHORT)


@pytest.mark.last
@pytest.mark.parametrize("phase", ["packages", "init"])
def test_cut_for_five_minutes(phase: str, long_cuts: LongCut) -> None:
    cut = long_cuts[phase]
    looks.until(lambda: cut.began, 300)
    looks.until(lambda: time.time() - cut.began >= LONG, LONG + 60)
    cut.mend()
    _is_right(cut, LONG)


def test_a_pulled_wire_is_told_and_comes_back(machines: Machines, lab: Lab, operator: Operator) -> None:
    """The wire, not only the way to it: the other machine sees it go, too."""
    made = machines("master", "node1")
    network.unplug(made[1].wire)
    try:
        assert "0 received" in made[0].run(f"ping -c1 -W1 {made[1].address} || :")
    finally:
        network.plug(made[1].wire)
    looks.until(lambda: "1 received" in made[0].run(f"ping -c1 -W1 {made[1].address} || :"))
