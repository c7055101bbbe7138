"""Lines cut for half a minute and for five, during a package installation and during `init`.

They last while the other scenarios run: they begin before the first one, and are looked at last.
"""

from __future__ import annotations

from itertools import groupby

import pytest

from tests.lab import looks, network
from tests.lab.conftest import Cuts, Machines
from tests.waiting import has, until


@pytest.mark.last
@pytest.mark.parametrize("seconds", [30, 300])
@pytest.mark.parametrize("phase", ["packages", "init"])
def test_a_cut_line_stops_nothing(phase: str, seconds: int, cuts: Cuts) -> None:
    cut = cuts[phase, seconds]
    until(lambda: cut.mended, "the line is mended", limit=600)
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


def test_a_pulled_wire_cuts_a_machine_off(machines: Machines) -> None:
    """The wire, not only the way to it: the other machine sees it go, too."""
    made = machines("master", "node1")
    ping = f"ping -c1 -W1 {made[1].address} || :"
    network.unplug(made[1].wire)
    try:
        assert "0 received" in made[0].run(ping)
    finally:
        network.plug(made[1].wire)
    until(lambda: made[0].run(ping), "it answers again", fits=has("1 received"))
