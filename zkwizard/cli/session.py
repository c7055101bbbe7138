"""Composition: puts the implementations behind the ports."""

from __future__ import annotations

import getpass
import hashlib
import socket
from argparse import Namespace
from pathlib import Path

from zkwizard.cli.prompt import TerminalPrompter
from zkwizard.model.cluster import Cluster
from zkwizard.model.errors import InputError
from zkwizard.model.ports import Network, Prompter
from zkwizard.model.secret import Redactor
from zkwizard.model.text import T
from zkwizard.store.clusterfile import load, with_key_paths
from zkwizard.store.state import ClusterState, state_of


class Site:
    """A cluster file's cluster, its state folder, and the way to its nodes."""

    def __init__(
        self,
        cluster: Cluster,
        file: Path,
        prompter: Prompter,
        redactor: Redactor,
        *,
        accept_new: bool = False,
        patience: float | None = None,
    ) -> None:
        self.cluster = with_key_paths(cluster, file)
        self.state = ClusterState(state_of(file), cluster.name)
        self.prompter = prompter
        self.redactor = redactor
        self._accept_new = accept_new
        self._patience = patience

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

    @property
    def operator(self) -> str:
        """Login and machine of who runs this, for the record on the nodes."""
        return f"{getpass.getuser()}@{socket.gethostname()}"

    @property
    def fingerprint(self) -> str:
        """Hash of the answers."""
        return hashlib.sha256(self.cluster.model_dump_json().encode()).hexdigest()


class Session(Site):
    """What a command works with: its site by its options, and a terminal that may be asked."""

    def __init__(self, options: Namespace) -> None:
        file, redactor = Path(options.file), Redactor()
        self.terminal = TerminalPrompter(redactor)
        super().__init__(
            load(file),
            file,
            self.terminal,
            redactor,
            accept_new=bool(getattr(options, "accept_new_host_keys", False)),
            patience=getattr(options, "patience", None),
        )

    def chosen(self, names: list[str]) -> tuple[str, ...]:
        """The nodes of the command line, or all. Raises InputError for one that is not in the file."""
        known = [node.name for node in self.cluster.nodes]
        for name in names:
            if name not in known:
                words = T("--node: found {name}; allowed: {known}", name=name, known=", ".join(known))
                raise InputError(words)
        return tuple(name for name in known if not names or name in names)
