"""The evidence of a node in one round trip: its facts, and what its services, logs and files say now.

Every part has a time limit of its own, so that a hanging runtime or API server costs seconds and is evidence
itself. Logs are those of the last minutes, or of the last start of a service that does not run: what was
wrong an hour ago and is well now must not be named. Nothing is changed, and no part prints a secret: of
proxies only host and port are read, of tokens nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from zkwizard.diagnosis.parts import PARTS, Part
from zkwizard.facts import gather
from zkwizard.model.cluster import Cluster, Node
from zkwizard.model.facts import NodeFacts
from zkwizard.steps.shell import quote

LIMIT = 240.0
"""Seconds for the whole script: more than the parts' own limits add up to."""
STEP = "step"
"""The part that no script gathers: the last lines of the step that failed."""

_LARGEST = 1_000_000
"""Bytes of one part that are sent."""
_END = "evidence-end"
# In memory, as the disk may be full; what waits for the network does so while the rest is gathered.
_ASIDE = """\
zk_d=$(mktemp -d /run/zkwizard-evidence.XXXXXX || mktemp -d) || exit 1
trap 'rm -rf "$zk_d"' 0
"""


@dataclass(frozen=True)
class Evidence:
    """What one node says. A part that printed nothing has no lines."""

    node: str
    facts: NodeFacts
    lines: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By the name of the part."""
    complete: bool = True
    """Whether all of it arrived."""

    def part(self, name: str) -> tuple[str, ...]:
        """The lines of a part."""
        return self.lines.get(name, ())


def script(cluster: Cluster, node: Node, nonce: str) -> str:
    """The text that gathers everything of a node; sections as those of the facts, and after them."""
    wanted = [(part, _call(part, text)) for part in PARTS if (text := part.text(cluster, node))]
    waits = [f'{call} >"$zk_d/{part.name}" &\n' for part, call in wanted if part.waits]
    found = [
        f"zk_fact {part.name}\n" + (f'cat "$zk_d/{part.name}"\n' if part.waits else f"{call}\n")
        for part, call in wanted
    ]
    facts = gather.script(nonce)
    return "".join([_ASIDE, *waits, facts, "wait\n", *found, 'rm -rf "$zk_d"\n', f"zk_fact {_END}\n"])


def _call(part: Part, text: str) -> str:
    return f"timeout -k 1 {part.limit} sh -c {quote(text)} </dev/null 2>/dev/null | head -c {_LARGEST}"


def parse(node: str, stdout: bytes, nonce: str, started: float, ended: float) -> Evidence:
    """What ``script`` printed between ``started`` and ``ended`` by our clock; any bytes will do."""
    found = gather.sections(stdout, nonce)
    return Evidence(
        node=node,
        facts=gather.parse(stdout, nonce, started, ended),
        lines={part.name: part.read(found[part.name]) for part in PARTS if part.name in found},
        complete=_END in found,
    )
