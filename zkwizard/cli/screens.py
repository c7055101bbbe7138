"""``zkwizard`` without a command: opens the screens, and puts the implementations behind their ports."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from zkwizard.app import Look, ZkwizardApp
from zkwizard.cli.prompt import TerminalPrompter
from zkwizard.model.errors import ExitCode, ZkwizardError
from zkwizard.model.ports import Network, Prompter
from zkwizard.model.secret import Redactor, Secret
from zkwizard.model.text import Text
from zkwizard.store.catalogue import languages, translator
from zkwizard.store.state import ClusterState, practice_folder, write_private

if TYPE_CHECKING:  # Home is on the screen before the model is loaded
    from zkwizard.cli.session import Site
    from zkwizard.engine.pace import Pace
    from zkwizard.model.cluster import Cluster
    from zkwizard.model.phase import Phase
    from zkwizard.model.remains import Teardown
    from zkwizard.screens.services import RunHandle


def screens(options: Namespace) -> int:
    """Run the app."""
    _forget_size()
    look = Look(translator(languages(options.lang)), options.ascii, options.theme)
    app = ZkwizardApp(Live(), look)
    app.run(mouse=not options.no_mouse)
    return app.return_code or ExitCode.DONE


def _forget_size() -> None:
    """A size that a shell, ``docker exec`` or readline put into the environment is that of the beginning:
    Textual would believe it rather than the terminal, and follow no resize.
    """
    try:
        known = all(os.get_terminal_size(sys.stdout.fileno()))
    except (OSError, ValueError, AttributeError):
        return
    if known:
        for name in ("COLUMNS", "LINES"):
            os.environ.pop(name, None)


class Live:
    """Implements ``zkwizard.screens.services.Services``."""

    def __init__(self) -> None:
        self._redactor = Redactor()

    @property
    def redactor(self) -> Redactor:
        """The secrets that were given so far."""
        return self._redactor

    def network(self, cluster: Cluster, file: Path, ask: Prompter) -> Network:
        """SSH to the nodes; questions that the environment and the keyring do not answer go to ``ask``."""
        return self._site(cluster, file, ask).network()

    def begin(
        self,
        cluster: Cluster,
        file: Path,
        ask: Prompter,
        *,
        phases: Sequence[Phase],
        nodes: Sequence[str],
        pace: Pace | None = None,
        teardown: Teardown | None = None,
        take_over: bool = False,
    ) -> RunHandle:
        """A run or a reset, not started yet. Raises ZkwizardError when another zkwizard here is at it."""
        from zkwizard.cli.runs import Run

        site = self._site(cluster, file, ask)
        return Run(site, phases, nodes, pace=pace, teardown=teardown, take_over=take_over)

    def _site(self, cluster: Cluster, file: Path, ask: Prompter) -> Site:
        from zkwizard.cli.session import Site

        return Site(cluster, file, _Layered(self._redactor, ask), self._redactor)

    async def proxy_password(self, ask: Prompter) -> Secret:
        """From the environment, the keyring, or a dialog."""
        from zkwizard.engine.vault import Vault

        return await Vault(_Layered(self._redactor, ask), self._redactor).get("proxy-password")

    def start_practice(self) -> Path:
        """Three practice nodes, or those that run already, and their cluster file."""
        from zkwizard.demo.practice import PracticeError, find, start

        folder = practice_folder()
        file = folder / "cluster.yaml"
        try:
            running = find(folder / "nodes")
            practice = running or start(folder / "nodes")
        except PracticeError as error:
            raise ZkwizardError(error.words) from error
        if running is None or not file.exists():
            write_private(file, practice.cluster_yaml())
        write_private(ClusterState(folder, "practice").known_hosts, practice.known_hosts())
        return file

    def practice_nodes(self) -> int:
        """How many run."""
        from zkwizard.demo.practice import find

        practice = find(practice_folder() / "nodes")
        return len(practice.nodes) if practice else 0


class _Layered(TerminalPrompter):
    """The environment first, then the keyring, then the screens: never the terminal below them."""

    def __init__(self, redactor: Redactor, ask: Prompter) -> None:
        super().__init__(redactor)
        self._screens = ask
        self._known = redactor

    def secret(self, name: str, question: Text) -> Secret | None:
        """The secret, or None when nobody gives one."""
        found = self.unasked(name) or self._screens.secret(name, question)
        if found:
            self._known.add(found)
        return found

    def accept_host_key(self, node: str, host: str, fingerprint: str) -> bool:
        """A person's answer."""
        return self._screens.accept_host_key(node, host, fingerprint)
