"""Where the practice cluster keeps what in its state folder, and the shared documents it starts with."""

from __future__ import annotations

import compileall
import fcntl
import json
import os
import py_compile
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from zkwizard.demo import etc, standins
from zkwizard.demo.options import PracticeOptions

GATEWAY = "10.200.0.1"
# The network of the transcripts; the first ten digits are its controller's address.
NETWORK = "8fa62dfe16000001"
_OVERLAY = {"master": "10.9.8.118", "node1": "10.9.8.65", "node2": "10.9.8.129"}


@dataclass(frozen=True)
class NodePlan:
    """One node as it will be made."""

    server: etc.Server
    overlay_ip: str


def plan(options: PracticeOptions) -> tuple[NodePlan, ...]:
    """The nodes: master, node1, node2, …; the third one is Ubuntu, the second one keeps cloud-init."""
    free = (f"10.9.8.{n}" for n in range(1, 255) if f"10.9.8.{n}" not in _OVERLAY.values())
    nodes = []
    for number in range(options.nodes):
        name = "master" if number == 0 else f"node{number}"
        system = options.systems.get(name, "ubuntu" if number == 2 else "debian")
        address = f"10.200.{(number + 11) // 250}.{(number + 11) % 250}"
        server = etc.Server(name, address, GATEWAY, system, cloud_init=number == 1)
        nodes.append(NodePlan(server, _OVERLAY.get(name) or next(free)))
    return tuple(nodes)


class StateFolder:
    """The files of one practice cluster. Root-only, because the client key is in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.options = root / "options.json"
        self.record = root / "daemon.json"
        self.failure = root / "failure.txt"
        self.log = root / "daemon.log"
        self.client_key = root / "client_key"
        self.host_keys = root / "host_keys"
        self.programs = root / "programs"
        self.shared = root / "shared"
        self.work = root / "work"

    def make(self) -> None:
        """Make the folders."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.root.chmod(0o700)
        for folder in (self.host_keys, self.programs, self.shared, self.work):
            folder.mkdir(exist_ok=True)

    def install_standins(self) -> None:
        """Copy and compile the stand-ins, and PyYAML's pure Python, to the folder that nodes see
        read-only.
        """
        for source, name in (
            (Path(standins.__file__).parent, "standins"),
            (Path(yaml.__file__).parent, "yaml"),
        ):
            target = self.programs / name
            target.mkdir(exist_ok=True)
            for file in source.glob("*.py"):
                shutil.copyfile(file, target / file.name)
        compileall.compile_dir(
            self.programs, quiet=1, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
        )

    def write_shared(self, name: str, document: object) -> None:
        """Replace one of the documents that the stand-ins share."""
        fresh = self.shared / f"{name}.json.new"
        fresh.write_text(json.dumps(document))
        fresh.chmod(0o666)
        fresh.rename(self.shared / f"{name}.json")

    @contextmanager
    def changed(self, name: str) -> Iterator[dict[str, Any]]:
        """A shared document to change, under the lock that the stand-ins take, too."""
        lock = self.shared / f"{name}.json.lock"
        with lock.open("a") as held:
            lock.chmod(0o666)
            fcntl.flock(held, fcntl.LOCK_EX)
            document: dict[str, Any] = json.loads((self.shared / f"{name}.json").read_text())
            yield document
            self.write_shared(name, document)

    def begin(self, options: PracticeOptions, nodes: tuple[NodePlan, ...], owner: int) -> None:
        """Write the documents that a fresh practice cluster starts with."""
        self.write_shared("zerotier", {
            "controller": NETWORK[:10],
            "authorise_after": options.authorise_after,
            "plan": {node.server.name: node.overlay_ip for node in nodes},
            "networks": {NETWORK: {"name": "practice", "cidr": "10.9.8.0/24", "mtu": 2800}},
            "members": {},
        })  # fmt: skip
        self.write_shared("faults", {
            "fails": [{"step": f.step, "node": f.node, "times": f.times} for f in options.fails],
            "cuts": [{"node": c.node, "phase": c.phase, "seconds": c.seconds} for c in options.cuts],
        })  # fmt: skip
        self.write_shared("practice", {
            "nodes": {n.server.name: {**asdict(n.server), "overlay_ip": n.overlay_ip} for n in nodes},
        })  # fmt: skip
        if os.geteuid() == 0:
            os.chown(self.shared, owner, owner)
