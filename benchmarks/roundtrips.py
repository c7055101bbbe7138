"""How many round trips a run waits for: P phases of five trivial steps on ten nodes, at 0 and at 200 ms.

(wall at 200 ms - wall at 0 ms) / 0.2 s is the fairest single figure: the time of commands and processors
cancels out. The aim is 10 + P, first and second time.
"""

from __future__ import annotations

import statistics

from benchmarks.lines import lines
from benchmarks.rig import run, scratch
from tests.sshd.farm import farm
from zkwizard.model.context import Context
from zkwizard.model.phase import On, Phase
from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.steps import vocabulary as v

NODES, PHASES, REPEATS, RTT = 10, 8, 3, 0.2


def phases() -> list[Phase]:
    """P phases of five trivial steps."""
    return [_phase(f"phase-{number}") for number in range(PHASES)]


def _phase(name: str) -> Phase:
    def steps(context: Context) -> list[Step]:
        return [
            v.file(f"file-{n}", T("t"), T("w"), path=f"/etc/bench/{name}-{n}", content="line\n" * 10)
            for n in range(5)
        ]

    return Phase(id=name, title=T(name), summary=T(name), on=On.ALL, steps=steps)


def report() -> bool:
    """Measure, print, and say whether the aim is met."""
    print(f"{PHASES} phases of 5 steps, median of {REPEATS}; aim: {10 + PHASES} round trips")
    # One node, for comparison, shows the waiting alone; ten also compete for this machine's processors.
    _measured(1)
    return _measured(NODES)


def _measured(count: int) -> bool:
    walls: dict[tuple[float, str], list[float]] = {}
    with farm(count) as nodes:
        for _ in range(REPEATS):
            for rtt in (0.0, RTT):
                for node in nodes:
                    node.run("rm -rf /etc/bench /var/lib/zkwizard")
                with lines([node.port for node in nodes], rtt) as ports, scratch() as state:
                    for time in ("first", "second"):
                        timed = run(nodes[0].key, ports, phases(), state)
                        expected = count * PHASES * 5 if time == "first" else 0
                        assert timed.ended.changed == expected, timed.ended
                        walls.setdefault((rtt, time), []).append(timed.wall)
    met = True
    for time in ("first", "second"):
        near, far = (statistics.median(walls[rtt, time]) for rtt in (0.0, RTT))
        trips = (far - near) / RTT
        met &= trips <= 10 + PHASES
        where = f"{count:>2} nodes, {time:<7}"
        print(f"  {where} {near:.2f} s at 0 ms, {far:.2f} s at 200 ms: {trips:.1f} round trips")
    return met
