"""The ZeroTier service: its version, its member address, and the networks it has joined.

With the service down zerotier-cli prints its error on stdout, even with ``-j`` (seen with 1.14.1); then the
member address still stands in the identity file, and the version comes from the program.
"""

from __future__ import annotations

import json
import re
from typing import Any

from zkwizard.facts.fact import Fact, first_line, number
from zkwizard.model.facts import ZeroTier, ZeroTierNetwork

SCRIPT = """\
command -v zerotier-cli >/dev/null || exit 0
echo @info; timeout 5 zerotier-cli -j info
echo; echo @networks; timeout 5 zerotier-cli -j listnetworks
echo; echo @identity; cut -d: -f1 /var/lib/zerotier-one/identity.public
echo @version; timeout 5 zerotier-one -v
"""
_MEMBER = re.compile(r"[0-9a-f]{10}")
_VERSION = re.compile(r"\d+(?:\.\d+)+")


def parse(text: str) -> ZeroTier | None:
    """The four answers after their ``@`` lines; None when ZeroTier is not installed."""
    parts = _parts(text)
    if "info" not in parts:
        return None
    info = _json(parts["info"])
    running = isinstance(info, dict) and "address" in info
    told = info if isinstance(info, dict) else {}
    version = str(told.get("version", "")) or first_line(parts.get("version", ""))
    member = str(told.get("address", "")) or first_line(parts.get("identity", ""))
    return ZeroTier(
        version=version if _VERSION.fullmatch(version) else "",
        member=member if _MEMBER.fullmatch(member) else "",
        online=told.get("online") is True,
        networks=_networks(_json(parts.get("networks", ""))),
        running=running,
    )


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    name = ""
    for line in text.split("\n"):
        if line.startswith("@"):
            name = line[1:].strip()
            parts.setdefault(name, "")
        elif name:
            parts[name] += line + "\n"
    return parts


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _networks(data: Any) -> tuple[ZeroTierNetwork, ...]:
    entries = data if isinstance(data, list) else []
    return tuple(_network(item) for item in entries if isinstance(item, dict))


def _network(item: dict[str, Any]) -> ZeroTierNetwork:
    assigned = item.get("assignedAddresses")
    return ZeroTierNetwork(
        id=str(item.get("nwid") or item.get("id") or ""),
        status=str(item.get("status") or ""),
        device=str(item.get("portDeviceName") or ""),
        mtu=number(str(item.get("mtu") or 0)),
        addresses=tuple(str(address) for address in assigned) if isinstance(assigned, list) else (),
    )


FACT = Fact("zerotier", SCRIPT, parse)
