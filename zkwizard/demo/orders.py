"""What the daemon does for each order on its control socket."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import asyncio

    from zkwizard.demo.layout import StateFolder
    from zkwizard.demo.link import Link


class Cluster(Protocol):
    """The part of the daemon that orders act on."""

    folder: StateFolder
    links: dict[str, Link]
    ended: asyncio.Event


def carry_out(cluster: Cluster, order: dict[str, Any]) -> dict[str, Any]:
    """Do what `order` says; the answer has "error" if it can't be done."""
    do = _ORDERS.get(order.get("do", ""))
    if do is None:
        return {"error": f"no such order: {order.get('do')!r}"}
    if "node" in order and order["node"] not in cluster.links:
        return {"error": f"no such node: {order['node']!r}"}
    return do(cluster, order) or {"ok": True}


def _status(cluster: Cluster, _: dict[str, Any]) -> dict[str, Any]:
    zerotier, faults = (_document(cluster, name) for name in ("zerotier", "faults"))
    return {
        "links": {name: {"cut": link.is_cut, "rtt_ms": link.rtt_ms} for name, link in cluster.links.items()},
        "members": zerotier.get("members", {}),
        "faults": faults,
    }


def _cut(cluster: Cluster, order: dict[str, Any]) -> None:
    cluster.links[order["node"]].cut(order.get("seconds"))


def _mend(cluster: Cluster, order: dict[str, Any]) -> None:
    cluster.links[order["node"]].mend()


def _rtt(cluster: Cluster, order: dict[str, Any]) -> None:
    cluster.links[order["node"]].rtt_ms = float(order["rtt_ms"])


def _authorise(cluster: Cluster, order: dict[str, Any]) -> dict[str, Any] | None:
    with cluster.folder.changed("zerotier") as document:
        if order["network"] not in document["networks"]:
            return {"error": f"no such network: {order['network']}"}
        member = document["members"].setdefault(f"{order['network']}/{order['member']}", {})
        member.update(authorised=True, ip=order["ip"], authorised_at=time.time())
    return None


def _deauthorise(cluster: Cluster, order: dict[str, Any]) -> None:
    with cluster.folder.changed("zerotier") as document:
        member = document["members"].setdefault(f"{order['network']}/{order['member']}", {})
        member.update(authorised=False, refused=True)


def _fail(cluster: Cluster, order: dict[str, Any]) -> None:
    fault = {"step": order["step"], "node": order["node"], "times": int(order["times"])}
    with cluster.folder.changed("faults") as document:
        document["fails"].append(fault)


def _cut_at(cluster: Cluster, order: dict[str, Any]) -> None:
    cut = {"node": order["node"], "phase": order["phase"], "seconds": float(order["seconds"])}
    with cluster.folder.changed("faults") as document:
        document["cuts"].append(cut)


def _apt_lock(cluster: Cluster, order: dict[str, Any]) -> None:
    cluster.folder.write_shared(f"apt-lock-{order['node']}", {"until": time.time() + float(order["seconds"])})


def _stop(cluster: Cluster, _: dict[str, Any]) -> None:
    cluster.ended.set()


def _document(cluster: Cluster, name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((cluster.folder.shared / f"{name}.json").read_text())
    return document


_ORDERS: dict[str, Callable[[Cluster, dict[str, Any]], dict[str, Any] | None]] = {
    "status": _status, "cut": _cut, "cut_at": _cut_at, "mend": _mend, "rtt": _rtt, "authorise": _authorise,
    "deauthorise": _deauthorise, "fail": _fail, "apt_lock": _apt_lock, "stop": _stop,
}  # fmt: skip
