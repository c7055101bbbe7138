"""What is broken, and why: causes at the top, what is known of the one under the cursor below."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.console import Group
from rich.text import Text as RichText
from textual import on, work
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from zkwizard.engine.inside.explanation import Explanation
from zkwizard.engine.inside.explanation import explain as gather_and_explain
from zkwizard.engine.inside.repair import AGAIN, SETTLES, Repair, repairs_of, still_seen
from zkwizard.engine.planning import plan
from zkwizard.model.cause import Cause
from zkwizard.model.errors import ZkwizardError
from zkwizard.model.ports import Network
from zkwizard.model.terminal import harmless, one_line
from zkwizard.model.text import T, Text
from zkwizard.screens.carrying import Carried, Errand, carry
from zkwizard.screens.questions import Confirm
from zkwizard.screens.troubleshoot.looking import LookScreen, Place
from zkwizard.store.journal import failed_steps
from zkwizard.widgets.log_pane.copying import copy
from zkwizard.widgets.rows import hanging, row
from zkwizard.widgets.words import mark, say, say_error


class Explain(LookScreen[None]):
    """Asks all nodes once; a repair asks again until what was repaired is gone."""

    TITLE_TEXT = T("What is broken, and why")
    ABOUT = (
        T(
            "One round trip to each node gathers the evidence. Causes that are in the way stand first, risks "
            "last; what merely follows from a cause is told with it, and not as a cause of its own."
        ),
        T(
            "Enter repairs the cause under the cursor where zkwizard can: it asks first, then runs the "
            "phases that are named, and looks again. y copies the commands of the remedy."
        ),
    )
    BINDINGS: ClassVar = [
        Binding("enter", "repair", str(T("Repair")), id="explain.repair", priority=True),
        Binding("A", "repair_all", str(T("Repair all")), id="explain.repair-all"),
        Binding("y", "copy", str(T("Copy commands")), id="explain.copy"),
        Binding("r,f5", "again", str(T("Look again")), id="explain.again"),
    ]

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self._found: Explanation | None = None
        self._looking = False

    def body(self) -> Iterable[Widget]:
        """Head, causes, the one under the cursor."""
        yield Vertical(
            Static(id="explain-head", classes="head", markup=False),
            OptionList(id="causes", markup=False),
            VerticalScroll(Static(id="cause", markup=False), id="cause-side"),
            id="explain",
        )

    def on_mount(self) -> None:
        """Look."""
        self.query_one(OptionList).focus()
        self.action_again()

    # Looking ----------------------------------------------------------------------------------------------

    @work(exclusive=True, group="explain")
    async def action_again(self) -> None:
        """Gather the evidence of all nodes, now."""
        await self._look()

    async def _look(self, words: Text | None = None) -> Explanation | None:
        self._looking = True
        self._head(f"{mark('▶')} {say(words or T('gathering evidence of all nodes …'))}")
        found = await self.ask(self._explain)
        self._looking = False
        if not self.here:
            return None
        if found is not None:
            self._found = found
            self._show(found)
        return found

    async def _explain(self, network: Network) -> Explanation:
        runs = self.at.state.runs()
        return await gather_and_explain(
            self.at.cluster,
            network,
            [node.name for node in self.at.cluster.nodes],
            tails=failed_steps(runs[-1]) if runs else {},
            redact=self.at.redactor,
            file=str(self.at.file),
        )

    def failed(self, words: str) -> None:
        """Above the causes, where one looks."""
        self._head(words)

    def _head(self, words: str) -> None:
        self.query_one("#explain-head", Static).update(words)

    def _show(self, found: Explanation) -> None:
        options, at = self.query_one(OptionList), self.query_one(OptionList).highlighted or 0
        options.clear_options()
        options.add_options([Option(_line(cause), f"{n}") for n, cause in enumerate(found.causes)])
        if found.causes:
            options.highlighted = min(at, len(found.causes) - 1)
        risks = sum(cause.risk for cause in found.causes)
        lines = []
        if found.causes:
            lines.append(say(_counted(len(found.causes) - risks, risks)))
        elif found.nodes:
            words = T("nothing is found to be wrong on {nodes}", nodes=", ".join(found.nodes))
            lines.append(f"{mark('✓')} {say(words)}")
        for node, why in found.unreachable.items():
            words = T("{node}: not looked at: {why}", node=node, why=why)
            lines.append(f"{mark('✗')} {one_line(say(words))}")
        self._head("\n".join(lines))
        self._show_cause()
        self.refresh_bindings()

    @on(OptionList.OptionHighlighted)
    def _moved(self) -> None:
        self._show_cause()
        self.refresh_bindings()

    @property
    def cause(self) -> Cause | None:
        """The one under the cursor."""
        at = self.query_one(OptionList).highlighted
        causes = self._found.causes if self._found else ()
        return causes[at] if at is not None and at < len(causes) else None

    def _show_cause(self) -> None:
        cause = self.cause
        self.query_one("#cause", Static).update(cause_text(cause) if cause else "")
        self.query_one("#cause-side", VerticalScroll).scroll_home(animate=False)

    # Repairing --------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what zkwizard can do, and what there is to copy."""
        cause = self.cause if self.is_mounted else None
        if action == "repair":
            return bool(cause and cause.repair)
        if action == "repair_all":
            return sum(bool(one.repair) for one in self._found.causes) > 1 if self._found else False
        if action == "copy":
            return bool(cause and cause.commands)
        return True

    def action_repair(self) -> None:
        """What is under the cursor."""
        if (cause := self.cause) and cause.repair:
            self._repair([cause])

    def action_repair_all(self) -> None:
        """Everything that zkwizard can."""
        if self._found:
            self._repair([cause for cause in self._found.causes if cause.repair])

    @work(exclusive=True, group="explain")
    async def _repair(self, causes: Sequence[Cause]) -> None:
        before = self._found
        if before is None or self._looking:
            return
        runs = repairs_of(self.at.cluster, causes)
        if not await self._sure(runs):
            return
        for each in runs:
            carried = await self._run(each)
            if carried is None or not carried.went_well:
                return
        await self._settle(before, causes)

    async def _sure(self, runs: Sequence[Repair]) -> bool:
        lines = [
            T("{places}: phases {phases}", places=", ".join(each.places), phases=_phases(each))
            for each in runs
        ]
        places = ", ".join(dict.fromkeys(place for each in runs for place in each.places))
        question = Confirm(
            T("Repair {places}?", places=places),
            *lines,
            T("What is as it should be stays untouched."),
            yes=T("Repair"),
            no=T("Not now"),
        )
        return await self.zk.push_screen_wait(question)

    async def _run(self, repair: Repair) -> Carried | None:
        """One run of phases; None when it could not be begun."""
        cluster = self.at.cluster
        made = plan(cluster, repair.phases, nodes=repair.nodes)
        title = T("Repair of {places}", places=", ".join(repair.places))
        errand = Errand(title, cluster, self.at.file, made, repair.nodes)
        try:
            handle = self.zk.services.begin(
                cluster, self.at.file, self.zk.asking, phases=repair.phases, nodes=repair.nodes
            )
        except ZkwizardError as error:
            self.zk.notify(say_error(error), severity="error", markup=False, timeout=15)
            return None
        return await carry(self.zk, errand, handle)

    async def _settle(self, before: Explanation, causes: Sequence[Cause]) -> None:
        """Look again until what was repaired, and what follows from it, is gone."""
        until = time.monotonic() + SETTLES
        repaired = Explanation(tuple(causes), before.nodes)
        words = T("repaired; looking again …")
        while found := await self._look(words):
            waiting = still_seen(found, repaired)
            if not waiting or time.monotonic() > until:
                return
            names = ", ".join(f"{cause.id}@{cause.node}" for cause in waiting)
            words = T("repaired; still to be seen: {names}", names=names)
            self._head(f"{mark('▶')} {say(words)}")
            await asyncio.sleep(AGAIN)

    def action_copy(self) -> None:
        """The commands of the remedy."""
        if (cause := self.cause) and cause.commands:
            text = "\n".join(command.text for command in cause.commands)
            copy(
                self,
                text,
                T("Copied {count} commands", count=len(cause.commands)),
                self.at.folder / "copied.txt",
            )


