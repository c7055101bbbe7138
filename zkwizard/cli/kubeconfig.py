"""``zkwizard kubeconfig``: the way into the cluster, for who made it."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

import yaml

from zkwizard.cli.session import Session
from zkwizard.model.cluster import Cluster
from zkwizard.model.errors import ExitCode, ZkwizardError
from zkwizard.store.state import write_private

_ADMIN = "/etc/kubernetes/admin.conf"


def kubeconfig(options: Namespace) -> int:
    """Print it, or write it to a file of mode 0600."""
    session = Session(options)
    text = _for_operator(asyncio.run(_fetch(session)), session.cluster, options.server)
    if options.output == "-":
        print(text, end="")
    else:
        path = Path(options.output).expanduser()
        write_private(path, text)
        print(f"wrote {path}: kubectl --kubeconfig {path} get nodes", file=sys.stderr)
    return ExitCode.DONE


async def _fetch(session: Session) -> str:
    leader = session.cluster.first_control_plane.name
    network = session.network()
    try:
        connection = network.connection(leader)
        await connection.connect()
        done = await connection.script(f"cat {_ADMIN}")
    finally:
        await network.close()
    if done.status != 0:
        raise ZkwizardError(f"{leader} has no {_ADMIN}: the control plane has not been made yet")
    return done.stdout.decode()


def _for_operator(text: str, cluster: Cluster, server: str) -> str:
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
