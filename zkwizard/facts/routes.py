"""The routing table: which networks this machine reaches by which interface."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_network
from itertools import pairwise

from zkwizard.facts.fact import Fact, number

_KINDS = frozenset(["unicast", "blackhole", "unreachable", "prohibit", "throw"])
"""Words that may stand before the destination; local and broadcast routes are not networks of others."""


@dataclass(frozen=True)
class Routes:
    """Destinations with their interfaces (empty for blackholes), and where the default route goes."""

    by: dict[str, str] = field(default_factory=dict)
    default_interface: str = ""


def parse(text: str) -> Routes:
    """Lines of ``ip route show``; the default route with the smallest metric wins."""
    by: dict[str, str] = {}
    defaults: list[tuple[int, str]] = []
    for line in text.split("\n"):
        words = line.split()
        if words and words[0] in _KINDS:
            words = words[1:]
        if not words:
            continue
        if words[0] == "default":
            defaults.append((number(_after(words, "metric")), _after(words, "dev")))
        elif network := _network(words[0]):
            by.setdefault(network, _after(words, "dev"))
    return Routes(by, min(defaults, key=lambda item: item[0])[1] if defaults else "")


def _after(words: list[str], key: str) -> str:
    """The word that follows ``key``, or empty."""
    return dict(pairwise(words)).get(key, "")


def _network(text: str) -> str:
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        return ""


FACT = Fact("routes", "ip -4 route show; ip -6 route show", parse)