def _counted(causes: int, risks: int) -> Text:
    one = T("1 cause") if causes == 1 else T("{count} causes", count=causes)
    if not risks:
        return one
    return T(
        "{causes}, {risks}", causes=one, risks=T("1 risk") if risks == 1 else T("{count} risks", count=risks)
    )


def _phases(repair: Repair) -> str:
    return ", ".join(phase.id for phase in repair.phases)


def _line(cause: Cause) -> RichText:
    sign, style = ("!", "yellow") if cause.risk else ("✗", "bold red")
    return RichText.assemble(
        (f"{mark(sign)} ", style), one_line(say(cause.what)), no_wrap=True, overflow="ellipsis"
    )


def cause_text(cause: Cause) -> Group:
    """All that is known of a cause, as plain words."""
    parts = [
        row(T("What"), cause.what),
        row(T("Seen"), *cause.seen),
        row(T("Why"), cause.why),
        row(T("Remedy"), cause.remedy),
    ]
    for command in cause.commands:
        parts.append(hanging(RichText(f"    {command.node}# ", "dim"), RichText(harmless(command.text))))
    if cause.repair:
        phases = ", ".join(cause.repair)
        parts.append(row(T("zkwizard"), T("Enter repairs it, by the phases {phases}", phases=phases)))
    if cause.explains:
        parts.append(row(T("Explains"), ", ".join(cause.explains)))
    return Group(*parts)
