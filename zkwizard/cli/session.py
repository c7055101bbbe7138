"""Composition: puts the implementations behind the ports, for one command."""

from __future__ import annotations

import getpass
import hashlib
import socket
from argparse import Namespace
from pathlib import Path

from zkwizard.cli.prompt import TerminalPrompter
from zkwizard.model.cluster import Cluster
from zkwizard.model.errors import InputError
from zkwizard.model.ports import Network
from zkwizard.model.secret import Redactor
from zkwizard.store.clusterfile import load, with_key_paths
from zkwizard.store.state import ClusterState, state_of


class Session:
    """What a command works with: the cluster, its state folder, and the way to its nodes."""

    def __init__(self, options: Namespace) -> None:
        file = Path(options.file)
        self.cluster: Cluster = with_key_paths(load(file), file)
        self.state = ClusterState(state_of(file), self.cluster.name)
        self.redactor = Redactor()
        self.prompter = TerminalPrompter(self.redactor)
        self._accept_new = bool(getattr(options, "accept_new_host_keys", False))
        self._patience: float | None = getattr(options, "patience", None)

    def network(self) -> Network:
        """The connections to all nodes; made in the event loop that uses them."""
        from zkwizard.remote.network import SshNetwork
        from zkwizard.remote.timing import Timing

        return SshNetwork(
            self.cluster,
            self.state.known_hosts,
            self.prompter,
            accept_new=self._accept_new,
            redactor=self.redactor,
            timing=Timing(patience=self._patience) if self._patience else None,
        )

    def chosen(self, names: list[str]) -> tuple[str, ...]:
        """The nodes of the command line, or all. Raises InputError for one that is not in the file."""
        known = [node.name for node in self.cluster.nodes]
        for name in names:
            if name not in known:
                raise InputError(f"--node: found {name}; allowed: {', '.join(known)}")
        return tuple(name for name in known if not names or name in names)

    @property
    def operator(self) -> str:
        """Login and machine of who runs this, for the record on the nodes."""
        return f"{getpass.getuser()}@{socket.gethostname()}"

    @property
    def fingerprint(self) -> str:
        """Hash of the answers."""
        return hashlib.sha256(self.cluster.model_dump_json().encode()).hexdigest()
