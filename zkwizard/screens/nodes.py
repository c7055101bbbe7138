"""Step 1: the machines, in a table; tested all at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from rich.text import Text as RichText
from textual import on, work
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.coordinate import Coordinate
from textual.widget import Widget
from textual.widgets import DataTable, Static

from zkwizard.engine.inside.trial import Tried
from zkwizard.model.errors import ZkwizardError
from zkwizard.model.inventory import Entry, complete
from zkwizard.model.text import T, Text
from zkwizard.screens import machine
from zkwizard.screens.case import Case
from zkwizard.screens.step import StepScreen
from zkwizard.screens.steps import Step, step_of
from zkwizard.widgets.words import mark, say, say_error

_COLUMNS: tuple[tuple[str, Text, str], ...] = (
    ("name", T("Name"), "name"),
    ("role", T("Role"), "role"),
    ("provider", T("Provider"), "provider"),
    ("login", T("Login"), "host"),
    ("state", T("State"), "name"),
)
"""Id, title, and which field of the form a cell opens."""
_WIDE: tuple[tuple[str, Text, str], ...] = (
    ("region", T("Region"), "region"),
    ("os", T("System"), "name"),
    ("cpus", T("CPU"), "name"),
    ("memory", T("Memory"), "name"),
    ("disk", T("Free disk"), "name"),
    ("swap", T("Swap"), "name"),
    ("clock", T("Clock"), "name"),
)


class NodesStep(StepScreen):
    """The table, and below it what is known about the machine under the cursor."""

    STEP = Step.NODES
    ABOUT = (
        T(
            "Every machine that shall be in the cluster. One is the control plane, the others are "
            "workers. Enter on a cell changes it; a adds a machine, d makes another like the one under "
            "the cursor, i reads machines from ~/.ssh/config, from another cluster file, or from lines "
            "that you paste."
        ),
        T(
            "t tests all of them at once: the fingerprint of a new host is shown to be compared, then "
            "login and root, then system, processor, memory, disk, swap and clock are read off the "
            "machine. Nothing is changed there."
        ),
    )
    BINDINGS: ClassVar = [
        Binding("a", "add", str(T("Add")), id="nodes.add"),
        Binding("d", "duplicate", str(T("Duplicate")), id="nodes.duplicate"),
        Binding("delete", "remove", str(T("Remove")), id="nodes.remove"),
        Binding("i", "import", str(T("Import")), id="nodes.import"),
        Binding("t,f2", "test", str(T("Test")), id="nodes.test"),
    ]

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        self._width = 0
        """For which the table was drawn."""
        self._columns: list[str] = []
        """Which field of the form the cells of each column open."""
        self._awaited: set[str] = set()
        """Nodes whose test has not ended yet."""

    @property
    def _testing(self) -> bool:
        return bool(self._awaited)

    def body(self) -> Iterable[Widget]:
        """Table and details."""
        yield Horizontal(
            DataTable(id="nodes", cursor_type="cell", zebra_stripes=True, cell_padding=1),
            VerticalScroll(Static(id="detail", markup=False), id="details", can_focus=False),
            id="nodes-body",
        )

    def on_mount(self) -> None:
        """Nothing there yet: say how to begin."""
        super().on_mount()
        self.query_one(DataTable).focus()

    def on_resize(self) -> None:
        """Where there is room, it is shown what was read off the machines, too."""
        if self._width != self.size.width:
            self.changed()

    def changed(self) -> None:
        """Draw the table anew; the cursor stays where it is."""
        table = self.query_one("#nodes", DataTable)
        at = table.cursor_coordinate
        self._width = self.size.width
        table.clear(columns=True)
        self._columns = []
        room = self._width - table.scrollbar_size_vertical
        for key, title, field in _COLUMNS + _WIDE:
            label = RichText(say(title))
            cells = [self._cell(index, key) for index in self.draft.nodes]
            width = max([label.cell_len, *(cell.cell_len for cell in cells)])
            if (key, title, field) in _WIDE and not any(cells):
                continue
            room -= width + 2 * table.cell_padding
            if (key, title, field) in _WIDE and room < 0:
                break
            self._columns.append(field)
            table.add_column(label, key=key, width=width)
        for index in self.draft.nodes:
            table.add_row(*(self._cell(index, key.value or "") for key in table.columns), key=str(index))
        if self.draft.nodes:
            table.move_cursor(
                row=min(at.row, len(self.draft.nodes) - 1), column=min(at.column, len(self._columns) - 1)
            )
        self._show_detail()

    def _cell(self, index: int, key: str) -> RichText:
        given = self.draft.given
        if key in ("name", "role", "provider", "region"):
            text = given("nodes", index, key) or ("worker" if key == "role" else "")
            wrong = self.draft.fault("nodes", index, key) is not None
            return _text(text or ("?" if wrong else ""), wrong=wrong, limit=18)
        if key == "login":
            return _text(
                self._login(index), wrong=bool(self.draft.faults_below("nodes", index, "ssh")), limit=32
            )
        if key == "state":
            return self._state(index)
        facts = self.case.result(index)
        if not facts or not facts.facts:
            return RichText("")
        found = facts.facts
        shown = {
            "os": found.os.pretty.replace("GNU/Linux ", "")[:22],
            "cpus": str(found.cpus),
            "memory": machine.gigabytes(found.memory_mb),
            "disk": machine.disk(found),
            "swap": machine.swap(found),
            "clock": machine.clock(found),
        }
        return RichText(shown[key])

    def _login(self, index: int) -> str:
        host, port, user, _ = self.case.login(index)
        return f"{user or 'root'}@{host or '?'}" + (f":{port}" if port and port != "22" else "")

    def _state(self, index: int) -> RichText:
        faults = [fault for fault in self.draft.faults_below("nodes", index) if step_of(fault) is Step.NODES]
        if faults:
            return _text(f"{mark('✗')} {say(T('{count} wrong', count=len(faults)))}", wrong=True)
        tried = self.case.result(index)
        if tried is None:
            return RichText(say(T("testing …")) if self._testing else say(T("not tested")), style="dim")
        if tried.facts is None:
            return _text(f"{mark('✗')} {say(T('no contact'))}", wrong=True)
        return RichText(f"{mark('✓')} {machine.size(tried.facts)}", style="green")

    @on(DataTable.CellHighlighted)
    def _moved(self) -> None:
        self._show_detail()

    @property
    def _row(self) -> int | None:
        table = self.query_one("#nodes", DataTable)
        return table.cursor_row if table.row_count and table.cursor_row < len(self.draft.nodes) else None

    def _show_detail(self) -> None:
        detail = self.query_one("#detail", Static)
        index = self._row
        if index is None:
            general = [say(fault.message) for fault in self.draft.faults if fault.keys == ("nodes",)]
            words = T("No machine yet. a: add one · i: import from ~/.ssh/config, a file or pasted lines")
            detail.update("\n".join([say(words), *general]))
            return
        name, *where = (self.draft.given("nodes", index, key) for key in ("name", "provider", "region"))
        lines = [f" {mark('·')} ".join([name, self._login(index), *filter(None, where)])]
        for fault in self.draft.faults_below("nodes", index):
            if step_of(fault) is Step.NODES:
                lines.append(f"{mark('✗')} {'.'.join(map(str, fault.keys[2:]))}: {say(fault.message)}")
        for fault in self.draft.faults:
            if fault.keys == ("nodes",):
                lines.append(f"{mark('✗')} {say(fault.message)}")
        tried = self.case.result(index)
        lines += machine.machine_lines(tried, testing=self._testing)
        os_id = tried.facts.os.id if tried and tried.facts else ""
        lines += machine.provider_lines(self.draft.given("nodes", index, "provider"), os_id)
        detail.update("\n".join(lines))

    # What one can do --------------------------------------------------------------------------------------

    @on(DataTable.CellSelected)
    def _selected(self, event: DataTable.CellSelected) -> None:
        self._edit(event.coordinate.row, self._columns[event.coordinate.column])

    @work
    async def _edit(self, index: int, field: str = "name") -> None:
        from zkwizard.screens.node import NodeScreen

        await self.zk.push_screen_wait(NodeScreen(self.case, index, field))
        self.show_answers()

    def _add(self, entries: list[Entry]) -> None:
        """Add nodes, each with what is missing proposed."""
        cidr: Any = self.draft.answer("overlay", "cidr")
        try:
            for entry in entries:
                others = [self.draft.node_data(index) for index in self.draft.nodes]
                self.draft.add_node(complete(entry, others, cidr))
        except ZkwizardError as error:
            self.zk.notify(say_error(error), severity="error", markup=False)
        self.show_answers()
        if self.draft.nodes:
            self.query_one("#nodes", DataTable).cursor_coordinate = Coordinate(len(self.draft.nodes) - 1, 0)

    def action_add(self) -> None:
        """One more machine, and its form."""
        self._add([{}])
        self._edit(len(self.draft.nodes) - 1, "host")

    def action_duplicate(self) -> None:
        """Another machine like the one under the cursor: its address is another one, of course."""
        if self._row is not None:
            like = self.draft.node_data(self._row)
            like.pop("overlay_ip", None)
            like["role"] = "worker"
            like["ssh"] = {key: value for key, value in (like.get("ssh") or {}).items() if key != "host"}
            self._add([like])
            self._edit(len(self.draft.nodes) - 1, "host")

    @work
    async def action_remove(self) -> None:
        """Out of the file; the machine stays as it is."""
        from zkwizard.screens.questions import Confirm

        index = self._row
        if index is None:
            return
        name = self.draft.given("nodes", index, "name")
        sure = await self.zk.push_screen_wait(
            Confirm(
                T("Remove {node} from the file?", node=name),
                T(
                    "The machine itself stays as it is. If it is in a cluster already, take it back first: "
                    "zkwizard reset FILE --node {node}",
                    node=name,
                ),
                yes=T("Remove"),
                no=T("Keep"),
            )
        )
        if sure:
            self.draft.remove_node(index)
            self.show_answers()

    @work
    async def action_import(self) -> None:
        """Machines that are written down somewhere already."""
        from zkwizard.screens.import_nodes import ImportNodes

        entries = await self.zk.push_screen_wait(ImportNodes(self.draft))
        if entries:
            self._add(entries)
            self.zk.notify(say(T("{count} nodes added", count=len(entries))), markup=False)

    def action_test(self) -> None:
        """Connect to all at once, and read their facts."""
        from zkwizard.screens.trying import trial

        cluster = self.draft.reachable()
        if self._testing or cluster is None:
            words = T("no node can be tested yet: a name and a login are needed")
            self.zk.notify(say(T("still testing …") if self._testing else words), markup=False)
            return
        self._awaited = awaited = {node.name for node in cluster.nodes}
        self.case.forget(awaited)
        app, draft = self.zk, self.draft
        trial(
            app,
            cluster,
            lambda: app.services.network(cluster, draft.path, app.asking),
            self._tested,
            lambda error: self._ended(error, awaited),
        )
        self.changed()

    def _tested(self, tried: Tried) -> None:
        self._awaited.discard(tried.node)
        index = self.case.take(tried)
        if tried.facts and index is not None and not self.draft.given("nodes", index, "spec"):
            self.draft.put(("nodes", index, "spec"), machine.size(tried.facts))
        if self.here:
            self.show_answers(values=False)

    def _ended(self, error: BaseException | None, awaited: set[str]) -> None:
        if self._awaited is not awaited:  # all had answered, and a person was quicker with the next test
            return
        self._awaited = set()
        reached = len(self.case.facts())
        if reached < len(self.draft.nodes):
            self.zk.forget_secrets()
        if error:
            self.zk.notify(say_error(error), severity="error", markup=False, timeout=15)
        elif reached < len(self.draft.nodes):
            words = T("{reached} of {count} nodes reached", reached=reached, count=len(self.draft.nodes))
            self.zk.notify(say(words), severity="warning", markup=False)
        if self.here:
            self.changed()


def _text(text: str, *, wrong: bool = False, limit: int = 40) -> RichText:
    """``limit`` in cells."""
    shown = RichText(text, style="bold red" if wrong else "")
    shown.truncate(limit, overflow="ellipsis")
    return shown
