"""zerotier-cli 1.14: words, streams and statuses as in the transcripts."""

from __future__ import annotations

import json
import os
import sys

from . import packages, state, units, zerotier
from .run import Refused

_USAGE = """ZeroTier One version {version} build 0 (platform 1 arch 2)
Copyright (c) 2020 ZeroTier, Inc.
Licensed under the ZeroTier BSL 1.1 (see LICENSE.txt)
Usage: zerotier-cli [-switches] <command/path> [<args>]

Available switches:
  -h                      - Display this help
  -v                      - Show version
  -j                      - Display full raw JSON output
  -D<path>                - ZeroTier home path for parameter auto-detect
  -p<port>                - HTTP port (default: auto)
  -T<token>               - Authentication token (default: auto)

Available commands:
  info                    - Display status info
  listpeers               - List all peers
  peers                   - List all peers (prettier)
  listnetworks            - List all networks
  join <network ID>          - Join a network
  leave <network ID>         - Leave a network
  set <network ID> <setting> - Set a network setting
  get <network ID> <setting> - Get a network setting
  listmoons               - List moons (federated root sets)
  orbit <world ID> <seed> - Join a moon via any member root
  deorbit <world ID>      - Leave a moon
  dump                    - Debug settings dump for support

Available settings:
  Settings to use with [get/set] may include property names from\x20
  the JSON output of "zerotier-cli -j listnetworks". Additionally,\x20
  (ip, ip4, ip6, ip6plane, and ip6prefix can be used). For instance:
  zerotier-cli get <network ID> ip6plane will return the 6PLANE address
  assigned to this node."""
_COMMANDS = (
    "info",
    "status",
    "listpeers",
    "peers",
    "listnetworks",
    "join",
    "leave",
    "get",
    "set",
    "listmoons",
)


def main(argv: list[str]) -> int:
    switches = [w for w in argv[1:] if w.startswith("-")]
    words = [w for w in argv[1:] if not w.startswith("-")]
    version = _version()
    if "-v" in switches:
        print(version)
        return 0
    if "-h" in switches:
        print(_USAGE.format(version=version))
        return 0
    if not words or words[0] not in _COMMANDS:
        raise Refused(_USAGE.format(version=version), 0)
    command, arguments = words[0], words[1:]
    _must_be_possible()
    as_json = "-j" in switches
    if command in ("join", "leave"):
        _check_network(arguments)
    if command == "get" and (not arguments or len(arguments[0]) != 16):
        raise Refused("invalid format: must be a 16-digit (network) ID", 2)
    token = next((s[2:] for s in switches if s.startswith("-T")), None)
    if not units.active("zerotier-one") and command in ("join", "leave"):
        print(f"0 {command} connection failed")
        return 1
    if not units.active("zerotier-one"):
        print(
            "Error connecting to the ZeroTier service: connection failed\n\n"
            "Please check that the service is running and that TCP port 9993 can be contacted via 127.0.0.1."
        )
        return 1
    if token is not None and token != state.load(f"{zerotier.HOME}/authtoken.secret"):
        print(f"401 {command} {{}}")
        return 1
    return int(_HANDLERS[command](arguments, as_json) or 0)


def _version() -> str:
    return packages.version_of("zerotier-one") or "1.14.2"


def _must_be_possible() -> None:
    if not os.access(state.at(f"{zerotier.HOME}/authtoken.secret"), os.R_OK):
        if os.geteuid() == 0:
            raise Refused(f"zerotier-cli: missing port and zerotier-one.port not found in {zerotier.HOME}", 2)
        raise Refused(
            f"zerotier-cli: authtoken.secret not found or readable in {zerotier.HOME} (try again as root)", 2
        )
    if not os.path.exists(state.at(f"{zerotier.HOME}/zerotier-one.port")):
        raise Refused(f"zerotier-cli: missing port and zerotier-one.port not found in {zerotier.HOME}", 2)


def _check_network(arguments: list[str]) -> None:
    if not arguments or len(arguments[0]) != 16:
        print("invalid network id")
        raise Refused("", 2)


def _is_hex(text: str) -> bool:
    return all(c in "0123456789abcdefABCDEF" for c in text)


