"""The kubeconfig of a cluster for who made it: fetched, with names that tell clusters apart."""

from __future__ import annotations

from typing import Any

import yaml

from zkwizard.model.cluster import Cluster
from zkwizard.model.errors import ZkwizardError
from zkwizard.model.ports import Network
from zkwizard.model.text import T

_ADMIN = "/etc/kubernetes/admin.conf"


async def fetch(cluster: Cluster, network: Network, server: str = "") -> str:
    """It, with ``server`` or the overlay address as the way to the API server.

    Raises ZkwizardError when there is none, and ConnectionFailed.
    """
    leader = cluster.first_control_plane.name
    connection = network.connection(leader)
    await connection.connect()
    done = await connection.script(f"cat {_ADMIN}")
    if done.status != 0:
        raise ZkwizardError(
            T("{node} has no {path}: the control plane has not been made yet", node=leader, path=_ADMIN)
        )
    return for_operator(done.stdout.decode(), cluster, server)


def for_operator(text: str, cluster: Cluster, server: str = "") -> str:
    """The same with an address that works from here, and names that tell clusters apart."""
    document: dict[str, Any] = yaml.safe_load(text)
    host = server or str(cluster.first_control_plane.overlay_ip)
    user = f"{cluster.name}-admin"
    for entry in document["clusters"]:
        entry["name"] = cluster.name
        entry["cluster"]["server"] = f"https://{host}:6443"
    for entry in document["users"]:
        entry["name"] = user
    document["contexts"] = [{"name": cluster.name, "context": {"cluster": cluster.name, "user": user}}]
    document["current-context"] = cluster.name
    return yaml.safe_dump(document, sort_keys=False)
