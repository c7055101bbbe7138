"""The person at the lab's terminal: a cluster file, a state folder, and zkwizard in its namespace."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.lab import network
from tests.lab.lab import OVERLAY
from tests.lab.machine import Machine
from tests.running import Ended, Running, own_environment
from tests.terminal import Terminal
from zkwizard.demo.layout import NETWORK

SITE = f"http://{network.OPERATOR}"
SITE6 = f"http://[{network.OPERATOR6}]"
PROXY = f"http://{network.OPERATOR}:{network.PROXY_PORT}"


def cluster(machines: Sequence[Machine], key: Path, *, spoilt: str = "", **changes: Any) -> dict[str, Any]:
    """The cluster file of these machines. `spoilt` is what the package server does wrong for Kubernetes'
    packages; `changes` replace whole keys.
    """
    whole = SITE6 if any(machine.ipv6 for machine in machines) else SITE
    site = f"{whole}/{spoilt}" if spoilt else whole
    return {
        "name": "lab",
        "overlay": {"network": NETWORK, "cidr": "10.9.8.0/24"},
        "mirrors": {
            "packages": {
                "kubernetes": {
                    "url": f"{site}/kubernetes/core:/stable:/v1.36/deb/",
                    "key": f"{whole}/kubernetes/core:/stable:/v1.36/deb/Release.key",
                },
                "runtime": {"url": f"{whole}/docker/linux/debian", "key": f"{whole}/docker/linux/debian/gpg"},
                "zerotier": {"url": f"{whole}/zerotier/debian/bookworm", "key": f"{whole}/zerotier/key.gpg"},
            },
            "images": {"registries": {"registry.k8s.io": whole}},
        },
        "kubernetes": {"version": "1.36"},
        "nodes": [
            node(machine, key, "control-plane" if machine.name == "master" else "worker")
            for machine in machines
        ],
        **changes,
    }


def node(machine: Machine, key: Path, role: str = "worker", **changes: Any) -> dict[str, Any]:
    """A machine's entry in the file."""
    return {
        "name": machine.name,
        "role": role,
        "ssh": {"host": machine.address, "key": str(key)},
        "overlay_ip": OVERLAY[machine.name],
        **changes,
    }


class Operator:
    """Everything of one person lies below `folder`."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.home = folder / "home"
        self.state = folder / "state"
        self.file = folder / "cluster.yaml"
        self.home.mkdir(parents=True)
        self.variables = own_environment(self.home, self.state, **variables)

    def writes(self, document: Mapping[str, Any]) -> None:
        """Save the cluster file."""
        self.file.write_text(yaml.safe_dump(dict(document), sort_keys=False))

    def argv(self, *words: object) -> list[str]:
        """A zkwizard command on the file, in the lab's namespace."""
        command, *rest = map(str, words)
        return network.inside(sys.executable, "-m", "zkwizard", command, str(self.file), *rest)

    def begin(self, *words: object) -> Running:
        """Start a command where no terminal is; the host keys are accepted."""
        return Running(self.argv(*words), self.variables, self.home)

    def at_terminal(self, *words: object) -> Terminal:
        """Start a command on a real terminal, with a person before it."""
        return Terminal(self.argv(*words), self.variables, self.home)

    def run(self, *words: object, seconds: float = 240) -> Ended:
        """A command to its end."""
        return self.begin(*words).ended(seconds)

    def makes(self, *words: object) -> Ended:
        """`zkwizard run` with nothing left to ask."""
        return self.run("run", "--yes", "--json", "--accept-new-host-keys", *words)

    @property
    def runs(self) -> list[Path]:
        """Folders of all runs, oldest first."""
        return sorted((self.state / "clusters" / "lab" / "runs").iterdir())
