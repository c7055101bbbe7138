"""The overlay as a node sees it: its ZeroTier service, its peers, and how fast the other nodes answer.

A relayed peer has no usable path and latency -1 in ``zerotier-cli -j peers``; ``tunneled`` means TCP only
(1.14.1). ZeroTier's own latency is of the physical path, ping's of the overlay: both are shown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from zkwizard.facts import ping
from zkwizard.facts import zerotier as zerotier_fact
from zkwizard.inspect.question import Answer, Question
from zkwizard.inspect.trouble import items, word
from zkwizard.model.facts import LinkPath, ZeroTier
from zkwizard.steps.shell import words

_PINGS = """\
command -v ping >/dev/null || { echo 'ping is not installed' >&2; exit 127; }
for zk_a in %s; do
  (
    zk_r=$(ping -n -q -c 3 -i 0.3 -W 2 "$zk_a" 2>&1)
    printf '@%%s\\n%%s\\n' "$zk_a" "$zk_r"
  ) &
done
wait
"""


@dataclass(frozen=True)
class Peer:
    """One entry of ``zerotier-cli -j peers``."""

    member: str
    """Its ten-digit address."""
    role: str
    """LEAF, PLANET or MOON."""
    path: LinkPath
    address: str
    """Physical address and port of the path in use, empty when relayed."""
    latency_ms: int
    """Of the physical path; -1 when not known."""
    version: str
    tunneled: bool = False
    """Over TCP through a relay of ZeroTier's, the slowest way."""


def peers() -> Question[tuple[Peer, ...]]:
    """The peers of the ZeroTier service; none without a service that answers."""
    script = "if command -v zerotier-cli >/dev/null; then timeout 10 zerotier-cli -j peers; fi"
    return Question("zt-peers", script, parse_peers, 12)


def zerotier() -> Question[ZeroTier | None]:
    """The ZeroTier service itself; None when it is not installed."""
    return Question("zerotier", zerotier_fact.SCRIPT, lambda answer: zerotier_fact.parse(answer.out), 20)


def pings(addresses: Iterable[object]) -> Question[Mapping[str, ping.Ping]]:
    """By address, three packets each, all at the same time."""
    return Question("pings", _PINGS % words(*addresses), parse_pings, 20)


def parse_peers(answer: Answer) -> tuple[Peer, ...]:
    """Any text will do; with the service down it is no JSON although ``-j`` was given."""
    try:
        data = json.loads(answer.out)
    except (ValueError, RecursionError):
        return ()
    return tuple(_peer(entry) for entry in items(data))


def _peer(entry: dict[str, object]) -> Peer:
    usable = [path for path in items(entry.get("paths")) if path.get("active") and not path.get("expired")]
    usable.sort(key=lambda path: not path.get("preferred"))
    latency = entry.get("latency")
    return Peer(
        member=word(entry, "address"),
        role=word(entry, "role"),
        path=LinkPath.DIRECT if usable else LinkPath.RELAYED,
        address=word(usable[0], "address") if usable else "",
        latency_ms=latency if isinstance(latency, int) else -1,
        version=word(entry, "version"),
        tunneled=entry.get("tunneled") is True,
    )


def parse_pings(answer: Answer) -> Mapping[str, ping.Ping]:
    """What each ping said, after a line with ``@`` and the address."""
    parts = re.split(r"^@(\S+)\n", answer.out, flags=re.M)
    return {address: ping.parse(text) for address, text in zip(parts[1::2], parts[2::2], strict=True)}
