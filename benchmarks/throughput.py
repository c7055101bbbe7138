"""Ten nodes print 100,000 lines each: all reach the disk, at what cost in processor time and memory."""

from __future__ import annotations

import resource
from collections.abc import Sequence
from pathlib import Path

from benchmarks.rig import run, scratch
from tests.sshd.farm import TestNode, farm
from zkwizard.model.context import Context
from zkwizard.model.phase import On, Phase
from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.steps import vocabulary as v

NODES, LINES = 10, 100_000


def _talking(lines: int) -> Phase:
    def steps(context: Context) -> list[Step]:
        words = "x" * 70
        loop = f"awk 'BEGIN {{ for (i = 0; i < {lines}; i++) print i, \"{words}\" }}'"
        return [v.command("talk", T("t"), T("w"), check="false", apply=loop, verify=":")]

    return Phase(id=f"talk-{lines}", title=T("Talk"), summary=T("Talk"), on=On.ALL, steps=steps)


def report() -> bool:
    """Measure, print, and say whether the aims are met."""
    with farm(NODES) as nodes, scratch() as state:
        ports = [node.port for node in nodes]
        run(nodes[0].key, ports, [_talking(10)], state)
        quiet, _ = _measured(nodes, ports, 10, state)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        talking, kept = _measured(nodes, ports, LINES, state)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    rate = NODES * LINES / (talking - quiet)
    print(f"  {kept:,} of {NODES * LINES:,} lines on disk; {rate:,.0f} lines per second of processor time")
    print(f"  memory grew by {grown:.1f} MB at most")
    return kept == NODES * LINES and rate >= 500_000


def _measured(nodes: Sequence[TestNode], ports: Sequence[int], lines: int, state: Path) -> tuple[float, int]:
    """Processor seconds of this process, and lines in the logs."""
    began = resource.getrusage(resource.RUSAGE_SELF)
    timed = run(nodes[0].key, ports, [_talking(lines)], state)
    ended = resource.getrusage(resource.RUSAGE_SELF)
    kept = sum(log.read_bytes().count(b"\n") for log in timed.folder.glob("logs/*/*.log"))
    return ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime, kept
