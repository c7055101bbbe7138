"""Pure readers of evidence: from any text to lines that rules match and people read."""

from __future__ import annotations

import json
import re
from typing import Any

LONGEST = 900
"""Characters of a line that are kept."""

_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_STARTED = re.compile(r"systemd\[\d+\]: Started ")


def lines(text: str) -> tuple[str, ...]:
    """The lines that are not blank, without what could disturb a terminal, and not endless."""
    found = (printable(line) for line in text.split("\n"))
    return tuple(line for line in found if line)


def printable(line: str) -> str:
    """One line as it may be shown."""
    plain = _COLOUR.sub("", line[: 4 * LONGEST])
    return "".join(char if char.isprintable() else " " for char in plain).strip()[:LONGEST]


def since_start(text: str) -> tuple[str, ...]:
    """What a service said since it was last started, as what it said before is over.

    The line that ended the run before is kept when nothing follows the start: a service that falls over and
    over has just been started again.
    """
    found = lines(text)
    starts = [number for number, line in enumerate(found) if _STARTED.search(line)]
    if not starts:
        return found
    own = found[starts[-1] :]
    silent = len(own) == 1 and len(starts) > 1
    return found[starts[-2] :] if silent else own


def zerotier_peers(text: str) -> tuple[str, ...]:
    """``id role latency path…`` per peer of ``zerotier-cli -j peers``; ``-`` without a path.

    Expired paths are left out. A relayed peer has no path (seen with 1.14.1).
    """
    found = []
    for peer in _items(_json(text)):
        paths = [
            str(path.get("address", ""))
            for path in _items(peer.get("paths"))
            if path.get("active") and not path.get("expired")
        ]
        words = (
            peer.get("address", "?"),
            peer.get("role", "?"),
            peer.get("latency", -1),
            *sorted(set(paths)),
        )
        found.append(printable(" ".join(map(str, words)) if paths else f"{' '.join(map(str, words))} -"))
    return tuple(found)


def api_nodes(text: str) -> tuple[str, ...]:
    """``name Ready=True InternalIP=… flannel=… reason: message`` per node object of the API server."""
    data = _json(text)
    return tuple(_node(item) for item in _items(data.get("items") if isinstance(data, dict) else None))


def _node(item: dict[str, Any]) -> str:
    metadata, status = _part(item, "metadata"), _part(item, "status")
    annotations = _part(metadata, "annotations")
    addresses = {str(a.get("type")): a.get("address") for a in _items(status.get("addresses"))}
    conditions = {str(c.get("type")): c for c in _items(status.get("conditions"))}
    ready = conditions.get("Ready", {})
    pressed = [
        kind for kind, c in conditions.items() if kind.endswith("Pressure") and c.get("status") == "True"
    ]
    words = [
        metadata.get("name", "?"),
        f"Ready={ready.get('status', 'Unknown')}",
        f"InternalIP={addresses.get('InternalIP', '-')}",
        f"flannel={annotations.get('flannel.alpha.coreos.com/public-ip', '-')}",
        *pressed,
        f"{ready.get('reason', '')}: {ready.get('message', '')}",
    ]
    return printable(" ".join(map(str, words)))


def _part(item: dict[str, Any], key: str) -> dict[str, Any]:
    value = item.get(key)
    return value if isinstance(value, dict) else {}


def _items(data: Any) -> list[dict[str, Any]]:
    return [item for item in data if isinstance(item, dict)] if isinstance(data, list) else []


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
