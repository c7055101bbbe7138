"""Runs of synthetic phases by the real engine over SSH."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from zkwizard.controllers.by_hand import ByHand
from zkwizard.engine.request import Request
from zkwizard.engine.run import Engine
from zkwizard.engine.vault import Vault
from zkwizard.model.cluster import Cluster, Driver, Node, Overlay, Role, Ssh
from zkwizard.model.events import RunEnded
from zkwizard.model.phase import Phase
from zkwizard.model.ports import Prompter
from zkwizard.model.secret import Redactor, Secret
from zkwizard.model.text import Text
from zkwizard.remote import SshNetwork
from zkwizard.store.journal import Journal
from zkwizard.store.state import ClusterState

CLUSTER = "bench"
"""Name of the cluster in the state folder."""


class Nobody(Prompter):
    """Knows no secrets and is never asked."""

    def secret(self, name: str, question: Text) -> Secret | None:
        return None

    def accept_host_key(self, node: str, host: str, fingerprint: str) -> bool:
        return False


@dataclass(frozen=True)
class Timed:
    """One run."""

    ended: RunEnded
    wall: float
    folder: Path


def run(key: Path, ports: Sequence[int], phases: Sequence[Phase], state: Path) -> Timed:
    """Run the phases on all nodes as the command does: known hosts, journal, logs and programs on disk."""
    cluster = _cluster(key, ports)
    store = ClusterState(state, cluster.name)
    folder = store.new_run()
    request = Request(
        run=folder.id,
        cluster=cluster,
        phases=phases,
        nodes=[node.name for node in cluster.nodes],
        operator="bench@here",
        key=folder.key(),
        fingerprint="",
    )

    async def main() -> RunEnded:
        redactor = Redactor()
        network = SshNetwork(cluster, store.known_hosts, Nobody(), accept_new=True, redactor=redactor)
        journal = Journal(folder)
        vault = Vault(Nobody(), redactor)
        engine = Engine(
            request,
            network,
            ByHand(),
            vault,
            journal,
            values={},
            keep_program=journal.program,
            settled=journal.settled,
        )
        try:
            return await engine.run()
        finally:
            await network.close()
            journal.close()

    began = time.perf_counter()
    ended = asyncio.run(main())
    return Timed(ended, time.perf_counter() - began, folder.path)


def _cluster(key: Path, ports: Sequence[int]) -> Cluster:
    return Cluster(
        name=CLUSTER,
        overlay=Overlay(driver=Driver.EXISTING, cidr=IPv4Network("10.9.8.0/24")),
        nodes=tuple(
            Node(
                name=f"n{number}",
                role=Role.WORKER if number else Role.CONTROL_PLANE,
                ssh=Ssh(host="127.0.0.1", port=port, key=str(key)),
                overlay_ip=IPv4Address(f"10.9.8.{number + 1}"),
            )
            for number, port in enumerate(ports)
        ),
    )


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for state."""
    with tempfile.TemporaryDirectory(prefix="zkwizard-bench-") as folder:
        yield Path(folder)
