"""The table of the comparison, and whether the aims are met.

Ratios are what counts. Nodes, tools and the lines between them share this machine's processors: what ten
real nodes do at the same time is done here one after the other. That is against the tool that waits least,
so the ratio to one channel a step is also measured with a processor for each node.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Sequence
from dataclasses import replace

from benchmarks.peers import by_ansible, by_channels, by_pyinfra, by_zkwizard, tools, workload
from benchmarks.peers.match import FIRST, SECOND, Match, play
from benchmarks.peers.peer import Failed, Peer
from tests.sshd.farm import farm

NODES, MANY, RTT = 10, 50, 0.2
MEMORY = 70.0
"""MB that zkwizard may take with 50 nodes."""
SFTP = "Subsystem sftp internal-sftp\n"
"""Servers have it by default; pyinfra and Ansible send files over it."""
OURS, CHANNELS = by_zkwizard.PEER, by_channels.PEER
PEERS = (OURS, CHANNELS, by_pyinfra.PEER, by_ansible.PEER)
PASSES = (FIRST, SECOND)
_NAME, _WIDTH = 18, 16
"""Of the table's columns."""


def report() -> bool:
    """Measure, print, and say whether the aims are met."""
    tools.folder()
    began = time.monotonic()
    print(
        f"{workload.PHASES} phases of 5 steps on {NODES} nodes, {os.cpu_count()} processors for everything; "
        f"pyinfra {tools.version('pyinfra')}, ansible-core {tools.version('ansible-core')}"
    )
    try:
        with farm(NODES, more=SFTP) as nodes:
            match = play(nodes, PEERS, (0.0, RTT))
        print(*_table(match), *_noise(match), sep="\n")
        met = [_aim(match, peer) for peer in PEERS if peer.aim]
        _uncrowded()
        met.append(_memory())
    except Failed as failed:
        print(failed)
        return False
    print(f"took {(time.monotonic() - began) / 60:.0f} minutes")
    return all(met)


def _table(match: Match) -> list[str]:
    """A line a tool; of each pair the first pass and the second."""
    heads = ("s at 0 ms", "s at 200 ms", "x zkwizard", "round trips", "s CPU here", "s CPU a node", "MB")
    lines = ["", " " * _NAME + "".join(f"{head:>{_WIDTH}}" for head in heads)]
    for peer in PEERS:
        near, far = ([match.wall(peer.name, rtt, each) for each in PASSES] for rtt in (0.0, RTT))
        costs = [match.samples[peer.name, 0.0, each] for each in PASSES]
        cells = (
            _pair(near, 2),
            _pair(far, 2),
            _pair([_ratio(match, peer, each) for each in PASSES], 1),
            _pair([(there - here) / RTT for here, there in zip(near, far, strict=True)], 0),
            _pair([statistics.median(one.cost.processor for one in samples) for samples in costs], 1),
            _pair([statistics.median(one.there for one in samples) for samples in costs], 2),
            f"{max(one.cost.memory for samples in costs for one in samples):.0f}",
        )
        lines.append(f"{peer.name:<{_NAME}}" + "".join(f"{cell:>{_WIDTH}}" for cell in cells))
    return lines


def _pair(values: Sequence[float], digits: int) -> str:
    return " / ".join(f"{value:.{digits}f}" for value in values)


def _ratio(match: Match, peer: Peer, each: str) -> float:
    """How many times as long as zkwizard, at 200 ms."""
    return match.wall(peer.name, RTT, each) / match.wall(OURS.name, RTT, each)


def _noise(match: Match) -> list[str]:
    """How far the passes of the tools lie apart that were measured often, and what else the machine did."""
    lines = [""]
    for peer in (OURS, CHANNELS):
        for rtt in (0.0, RTT):
            walls = match.walls(peer.name, rtt, FIRST)
            spread = (max(walls) - min(walls)) / statistics.median(walls)
            lines.append(
                f"noise: {len(walls)} first passes of {peer.name} at {rtt * 1000:g} ms took "
                f"{min(walls):.2f} to {max(walls):.2f} s ({spread:.0%})"
            )
    return [*lines, f"load before the passes: {min(match.load):.1f} to {max(match.load):.1f}"]


def _aim(match: Match, peer: Peer) -> bool:
    assert peer.aim
    met = all(_ratio(match, peer, each) >= peer.aim for each in PASSES)
    ratios = _pair([_ratio(match, peer, each) for each in PASSES], 1)
    print(f"{peer.name}: {ratios} times as long; aim {peer.aim:g}: {'met' if met else 'MISSED'}")
    return met


def _uncrowded() -> None:
    """A node for each processor: what is left of the difference when nodes don't wait for each other."""
    count = os.cpu_count() or 1
    with farm(count, more=SFTP) as nodes:
        match = play(nodes, [replace(peer, rounds=2) for peer in (OURS, CHANNELS)], (0.0, RTT))
    ratios = _pair([_ratio(match, CHANNELS, each) for each in PASSES], 1)
    near, far = (_pair([match.wall(OURS.name, rtt, each) for each in PASSES], 2) for rtt in (0.0, RTT))
    print(
        f"{count} nodes: zkwizard {near} s at 0 ms, {far} s at 200 ms; {CHANNELS.name} {ratios} times as long"
    )


def _memory() -> bool:
    """zkwizard alone with many nodes."""
    with farm(MANY) as nodes:
        match = play(nodes, [replace(OURS, rounds=1)], (RTT,))
    most = max(match.samples[OURS.name, RTT, each][0].cost.memory for each in PASSES)
    walls = _pair([match.wall(OURS.name, RTT, each) for each in PASSES], 1)
    word = "met" if most <= MEMORY else "MISSED"
    print(f"{MANY} nodes: zkwizard {walls} s at 200 ms, {most:.1f} MB; aim {MEMORY:g} MB: {word}")
    return most <= MEMORY
