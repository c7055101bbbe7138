"""What zerotier-cli 1.14.1 was seen to print."""

from __future__ import annotations

import json


def networks(
    status: str = "OK", addresses: tuple[str, ...] = ("10.9.8.65/24",), nwid: str = "8fa62dfe16000001"
) -> str:
    """``listnetworks -j`` with another network beside the one that is asked for."""
    other = {"assignedAddresses": ["10.9.8.65/16"], "nwid": "deadbeef00000002", "status": "OK", "routes": []}
    ours = {
        "assignedAddresses": list(addresses),
        "dns": {"domain": "", "servers": []},
        "id": nwid,
        "mtu": 2800,
        "multicastSubscriptions": [{"adi": 0, "mac": "01:00:5e:00:00:01"}],
        "name": 'my "cluster" net',
        "nwid": nwid,
        "portDeviceName": "ztogyc37qx",
        "routes": [{"flags": 0, "target": "10.9.8.0/24", "via": None}],
        "status": status,
        "type": "PRIVATE",
    }
    return json.dumps([other, ours], indent=1)


def peers(**members: str) -> str:
    """``peers -j``: member → ``direct``, ``relayed`` or ``tunneled``."""
    path = {"active": True, "address": "10.200.0.13/31056", "expired": False, "preferred": True}
    found = [
        {
            "address": member.removeprefix("m"),
            "isBonded": False,
            "latency": -1 if how == "relayed" else 21,
            "paths": [] if how == "relayed" else [path],
            "role": "LEAF",
            "tunneled": how == "tunneled",
        }
        for member, how in members.items()
    ]
    return json.dumps(found, indent=1)
