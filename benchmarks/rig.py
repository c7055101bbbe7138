"""Runs of synthetic phases by the real engine over real sshd, behind lines with a delay."""

from __future__ import annotations

import asyncio
import multiprocessing
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

from tests.sshd.delayproxy import DelayProxy
from tests.sshd.farm import TestNode
from zkwizard.controllers.by_hand import ByHand
from zkwizard.engine.request import Request
from zkwizard.engine.run import Engine
from zkwizard.engine.vault import Vault
from zkwizard.model.cluster import Cluster, Driver, Node, Overlay, Role, Ssh
from zkwizard.model.events import RunEnded
from zkwizard.model.phase import Phase
from zkwizard.model.ports import Prompter
from zkwizard.model.secret import Redactor, Secret
from zkwizard.remote import SshNetwork
from zkwizard.store.journal import Journal
from zkwizard.store.state import ClusterState


class Nobody(Prompter):
    """Knows no secrets and is never asked."""

    def secret(self, name: str, question: str) -> Secret | None:
        return None

    def accept_host_key(self, node: str, host: str, fingerprint: str) -> bool:
        return False


@dataclass(frozen=True)
class Timed:
    """One run."""

    ended: RunEnded
    wall: float
    folder: Path


def run(nodes: Sequence[TestNode], ports: Sequence[int], phases: Sequence[Phase], state: Path) -> Timed:
    """Run the phases on all nodes, from an interpreter that has everything imported."""
    cluster = _cluster(nodes, ports)
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
        engine = Engine(request, network, ByHand(), Vault(Nobody(), redactor), journal, values={})
        try:
            return await engine.run()
        finally:
            await network.close()
            journal.close()

    began = time.perf_counter()
    ended = asyncio.run(main())
    return Timed(ended, time.perf_counter() - began, folder.path)


def _cluster(nodes: Sequence[TestNode], ports: Sequence[int]) -> Cluster:
    return Cluster(
        name="bench",
        overlay=Overlay(driver=Driver.EXISTING, cidr=IPv4Network("10.9.8.0/24")),
        nodes=tuple(
            Node(
                name=f"n{number}",
                role=Role.WORKER if number else Role.CONTROL_PLANE,
                ssh=Ssh(host="127.0.0.1", port=port, key=str(node.key)),
                overlay_ip=IPv4Address(f"10.9.8.{number + 1}"),
            )
            for number, (node, port) in enumerate(zip(nodes, ports, strict=True))
        ),
    )


@contextmanager
def lines(targets: Sequence[int], rtt: float) -> Iterator[list[int]]:
    """A delayed line in front of each port, carried by a process of their own."""
    here, there = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_carry, args=(there, list(targets), rtt))
    process.start()
    try:
        yield here.recv()
    finally:
        here.send("over")
        process.join(10)
        process.kill()


def _carry(pipe: Pipe, targets: list[int], rtt: float) -> None:
    async def main() -> None:
        proxies = [DelayProxy(target, rtt) for target in targets]
        for proxy in proxies:
            await proxy.__aenter__()
        pipe.send([proxy.port for proxy in proxies])
        await asyncio.to_thread(pipe.recv)
        for proxy in proxies:
            await proxy.__aexit__()

    asyncio.run(main())


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for state."""
    with tempfile.TemporaryDirectory(prefix="zkwizard-bench-") as folder:
        yield Path(folder)
