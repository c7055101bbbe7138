"""Network interfaces and their addresses, from ``ip -j addr`` or, where ip knows no JSON, ``ip -o``."""

from __future__ import annotations

import json
import re
from typing import Any

from zkwizard.facts.fact import Fact, number
from zkwizard.model.facts import Interface

_LINK = re.compile(r"^\d+: ([^\s:@]+)(?:@\S+)?: <.*?mtu (\d+)")
_MAC = re.compile(r"link/ether ([0-9a-fA-F:]{17})")
_ADDRESS = re.compile(r"^\d+: ([^\s:@]+)(?:@\S+)?\s+inet6? (\S+)")


def parse(text: str) -> tuple[Interface, ...]:
    """Either form; the MAC of an interface without one (loopback, tunnels) is empty."""
    try:
        return _from_json(json.loads(text))
    except (ValueError, RecursionError):
        return _from_lines(text)


def _from_json(data: Any) -> tuple[Interface, ...]:
    entries = data if isinstance(data, list) else []
    return tuple(_entry(item) for item in entries if isinstance(item, dict) and item.get("ifname"))


def _entry(item: dict[str, Any]) -> Interface:
    given = item.get("addr_info")
    infos = [info for info in given if isinstance(info, dict)] if isinstance(given, list) else []
    mac = str(item.get("address", "")) if item.get("link_type") == "ether" else ""
    addresses = tuple(f"{info['local']}/{info.get('prefixlen', 32)}" for info in infos if info.get("local"))
    return Interface(str(item["ifname"]), number(str(item.get("mtu", 0))), mac.lower(), addresses)


def _from_lines(text: str) -> tuple[Interface, ...]:
    links: dict[str, tuple[int, str]] = {}
    addresses: dict[str, list[str]] = {}
    for line in text.split("\n"):
        if link := _LINK.match(line):
            mac = _MAC.search(line)
            links[link[1]] = (number(link[2]), mac[1].lower() if mac else "")
        elif address := _ADDRESS.match(line):
            addresses.setdefault(address[1], []).append(address[2])
    return tuple(
        Interface(name, mtu, mac, tuple(addresses.get(name, ()))) for name, (mtu, mac) in links.items()
    )


FACT = Fact("interfaces", "ip -j addr || { ip -o link; ip -o addr; }", parse)