def _info(arguments: list[str], as_json: bool) -> None:
    version = _version()
    if not as_json:
        print(f"200 info {zerotier.address()} {version} ONLINE")
        return
    here = state.read("practice").get("nodes", {}).get(state.node(), {}).get("address", "127.0.0.1")
    major, minor, revision = (int(p) for p in version.split("."))
    ports = [f"{here}/9993", f"{here}/23039"]
    print(json.dumps({
        "address": zerotier.address(), "clock": int(state.now() * 1000),
        "config": {"settings": {
            "allowTcpFallbackRelay": False, "forceTcpRelay": False, "homeDir": zerotier.HOME, "listeningOn": ports,
            "portMappingEnabled": False, "primaryPort": 9993, "secondaryPort": 23039, "softwareUpdate": "disable",
            "softwareUpdateChannel": "release", "surfaceAddresses": ports[::-1], "tertiaryPort": 0}},
        "online": True, "planetWorldId": 149604618, "planetWorldTimestamp": 1567191349589,
        "publicIdentity": state.load(f"{zerotier.HOME}/identity.public"), "tcpFallbackActive": False,
        "version": version, "versionBuild": 0, "versionMajor": major, "versionMinor": minor, "versionRev": revision,
    }, indent=1))  # fmt: skip


def _list_networks(arguments: list[str], as_json: bool) -> None:
    entries = [zerotier.network_json(network) for network in zerotier.joined()]
    if as_json:
        print(json.dumps(entries, indent=1) if entries else "[]")
        return
    print("200 listnetworks <nwid> <name> <mac> <status> <type> <dev> <ZT assigned ips>")
    for e in entries:
        addresses = ",".join(e["assignedAddresses"]) or "-"
        print(
            f"200 listnetworks {e['nwid']} {e['name']} {e['mac']} {e['status']} {e['type']} {e['portDeviceName']} {addresses}"
        )


def _join(arguments: list[str], as_json: bool) -> int:
    if not _is_hex(arguments[0]):
        print("404 join ")
        return 1
    network = arguments[0].lower()
    zerotier.join(network)
    if as_json:
        print(json.dumps(zerotier.network_json(network), separators=(",", ":")), end="")
    else:
        print("200 join OK")
    return 0


def _leave(arguments: list[str], as_json: bool) -> int:
    if not _is_hex(arguments[0]):
        print("404 leave ")
        return 1
    zerotier.leave(arguments[0].lower())
    print('{"result":true}' if as_json else "200 leave OK", end="" if as_json else "\n")
    return 0


def _get(arguments: list[str], as_json: bool) -> None:
    network, setting = arguments[0], arguments[1] if len(arguments) > 1 else ""
    if network not in zerotier.joined():
        print("unknown network ID, check that you are a member of the network", file=sys.stderr)
        return
    entry = zerotier.network_json(network)
    addresses = [a.partition("/")[0] for a in entry["assignedAddresses"]]
    if setting in ("ip", "ip4"):
        print("\n".join(addresses))
    elif setting in ("ip6", "ip6plane", "ip6prefix"):
        print()
    elif isinstance(entry.get(setting), (str, int)):
        value = entry[setting]
        print(str(value).lower() if isinstance(value, bool) else value)
    else:
        print("error, unknown property name")


def _set(arguments: list[str], as_json: bool) -> None:
    print("200 set OK")


def _peers(arguments: list[str], as_json: bool) -> None:
    if as_json:
        _peers_json()
        return
    print("200 peers\n<ztaddr>   <ver>  <role> <lat> <link>   <lastTX> <lastRX> <path>")
    for peer in zerotier.peers():
        print(
            f"{peer['address']} {_version():<6} {peer['role']:<6} {peer['latency']:>3} DIRECT   3086     3058     {peer['path']}"
        )


def _list_peers(arguments: list[str], as_json: bool) -> None:
    if as_json:
        _peers_json()
        return
    print("200 listpeers <ztaddr> <path> <latency> <version> <role>")
    for peer in zerotier.peers():
        print(
            f"200 listpeers {peer['address']} {peer['path']};3148;3120 {peer['latency']} {_version()} {peer['role']}"
        )


def _peers_json() -> None:
    version, clock = _version(), int(state.now() * 1000)
    major, minor, revision = (int(p) for p in version.split("."))
    print(json.dumps([{
        "address": peer["address"], "isBonded": False, "latency": peer["latency"],
        "paths": [{"active": True, "address": peer["path"], "expired": False, "lastReceive": clock - 600,
                   "lastSend": clock - 200, "localPort": 0, "localSocket": 93979510964400, "preferred": True,
                   "trustedPathId": 0}],
        "role": peer["role"], "tunneled": False, "version": version, "versionMajor": major, "versionMinor": minor,
        "versionRev": revision} for peer in zerotier.peers()], indent=1))  # fmt: skip


def _list_moons(arguments: list[str], as_json: bool) -> None:
    print("[]")


_HANDLERS = {
    "get": _get,
    "info": _info,
    "join": _join,
    "leave": _leave,
    "listmoons": _list_moons,
    "listnetworks": _list_networks,
    "listpeers": _list_peers,
    "peers": _peers,
    "set": _set,
    "status": _info,
}
