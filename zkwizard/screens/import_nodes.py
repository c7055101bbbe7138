"""Machines that are written down somewhere already: ~/.ssh/config, another cluster file, pasted lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input, SelectionList, Static, TabbedContent, TabPane, TextArea
from textual.widgets.selection_list import Selection

from zkwizard.model.errors import ZkwizardError
from zkwizard.model.inventory import Entry, from_lines
from zkwizard.model.text import T
from zkwizard.screens.frame import Dialog
from zkwizard.store.draft import Draft
from zkwizard.widgets.words import mark, say, say_error

_EXAMPLES = T(
    "node1 203.0.113.7\n"
    "root@203.0.113.8:2222 tencent Shanghai 2C4G\n"
    "web1 ansible_host=203.0.113.9 ansible_user=debian"
)


class ImportNodes(Dialog[list[Entry] | None]):
    """Three ways in three tabs; what is chosen is taken over with Ctrl+S."""

    ABOUT = (
        T(
            "Lines may be: NAME ADDRESS · user@address:port · a line of /etc/hosts · an Ansible "
            "inventory (ansible_host=…) · a table with commas or tabs. Providers, roles (worker, "
            "control-plane), sizes (2C4G) and overlay addresses in a line are understood; what is left "
            "of the words is the region."
        ),
    )
    BINDINGS: ClassVar = [Binding("ctrl+s", "take", str(T("Take over")), id="import.take", priority=True)]

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self._draft = draft
        self._machines, self._trouble = _machines()
        self._from_file: list[Entry] = []
        self._pasted: list[Entry] = []

    def compose(self) -> ComposeResult:
        """The tabs, and what would be added."""
        with Vertical(classes="dialog wide tall"):
            yield Static(say(T("Import nodes")), markup=False, classes="heading")
            with TabbedContent(initial="ssh" if self._machines else "lines"):
                with TabPane(say(T("~/.ssh/config")), id="ssh"):
                    if self._machines:
                        yield SelectionList(
                            *(self._selection(n) for n in range(len(self._machines))), id="hosts"
                        )
                    else:
                        yield Static(self._trouble or say(T("no hosts there")), markup=False)
                with TabPane(say(T("Pasted lines")), id="lines"):
                    yield TextArea(id="pasted", soft_wrap=False, placeholder=say(_EXAMPLES))
                with TabPane(say(T("Cluster file")), id="file"):
                    yield Input(placeholder=say(T("path of a cluster.yaml")), id="path")
            yield Static("", id="found", markup=False)
            yield Static(say(T("Ctrl+S: take over · Esc: back · F1: help")), markup=False, classes="hint")

    def _selection(self, number: int) -> Selection[int]:
        entry = self._machines[number]
        return Selection(f"{entry['name']}  {_login(entry)}", number)

    @on(TabbedContent.TabActivated)
    def _activated(self, event: TabbedContent.TabActivated) -> None:
        for control in event.pane.query("SelectionList, TextArea, Input"):
            control.focus()
        self._show()

    @on(SelectionList.SelectedChanged)
    def _show(self) -> None:
        entries = self._entries()
        left = from_lines(self.query_one(TextArea).text)[1] if self._tab == "lines" else []
        lines = [
            f"{mark('✗')} {say(T('line {number} names no machine: {text}', number=n, text=t[:50]))}"
            for n, t in left[:2]
        ]
        names = ", ".join(f"{entry.get('name', '?')} ({_login(entry)})" for entry in entries[:3])
        more = " …" if len(entries) > 3 else ""
        lines.insert(
            0, say(T("{count} to add: {names}", count=len(entries), names=names + more)) if entries else ""
        )
        self.query_one("#found", Static).update("\n".join(lines).strip())

    @property
    def _tab(self) -> str:
        return self.query_one(TabbedContent).active

    def _entries(self) -> list[Entry]:
        if self._tab == "ssh":
            return (
                [self._machines[n] for n in self.query_one(SelectionList).selected] if self._machines else []
            )
        return self._pasted if self._tab == "lines" else self._from_file

    @on(TextArea.Changed)
    def _typed(self, event: TextArea.Changed) -> None:
        cidr: Any = self._draft.answer("overlay", "cidr")
        self._pasted = from_lines(event.text_area.text, cidr)[0]
        self._show()

    @on(Input.Changed, "#path")
    def _named(self, event: Input.Changed) -> None:
        self._from_file = []
        try:
            path = Path(event.value).expanduser()
            if event.value and path.is_file():
                other = Draft.open(path)
                self._from_file = [other.node_data(index) for index in other.nodes]
        except (ZkwizardError, OSError, RuntimeError) as error:
            self.query_one("#found", Static).update(say_error(error).splitlines()[0])
            return
        self._show()

    def action_take(self) -> None:
        """Add what is chosen, without machines that are in the table already."""
        known = {
            (
                self._draft.given("nodes", index, "ssh", "host"),
                self._draft.given("nodes", index, "ssh", "port"),
            )
            for index in self._draft.nodes
        }
        fresh = [entry for entry in self._entries() if _place(entry) not in known]
        if not fresh:
            words = T("nothing to add: nothing chosen, or all of it is in the table already")
            self.app.notify(say(words), markup=False)
            return
        self.dismiss(fresh)


def _place(entry: Entry) -> tuple[str, str]:
    ssh = entry.get("ssh") or {}
    return str(ssh.get("host", "")), str(ssh.get("port", ""))


def _login(entry: Entry) -> str:
    ssh = entry.get("ssh") or {}
    port = f":{ssh['port']}" if ssh.get("port") else ""
    user = f"{ssh['user']}@" if ssh.get("user") else ""
    return f"{user}{ssh.get('host', '?')}{port}"


def _machines() -> tuple[list[Entry], str]:
    from zkwizard.store.sshconfig import machines

    try:
        return machines(), ""
    except OSError as error:
        return [], f"~/.ssh/config: {error.strerror}"
