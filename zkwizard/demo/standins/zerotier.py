"""ZeroTier as one node sees it: identity, networks joined, what the controller said, the network device.

Device names, hardware addresses and states are computed as ZeroTier 1.14 does.
"""

from __future__ import annotations

import os

from . import host, state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

HOME = "/var/lib/zerotier-one"
PARKED = "zt-park"
CONFIGURATION_SECONDS = 1.0


def make_identity() -> None:
    """What the daemon writes on its first start: identity and token."""
    if os.path.exists(state.at(f"{HOME}/identity.secret")):
        return
    import hashlib

    seed = hashlib.sha512(f"{state.load('/etc/machine-id')}{state.node()}".encode()).hexdigest()
    address = ("a" + seed[:9]) if seed.startswith(("00", "ff")) else seed[:10]
    public = f"{address}:0:{hashlib.sha512(address.encode()).hexdigest()}"
    state.write(f"{HOME}/identity.public", public)
    state.write(f"{HOME}/identity.secret", f"{public}:{seed}", 0o600)
    state.write(f"{HOME}/authtoken.secret", seed[10:34], 0o600)


def address() -> str:
    """This node's ten digits."""
    return state.load(f"{HOME}/identity.public")[:10]


def device_name(network: str) -> str:
    """ "zt" and eight letters, the same on all nodes of a network: base32 of ((nwid ^ nwid>>24) &
    0xffffffffff)."""
    number = int(network, 16)
    value = (number ^ (number >> 24)) & 0xFFFFFFFFFF
    alphabet = "abcdefghijklmnopqrstuvwxyz234567"
    return "zt" + "".join(alphabet[(value >> shift) & 31] for shift in range(35, -1, -5))


def hardware_address(network: str, member: str) -> str:
    """The MAC of `member` in `network` (MAC::fromAddress)."""
    nwid = int(network, 16)
    first = (nwid & 0xFE) | 0x02
    first = 0x32 if first == 0x52 else first
    value = (first << 40) | int(member, 16)
    for byte, shift in ((8, 32), (16, 24), (24, 16), (32, 8), (40, 0)):
        value ^= ((nwid >> byte) & 0xFF) << shift
    return ":".join(f"{(value >> s) & 0xFF:02x}" for s in range(40, -1, -8))


def joined() -> list[str]:
    """The networks that this node has joined, as its daemon keeps them."""
    folder = state.at(f"{HOME}/networks.d")
    names = os.listdir(folder) if os.path.isdir(folder) else []
    return sorted(
        n.removesuffix(".conf") for n in names if n.endswith(".conf") and not n.endswith(".local.conf")
    )


def join(network: str) -> None:
    """Remember the network and ask its controller."""
    state.write(f"{HOME}/networks.d/{network}.conf", "")
    with state.change("zerotier") as document:
        member = document.setdefault("members", {}).setdefault(f"{network}/{address()}", {})
        member.setdefault("joined_at", state.now())
        member["node"] = state.node()


def leave(network: str) -> None:
    """Forget the network; the controller keeps its member."""
    file = state.at(f"{HOME}/networks.d/{network}.conf")
    if os.path.exists(file):
        os.unlink(file)


def view(network: str, document: dict[str, Any] | None = None) -> dict[str, Any]:
    """{"status", "name", "addresses"} of one joined network at this moment."""
    document = document or state.read("zerotier")
    known = document.get("networks", {}).get(network)
    member = document.get("members", {}).get(f"{network}/{address()}", {})
    answered = state.now() - member.get("joined_at", 0) >= CONFIGURATION_SECONDS
    if known is None:
        missing = network[:10] == document.get("controller") and answered
        return {"status": "NOT_FOUND" if missing else "REQUESTING_CONFIGURATION", "name": "", "addresses": []}
    if not answered:
        return {"status": "REQUESTING_CONFIGURATION", "name": "", "addresses": []}
    ip = _authorised_ip(document, member, state.node())
    if ip is None:
        return {"status": "ACCESS_DENIED", "name": "", "addresses": []}
    length = str(known.get("cidr", "/24")).partition("/")[2]
    addresses = [f"{ip}/{length}"] if ip else []
    return {
        "status": "OK",
        "name": known["name"],
        "addresses": addresses,
        "cidr": known.get("cidr"),
        "mtu": known["mtu"],
    }


def is_authorised(document: dict[str, Any], member: dict[str, Any]) -> bool:
    """Whether the controller lets this member in."""
    return _authorised_ip(document, member, str(member.get("node"))) is not None


def _authorised_ip(document: dict[str, Any], member: dict[str, Any], node: str) -> str | None:
    """The address that the member was given, None while it is not authorised."""
    if member.get("authorised"):
        return str(member.get("ip") or "")
    after = document.get("authorise_after")
    if after is None or member.get("refused") or "joined_at" not in member:
        return None
    if state.now() < member["joined_at"] + max(float(after), CONFIGURATION_SECONDS):
        return None
    return str(document.get("plan", {}).get(node, ""))


def network_json(network: str) -> dict[str, Any]:
    """One entry of `listnetworks -j`."""
    seen = view(network)
    mac = hardware_address(network, address())
    subscriptions = [] if seen["status"] == "REQUESTING_CONFIGURATION" else [
        {"adi": 0, "mac": "01:00:5e:00:00:01"}, {"adi": 0, "mac": "33:33:00:00:00:01"},
        {"adi": 0, "mac": "33:33:ff:" + mac[9:]},
    ]  # fmt: skip
    fine = seen["status"] == "OK"
    routes = (
        [{"flags": 0, "metric": 0, "target": seen["cidr"], "via": None}] if fine and seen["addresses"] else []
    )
    return {
        "allowDNS": False, "allowDefault": False, "allowGlobal": False, "allowManaged": True,
        "assignedAddresses": seen["addresses"], "bridge": False, "broadcastEnabled": fine, "dhcp": False,
        "dns": {"domain": "", "servers": []}, "id": network, "mac": mac, "mtu": seen.get("mtu", 2800),
        "multicastSubscriptions": subscriptions, "name": seen["name"], "netconfRevision": 1 if fine else 0,
        "nwid": network, "portDeviceName": device_name(network), "portError": 0, "routes": routes,
        "status": seen["status"], "type": "PRIVATE",
    }  # fmt: skip


def peers() -> list[dict[str, Any]]:
    """Address, path, latency and role of every peer: a root, and the members of the joined networks."""
    document, practice = state.read("zerotier"), state.read("practice").get("nodes", {})
    found = [{"address": "0bb20aa55b", "path": "10.200.0.1/9993", "latency": 16, "role": "PLANET"}]
    for key, member in sorted(document.get("members", {}).items()):
        network, _, other = key.partition("/")
        if other == address() or network not in joined() or "node" not in member:
            continue
        unit = state.read("node-" + member["node"]).get("units", {}).get("zerotier-one.service", {})
        if unit.get("active") != "active" and not host.lives(member["node"], "zerotier-one.service"):
            continue
        place = practice.get(member["node"], {}).get("address", "10.200.0.2")
        found.append({"address": other, "path": f"{place}/9993", "latency": 4, "role": "LEAF"})
    return found
