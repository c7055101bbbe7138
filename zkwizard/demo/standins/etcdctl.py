"""etcdctl, as it answers inside etcd's container: members, health and status of the control planes' etcd."""

from __future__ import annotations

import hashlib
import json
import sys

from . import cluster
from .kubeadm_phases import answers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_VERSION = "3.6.8"


def main(arguments: list[str]) -> int:
    """The subcommand with its flags, wherever they stand."""
    words = [a for a in arguments if not a.startswith("-")]
    shape = next((a.partition("=")[2] for a in arguments if a.startswith(("-w=", "--write-out="))), "simple")
    if "-w" in arguments:
        shape = arguments[arguments.index("-w") + 1]
        words.remove(shape)
    if "--cacert" not in " ".join(arguments):
        print("Error: context deadline exceeded", file=sys.stderr)
        return 1
    handler = {("member", "list"): _members, ("endpoint", "health"): _health, ("endpoint", "status"): _status}
    work = handler.get((words[0], words[1]) if words[1:] else ("", ""))
    if work is None:
        print(f'Error: unknown command "{" ".join(words)}" for "etcdctl"', file=sys.stderr)
        return 1
    return work(shape, _own())


def _own() -> list[dict[str, Any]]:
    """The members: every node with a control plane."""
    found = []
    for name, node in cluster.read().get("nodes", {}).items():
        if "node-role.kubernetes.io/control-plane" in node["labels"]:
            ip = cluster.internal_ip(node)
            number = int(hashlib.sha256(f"{name}{ip}".encode()).hexdigest()[:15], 16)
            found.append({"ID": number, "name": name, "ip": ip, "well": answers(ip, 2379, 1)})
    return found


def _header(member: dict[str, Any]) -> dict[str, Any]:
    number = int(hashlib.sha256(cluster.ca_hash().encode()).hexdigest()[:15], 16)
    return {"cluster_id": number, "member_id": member["ID"], "raft_term": 2}


def _members(shape: str, own: list[dict[str, Any]]) -> int:
    if shape == "json":
        members = [
            {
                "ID": m["ID"],
                "name": m["name"],
                "peerURLs": [f"https://{m['ip']}:2380"],
                "clientURLs": [f"https://{m['ip']}:2379"],
            }
            for m in own
        ]
        print(json.dumps({"header": _header(own[0]), "members": members}, separators=(",", ":")))
    else:
        for m in own:
            urls = f"https://{m['ip']}:2380, https://{m['ip']}:2379"
            print(f"{m['ID']:x}, started, {m['name']}, {urls}, false")
    return 0


def _health(shape: str, own: list[dict[str, Any]]) -> int:
    shown = []
    for m in own:
        entry = {"endpoint": f"https://{m['ip']}:2379", "health": m["well"], "took": "9.118044ms"}
        if not m["well"]:
            entry |= {"took": "5.000973842s", "error": "context deadline exceeded"}
        shown.append(entry)
        if shape != "json" and m["well"]:
            print(f"{entry['endpoint']} is healthy: successfully committed proposal: took = {entry['took']}")
        elif shape != "json":
            print(
                f"{entry['endpoint']} is unhealthy: failed to commit proposal: {entry['error']}",
                file=sys.stderr,
            )
    if shape == "json":
        print(json.dumps(shown, separators=(",", ":")))
    if not all(m["well"] for m in own):
        print("Error: unhealthy cluster", file=sys.stderr)
        return 1
    return 0


def _status(shape: str, own: list[dict[str, Any]]) -> int:
    well = [m for m in own if m["well"]]
    leader = well[0]["ID"] if well else 0
    shown: list[dict[str, Any]] = [
        {
            "Endpoint": f"https://{m['ip']}:2379",
            "Status": {
                "header": {**_header(m), "revision": 1024}, "version": _VERSION, "dbSize": 2097152, "leader": leader,
                "raftIndex": 1070, "raftTerm": 2, "raftAppliedIndex": 1070, "dbSizeInUse": 1048576,
                "storageVersion": "3.6.0", "downgradeInfo": {},
            },
        }
        for m in well
    ]  # fmt: skip
    if shape == "json":
        print(json.dumps(shown, separators=(",", ":")))
    else:
        for entry in shown:
            status = entry["Status"]
            print(
                f"{entry['Endpoint']}, {status['header']['member_id']:x}, {_VERSION}, 2.1 MB, true, false, 2, 1070, 1070, "
            )
    for m in own:
        if not m["well"]:
            fault = f"Failed to get the status of endpoint https://{m['ip']}:2379 (context deadline exceeded)"
            print(fault, file=sys.stderr)
    return 0 if len(well) == len(own) else 1
