"""What somebody else needs to see, in one file: gathered, listed, and written when one says so."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.binding import Binding
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Static

from zkwizard.engine.inside.bundling import Bundle, collect
from zkwizard.engine.inside.own_files import environment_secrets, own_files
from zkwizard.model.errors import ZkwizardError
from zkwizard.model.ports import Network
from zkwizard.model.text import T, Text
from zkwizard.screens.questions import TextQuestion
from zkwizard.screens.troubleshoot.looking import LookScreen, Place
from zkwizard.store.archive import write_archive
from zkwizard.tables.table import Column, Row, Table
from zkwizard.widgets.log_pane.copying import copy
from zkwizard.widgets.sheet import Sheet
from zkwizard.widgets.words import mark, say, say_error

_LINES = 2000
"""Lines of each log."""


class BundleScreen(LookScreen[None]):
    """The list of files is what would leave this machine; nothing is written before one has seen it."""

    TITLE_TEXT = T("Bundle")
    ABOUT = (
        T(
            "Facts, versions, logs and configuration of all nodes, the plan and the journal of the last "
            "run, to be sent to somebody who helps. Secrets are removed, those that the nodes hold wherever "
            "they were logged; it is not written if one is left. w writes it, y copies where it is."
        ),
    )
    BINDINGS: ClassVar = [
        Binding("w", "write", str(T("Write")), id="bundle.write"),
        Binding("y", "copy", str(T("Copy its path")), id="bundle.copy"),
        Binding("r,f5", "again", str(T("Gather again")), id="bundle.again"),
    ]

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self._made: Bundle | None = None
        self._path: Path | None = None

    def body(self) -> Iterable[Widget]:
        """What is in it."""
        head = Static(id="bundle-head", classes="head", markup=False)
        yield Vertical(head, Sheet(id="bundle-files"), id="bundle-body")

    def on_mount(self) -> None:
        """Gather."""
        self.query_one(Sheet).focus()
        self.action_again()

    @work(exclusive=True, group="bundle")
    async def action_again(self) -> None:
        """Ask all nodes for their files."""
        self._made = None
        self._head(f"{mark('▶')} {say(T('gathering from all nodes …'))}")
        made = await self.ask(self._collect)
        if not self.here or made is None:
            return
        self._made = made
        rows = [Row(name, [name, f"{len(content):,}"]) for name, content in made.files.items()]
        self.query_one(Sheet).fill(
            Table((Column(T("FILE"), fold=True), Column(T("BYTES"), right=True)), rows)
        )
        self._say()
        self.refresh_bindings()

    async def _collect(self, network: Network) -> Bundle:
        place = self.at
        for secret in environment_secrets():
            place.redactor.add(secret)
        own = own_files(place.cluster, place.file, place.state.runs())
        chosen = [node.name for node in place.cluster.nodes]
        return await collect(place.cluster, network, chosen, own=own, lines=_LINES, redactor=place.redactor)

    def _say(self) -> None:
        made = self._made
        assert made
        size = sum(map(len, made.files.values()))
        counted = T(
            "{count} files, {size} bytes; {secrets} secrets were replaced",
            count=len(made.files),
            size=f"{size:,}",
            secrets=made.redacted,
        )
        lines = [say(counted)]
        lines += [f"{mark('✗')} {say_error(error)}" for error in made.unreachable.values()]
        if self._path:
            lines.append(f"{mark('✓')} {say(T('written: {path}', path=str(self._path)))}")
        else:
            lines.append(say(T("Nothing is written yet: w writes it.")))
        self._head("\n".join(lines))

    def failed(self, words: str) -> None:
        """Above the list."""
        self._head(words)

    def _head(self, words: str) -> None:
        self.query_one("#bundle-head", Static).update(words)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is not there can't be written."""
        if action == "write":
            return self._made is not None
        return action != "copy" or self._path is not None

    @work
    async def action_write(self) -> None:
        """Ask where, and write."""
        if self._made is None:
            return
        name = f"{self.at.cluster.name}-{time.strftime('%Y%m%d-%H%M%S')}.tar.gz"
        given = await self.zk.push_screen_wait(
            TextQuestion(
                T("Write these {count} files to", count=len(self._made.files)),
                T("An archive for your eyes only (mode 0600). Enter: write · Esc: not"),
                str(Path.cwd() / name),
                refuse=_not_there,
            )
        )
        if not given:
            return
        path = Path(given).expanduser().absolute()
        try:
            write_archive(path, self._made.files)
        except ZkwizardError as error:
            self.zk.notify(say_error(error), severity="error", markup=False, timeout=15)
        except OSError as error:
            words = T("Can't write {path}: {why}", path=str(path), why=error.strerror or str(error))
            self.zk.notify(say(words), severity="error", markup=False, timeout=15)
        else:
            self._path = path
            self._say()
            self.refresh_bindings()

    def action_copy(self) -> None:
        """Where it is."""
        if self._path:
            copy(
                self,
                str(self._path),
                T("Copied: {path}", path=str(self._path)),
                self.at.folder / "copied.txt",
            )


def _not_there(text: str) -> Text | None:
    try:
        path = Path(text).expanduser()
    except RuntimeError as error:
        return T("{path}: {why}", path=text, why=str(error))
    if path.exists():
        return T("{path} is there already", path=str(path))
    return None if path.absolute().parent.is_dir() else T("there is no folder {path}", path=str(path.parent))
