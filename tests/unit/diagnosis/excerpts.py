"""Evidence from excerpts: files of ``data`` hold parts as the script prints them, below ``=== NODE PART``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.unit.checks.healthy import answers
from zkwizard.diagnosis.evidence import STEP, Evidence, parse
from zkwizard.diagnosis.explain import causes
from zkwizard.diagnosis.reading import lines
from zkwizard.model.cause import Cause

DATA = Path(__file__).with_name("data")
CLUSTER = answers()
NONCE = "n0nce"
_WHEN = 1795371384.5
"""Our clock when the script ran, in seconds since the epoch."""

Parts = Mapping[tuple[str, str], str]
"""(node, part) → its text."""


def read(name: str) -> dict[tuple[str, str], str]:
    """An excerpt by its name."""
    found: dict[tuple[str, str], str] = {}
    at = ("", "")
    for line in (DATA / f"{name}.txt").read_text().splitlines(keepends=True):
        if line.startswith("=== "):
            _, node, part = line.split()
            at = (node, part)
            found[at] = ""
        elif at != ("", ""):
            found[at] += line
    return found


def evidence(parts: Parts) -> dict[str, Evidence]:
    """What the script's output is parsed to."""
    result = {}
    for node in CLUSTER.nodes:
        own = {part: text for (name, part), text in parts.items() if name == node.name}
        sections = [f"\n\x1e{NONCE} {part}\n{text}" for part, text in own.items() if part != STEP]
        stdout = "".join([*sections, f"\n\x1e{NONCE} end\n", f"\n\x1e{NONCE} evidence-end\n"]).encode()
        found = parse(node.name, stdout, NONCE, _WHEN, _WHEN)
        tail = lines(own.get(STEP, ""))
        result[node.name] = Evidence(node.name, found.facts, {**found.lines, STEP: tail}, found.complete)
    return result


def healthy() -> dict[tuple[str, str], str]:
    """Three nodes that are as they should be."""
    return read("healthy")


def explained(name: str) -> list[Cause]:
    """The causes when the parts of an excerpt take the place of those of the healthy cluster."""
    return causes(CLUSTER, evidence({**healthy(), **read(name)}), file="cluster.yaml")
