"""The cluster is made: its nodes and addresses, the way into it, and what to do next."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import ClassVar

from rich.table import Table
from rich.text import Text as RichText
from textual import work
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from zkwizard.engine.background import Background, Emit, Register
from zkwizard.engine.inside.kubeconfig import fetch
from zkwizard.model.errors import InputError, ZkwizardError
from zkwizard.model.text import T, Text
from zkwizard.screens.case import Case
from zkwizard.screens.frame import Frame
from zkwizard.screens.questions import Confirm, TextQuestion
from zkwizard.screens.steps import Step
from zkwizard.screens.trying import Pump
from zkwizard.steps.shell import quote
from zkwizard.store.kubeconfig import merge, usual_file
from zkwizard.store.state import ClusterState, state_of, write_private
from zkwizard.widgets.log_pane.copying import copy
from zkwizard.widgets.run.narration import ending
from zkwizard.widgets.run.progress import Progress
from zkwizard.widgets.words import mark, say, say_error


class Done(Frame[Step | None]):
    """Ends with where to go; None: back to the run."""

    TITLE_TEXT = T("Done")
    ABOUT = (
        T(
            "The kubeconfig is the way into the cluster. k writes it to a file of your own; m puts it into "
            "the one that kubectl reads, beside what is there, and keeps a copy of that as it was. The "
            "current context stays."
        ),
        T(
            "The API server is reached at the overlay address of the first control plane: the machine that "
            "asks must be in the network, too. Without that, ask on the node itself by SSH. A number copies "
            "its command."
        ),
    )
    BINDINGS: ClassVar = [
        Binding("k", "save", str(T("Save kubeconfig")), id="done.save"),
        Binding("m", "merge", str(T("Merge")), id="done.merge"),
        Binding("t", "troubleshoot", str(T("Look inside")), id="done.troubleshoot"),
        Binding("y", "copy", str(T("Copy all")), id="done.copy"),
        Binding("escape", "back", str(T("The run")), id="done.back"),
        Binding("q,ctrl+t", "home", str(T("Home")), id="done.home"),
        *(Binding(str(number), f"command({number})", show=False) for number in range(1, 10)),
    ]

    def __init__(self, case: Case, progress: Progress) -> None:
        super().__init__()
        assert case.draft.cluster is not None
        self._case, self._cluster, self._progress = case, case.draft.cluster, progress
        self.practice = case.practice
        self._busy = False

    @property
    def subject(self) -> str:
        """The file."""
        return self._case.draft.path.name

    def body(self) -> Iterable[Widget]:
        """How it went, nodes, commands, what was written."""
        yield VerticalScroll(
            Static(self._how(), id="done-how", markup=False),
            Static(self._node_table(), markup=False),
            Static(self._next(), id="done-next", markup=False),
            Static("", id="done-written", markup=False),
            id="done",
        )

    def on_mount(self) -> None:
        """The arrow keys scroll."""
        self.query_one("#done").focus()

    # What is shown ----------------------------------------------------------------------------------------

    def _how(self) -> RichText:
        ended = self._progress.ended
        words = say(ending(ended)[1]) if ended else ""
        name = T("The cluster {name} is made and verified", name=self._cluster.name)
        return RichText.assemble((f"{mark('✓')} {say(name)}", "bold"), f"\n{words}\n")

    def _node_table(self) -> Table:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        for title in (T("NODE"), T("ROLE"), T("ADDRESS"), T("LOGIN")):
            table.add_column(say(title), no_wrap=True, overflow="ellipsis")
        for node in self._cluster.nodes:
            role = T("control plane") if node.is_control_plane else T("worker")
            login = f"{node.ssh.user}@{node.ssh.host}:{node.ssh.port}"
            table.add_row(*map(RichText, (node.name, say(role), str(node.overlay_ip), login)))
        return table

    @property
    def commands(self) -> list[tuple[Text, str]]:
        """What to do next, and why."""
        ssh, name = self._cluster.first_control_plane.ssh, self._cluster.name
        file = quote(str(self._case.draft.path))
        admin = "kubectl --kubeconfig /etc/kubernetes/admin.conf get nodes -o wide"
        sudo = "" if ssh.user == "root" else "sudo "
        port = "" if ssh.port == 22 else f"-p {ssh.port} "
        return [
            (T("the nodes, as the cluster has them"), f"kubectl --context {quote(name)} get nodes -o wide"),
            (
                T("the same without the network, on the node"),
                f"ssh {port}{ssh.user}@{ssh.host} {sudo}{admin}",
            ),
            (
                T("something to run"),
                f"kubectl --context {quote(name)} create deployment hello --image=nginx --replicas=2",
            ),
            (T("nodes, addresses, round trips"), f"zkwizard nodes {file}"),
            (T("what is broken, and why"), f"zkwizard explain {file}"),
            (T("all of it taken back"), f"zkwizard reset {file}"),
        ]

    def _next(self) -> Table:
        table = Table.grid(padding=(0, 1))
        table.add_row("", RichText(say(T("What next")), style="bold"))
        for number, (why, command) in enumerate(self.commands, 1):
            table.add_row(RichText(str(number), style="bold"), RichText(command))
            table.add_row("", RichText(say(why), style="dim"))
        return table

    def _tell(self, words: Text) -> None:
        self.query_one("#done-written", Static).update(f"{mark('✓')} {say(words)}")
        self.query_one("#done").scroll_end(animate=False)

    # What is done -----------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There are so many commands."""
        return action != "command" or int(str(parameters[0])) <= len(self.commands)

    @work
    async def action_save(self) -> None:
        """Ask for a file, and write the kubeconfig there."""
        usual = str(Path.home() / ".kube" / f"{self._cluster.name}.yaml")
        name = await self.zk.push_screen_wait(
            TextQuestion(
                T("Write the kubeconfig to which file?"),
                T("It is the key to the cluster: only you may read the file. Enter: write · Esc: back"),
                usual,
            )
        )
        if name:
            path = Path(name).expanduser().absolute()
            if path.exists() and not await self.zk.push_screen_wait(_sure_to_replace(path)):
                return
            self._fetch(lambda text: self._save(text, path))

    def _save(self, text: str, path: Path) -> None:
        try:
            write_private(path, text)
        except OSError as error:
            raise InputError(T("{path}: {why}", path=path, why=error.strerror or str(error))) from error
        self._tell(T("wrote {path}: kubectl --kubeconfig {path} get nodes", path=str(path)))

    @work
    async def action_merge(self) -> None:
        """Ask, and put it into the file that kubectl reads."""
        path = usual_file()
        sure = await self.zk.push_screen_wait(
            Confirm(
                T("Put the cluster {name} into {path}?", name=self._cluster.name, path=str(path)),
                T("What is there stays, and so does its current context; a copy is kept beside it."),
                yes=T("Merge"),
                no=T("Not now"),
            )
        )
        if sure:
            self._fetch(lambda text: self._merge(text, path))

    def _merge(self, text: str, path: Path) -> None:
        merged = merge(text, path)
        args = {"path": str(merged.path), "context": merged.context, "backup": str(merged.backup)}
        if merged.backup:
            words = T("wrote {path}; as it was: {backup}; kubectl --context {context} get nodes", **args)
        else:
            words = T("wrote {path}: kubectl --context {context} get nodes", **args)
        self._tell(words)

    def _fetch(self, then: Callable[[str], None]) -> None:
        """Get it from the control plane in the engine's own thread, and go on with it here."""
        if self._busy:
            return
        self._busy = True
        app, cluster, path = self.zk, self._cluster, self._case.draft.path
        got: list[str] = []

        async def work(emit: Emit, register: Register) -> None:
            network = app.services.network(cluster, path, app.asking)
            try:
                got.append(await fetch(cluster, network))
            finally:
                await network.close()

        def ended(error: BaseException | None) -> None:
            self._busy = False
            try:
                if error:
                    raise error
                then(got[0])
            except ZkwizardError as failure:
                app.notify(say_error(failure), severity="error", markup=False, timeout=15)

        Pump(app, Background(work), lambda event: None, ended)

    def action_command(self, number: int) -> None:
        """Copy one command."""
        command = self.commands[number - 1][1]
        self._copy(command, T("Copied {text}", text=command))

    def action_copy(self) -> None:
        """Copy all commands."""
        self._copy("\n".join(command for _, command in self.commands), T("Copied all commands"))

    def _copy(self, text: str, done: Text) -> None:
        folder = ClusterState(state_of(self._case.draft.path), self._cluster.name).path
        copy(self, text, done, folder / "copied.txt")

    def action_troubleshoot(self) -> None:
        """Nodes and pods, live."""
        self.zk.troubleshoot(self._case.draft.path)

    def action_back(self) -> None:
        """The run and its logs."""
        self.dismiss(None)

    def action_home(self) -> None:
        """Home."""
        self.dismiss(Step.HOME)


def _sure_to_replace(path: Path) -> Confirm:
    return Confirm(
        T("{path} is there already", path=str(path)),
        T("Merging keeps what is in a kubeconfig; writing replaces the file."),
        yes=T("Replace it"),
        no=T("Leave it"),
    )
