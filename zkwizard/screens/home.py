"""Home: clusters that are known here and how they stand; a new one, a file, the practice nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.table import Table
from rich.text import Text as RichText
from textual import on, work
from textual.binding import Binding
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from zkwizard.model.errors import ZkwizardError
from zkwizard.model.text import T, Text
from zkwizard.screens.frame import Frame
from zkwizard.widgets.words import mark, say, say_error

if TYPE_CHECKING:
    from zkwizard.store.overview import Saved

_ACTIONS: tuple[tuple[str, Text, Text], ...] = (
    ("new", T("New cluster"), T("answer a few screens; all is saved at once")),
    ("open", T("Open a cluster file"), T("a cluster.yaml of yours or of your team")),
    ("practice", T("Practice cluster"), T("three practice nodes on this machine")),
)
_PURPOSES = {"run": T("run"), "reset": T("reset")}
_STANDS = 0.1
"""Seconds until the screen is drawn, for which reading the clusters waits."""


class Home(Frame[None]):
    """The first screen. An interrupted run stands first."""

    CSS_PATH: ClassVar[str | None] = None
    """The app's own is enough, and is read already."""
    TITLE_TEXT = T("zkwizard · one Kubernetes cluster out of cheap servers, over ZeroTier")
    ABOUT = (
        T(
            "Here are the cluster files that were opened on this machine, and how each stood after its "
            "last run. An interrupted run stands first: Enter goes on with it where it stopped."
        ),
        T("Removing one from the list leaves its file and its cluster as they are."),
    )
    BINDINGS: ClassVar = [
        Binding("n", "new", str(T("New")), id="home.new"),
        Binding("o", "open", str(T("Open a file")), show=False, id="home.open"),
        Binding("p", "practice", str(T("Practice")), show=False, id="home.practice"),
        Binding("e", "edit", str(T("Answers")), id="home.edit"),
        Binding("t", "troubleshoot", str(T("Troubleshoot")), id="home.troubleshoot"),
        Binding("R", "reset", str(T("Reset")), id="home.reset"),
        Binding("delete", "forget", str(T("Off the list")), id="home.forget"),
        Binding("q", "app.quit", str(T("Quit")), id="home.quit"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._saved: dict[str, Saved] = {}

    def body(self) -> Iterable[Widget]:
        """One list: clusters, then what else one can do."""
        yield Vertical(OptionList(id="clusters", markup=False), Static(id="about", markup=False), id="home")

    def on_mount(self) -> None:
        """Show what needs no reading at once, the rest as soon as it is read."""
        self._fill([])
        self.query_one(OptionList).highlighted = 0

    def on_screen_resume(self) -> None:
        """Look again: something may have been done meanwhile."""
        self.set_timer(_STANDS, self._read)

    @work(thread=True, exclusive=True, group="home")
    def _read(self) -> None:
        from zkwizard.store.overview import overview
        from zkwizard.store.recent import recent

        paths = recent()
        practice = self.zk.practice_file()
        if practice and practice not in paths:
            paths.append(practice)
        saved = [overview(path) for path in paths]
        saved.sort(key=lambda each: not each.interrupted)
        self.zk.call_from_thread(self._fill, saved)

    def _fill(self, saved: list[Saved]) -> None:
        """Draw the list anew; the cursor stays, or goes to an interrupted run when there is one."""
        self._saved = {f"file:{each.path}": each for each in saved}
        choices = self.query_one(OptionList)
        at = choices.highlighted_option.id if choices.highlighted_option else ""
        options: list[Option | None] = []
        for key, each in self._saved.items():
            options.append(Option(_row(each), key))
        if saved:
            options.append(None)
        options += [Option(_action(title, about), key) for key, title, about in _ACTIONS]
        choices.clear_options()
        choices.add_options(options)
        first = bool(saved) and (at in ("", _ACTIONS[0][0]) or bool(saved[0].interrupted))
        choices.highlighted = (
            0 if first or not at else choices.get_option_index(at) if at in _ids(options) else 0
        )

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        saved = self._saved.get(event.option_id or "")
        self.query_one("#about", Static).update(_about(saved) if saved else "")
        self.refresh_bindings()

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        saved = self._saved.get(event.option_id or "")
        if saved is None:
            self._start(event.option_id or "")
        elif saved.interrupted:
            self.zk.go_on(saved.path, saved.interrupted)
        elif saved.usable:
            self.zk.open_cluster(saved.path)

    def _start(self, action: str) -> None:
        {"new": self.action_new, "open": self.action_open, "practice": self.action_practice}[action]()

    @property
    def _chosen(self) -> Saved | None:
        option = self.query_one(OptionList).highlighted_option
        return self._saved.get(option.id or "") if option else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Answers and forgetting need a cluster."""
        if action in ("troubleshoot", "reset"):
            return self._chosen is not None and self._chosen.usable
        return action not in ("edit", "forget") or self._chosen is not None

    def action_edit(self) -> None:
        """The answers of a cluster, whatever its last run did."""
        if self._chosen and self._chosen.usable:
            self.zk.open_cluster(self._chosen.path)

    def action_troubleshoot(self) -> None:
        """Look inside the cluster."""
        if self._chosen and self._chosen.usable:
            self.zk.troubleshoot(self._chosen.path)

    def action_reset(self) -> None:
        """Take it back."""
        if self._chosen and self._chosen.usable:
            self.zk.take_back(self._chosen.path)

    def action_forget(self) -> None:
        """Off the list."""
        from zkwizard.store.recent import forget

        if self._chosen:
            forget(self._chosen.path)
            self._read()

    @work
    async def action_new(self) -> None:
        """Ask for a name and a place, and begin."""
        from zkwizard.model.syntax import LABEL
        from zkwizard.screens.questions import TextQuestion
        from zkwizard.store.draft import Draft

        name = await self.zk.push_screen_wait(
            TextQuestion(
                T("What shall the cluster be called?"),
                T("Its file will be {folder}/NAME.yaml. Enter: go on · Esc: back", folder=str(Path.cwd())),
                refuse=_free_name(LABEL.refuse),
            )
        )
        if name:
            try:
                draft = Draft.new(Path.cwd() / f"{name}.yaml", name)
            except ZkwizardError as error:
                self.zk.notify(say_error(error), severity="error", markup=False)
            else:
                self.zk.open_cluster(draft.path)

    @work
    async def action_open(self) -> None:
        """Ask for a file."""
        from zkwizard.screens.questions import TextQuestion

        path = await self.zk.push_screen_wait(
            TextQuestion(
                T("Which cluster file?"),
                T(
                    "A path, ~ and names relative to {folder} are fine. Enter: open · Esc: back",
                    folder=str(Path.cwd()),
                ),
                refuse=_no_file,
            )
        )
        if path:
            self.zk.open_cluster(Path(path).expanduser().absolute())

    def action_practice(self) -> None:
        """Start the practice nodes, and open their answers."""
        self.zk.notify(say(T("starting practice nodes …")), markup=False, timeout=2)
        self._practice()

    @work(thread=True, exclusive=True, group="practice")
    def _practice(self) -> None:
        try:
            path = self.zk.services.start_practice()
        except ZkwizardError as error:
            words = say_error(error)
            self.zk.call_from_thread(self.zk.notify, words, severity="error", markup=False, timeout=30)
        else:
            self.zk.call_from_thread(self.zk.open_cluster, path)


def _ids(options: list[Option | None]) -> set[str]:
    return {option.id or "" for option in options if option}


def _free_name(refuse: Callable[[str], Text | None]) -> Callable[[str], Text | None]:
    def free(text: str) -> Text | None:
        path = Path.cwd() / f"{text}.yaml"
        wrong = refuse(text)
        return wrong or (
            T("{path} is there already: open it instead", path=str(path)) if path.exists() else None
        )

    return free


def _no_file(text: str) -> Text | None:
    try:
        path = Path(text).expanduser()
        return None if path.is_file() else T("there is no such file")
    except (OSError, RuntimeError, ValueError):
        return T("there is no such file")


def _row(saved: Saved) -> Table:
    grid = Table.grid(expand=True, padding=(0, 2, 0, 0))
    grid.add_column(ratio=3, no_wrap=True, overflow="ellipsis")
    grid.add_column(ratio=5, no_wrap=True, overflow="ellipsis")
    name = RichText(f"{mark('▶') if saved.interrupted else mark('●')} {saved.name}", style="bold")
    if saved.practice:
        name.append(f" ({say(T('practice nodes'))})", style="not bold italic")
    state = say(saved.state)
    if saved.interrupted:
        state = say(T("go on: {state}", state=saved.state))
    grid.add_row(name, RichText(state))
    return grid


def _action(title: Text, about: Text) -> Table:
    grid = Table.grid(expand=True, padding=(0, 2, 0, 0))
    grid.add_column(ratio=3, no_wrap=True)
    grid.add_column(ratio=5, no_wrap=True, overflow="ellipsis")
    grid.add_row(RichText(f"+ {say(title)}"), RichText(say(about), style="dim"))
    return grid


def _about(saved: Saved) -> str:
    lines = [str(saved.path), say(T("{count} nodes · {state}", count=saved.nodes, state=saved.state))]
    if saved.interrupted:
        lines.append(
            say(
                T(
                    "Enter goes on with the interrupted {what}; e opens the answers",
                    what=_PURPOSES[saved.interrupted],
                )
            )
        )
    elif saved.usable:
        lines.append(say(T("Enter opens the answers, the review and the run")))
    return "\n".join(lines)
