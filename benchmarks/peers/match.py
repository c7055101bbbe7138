"""Who runs how often, in which order, and whether the nodes are right afterwards.

The tools take turns, round by round, and each is measured on fresh nodes: a first pass, and a second with
nothing to do. So slow hours of the machine meet all of them, and zkwizard's own spread tells how noisy it
was.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time as clock
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.lines import lines
from benchmarks.peers import workload
from benchmarks.peers.peer import Cost, Failed, Field, Peer, run, write_known_hosts
from tests.sshd.farm import TestNode

FIRST, SECOND = "first", "second"
_ENDING = 0.5
"""Seconds until the nodes have noticed that a tool is gone, and counted what it used."""


@dataclass(frozen=True)
class Sample:
    """One pass: what it cost here, and in seconds of processor time on a node."""

    cost: Cost
    there: float


@dataclass
class Match:
    """All samples, by tool, round trip time in seconds, and pass."""

    samples: dict[tuple[str, float, str], list[Sample]] = field(default_factory=dict)
    load: list[float] = field(default_factory=list)
    """The machine's load before each measurement."""

    def walls(self, name: str, rtt: float, time: str) -> list[float]:
        """Seconds."""
        return [sample.cost.wall for sample in self.samples[name, rtt, time]]

    def wall(self, name: str, rtt: float, time: str) -> float:
        """The median."""
        return statistics.median(self.walls(name, rtt, time))


def play(nodes: Sequence[TestNode], peers: Sequence[Peer], rtts: Sequence[float]) -> Match:
    """Measure all. Raises Failed when a tool fails, or leaves a node other than it should be."""
    match = Match()
    for rtt in rtts:
        with lines([node.port for node in nodes], rtt) as ports:
            for number in range(max(peer.rounds for peer in peers)):
                for peer in peers:
                    if number < peer.rounds:
                        _round(match, nodes, ports, peer, rtt)
    return match


def _round(match: Match, nodes: Sequence[TestNode], ports: Sequence[int], peer: Peer, rtt: float) -> None:
    before: list[workload.State | None] = [None] * len(nodes)
    for node in nodes:
        workload.prepare(node)
    with tempfile.TemporaryDirectory(prefix="peer-") as folder:
        known_hosts = Path(folder, "known_hosts")
        hosts = dict(zip(ports, (node.host_key for node in nodes), strict=True))
        write_known_hosts(known_hosts, hosts)
        given = Field(Path(folder), ports, nodes[0].key, known_hosts)
        command = peer.command(given)
        for passes, time in enumerate((FIRST, SECOND), 1):
            match.load.append(os.getloadavg()[0])
            used = sum(_processor(node) for node in nodes)
            cost = run(command, given)
            clock.sleep(_ENDING)
            used = (sum(_processor(node) for node in nodes) - used) / len(nodes)
            match.samples.setdefault((peer.name, rtt, time), []).append(Sample(cost, used))
            _tell(f"{peer.name}, {rtt * 1000:g} ms, {time} pass: {cost.wall:.1f} s")
            found = [workload.faults(node, passes, was) for node, was in zip(nodes, before, strict=True)]
            before = [workload.state(node) for node in nodes]
            if any(found):
                raise Failed(f"{peer.name}, {time} pass, nodes are not right: {found}")


def _processor(node: TestNode) -> float:
    """Seconds that sshd and everything it has reaped used: it is its node's first process."""
    fields = Path(f"/proc/{node.pid}/stat").read_text().rpartition(") ")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _tell(text: str) -> None:
    print(f"  … {text}", file=sys.stderr, flush=True)
