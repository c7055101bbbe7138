"""Step 5: exactly what would be done on which node, and why, before anything is done."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from rich.console import RenderableType
from textual import on, work
from textual.binding import Binding
from textual.containers import Horizontal, ScrollableContainer, Vertical
from textual.widget import Widget
from textual.widgets import Input, Static, Tree

from zkwizard.engine.inside.trial import Tried
from zkwizard.engine.planning import plan
from zkwizard.model.errors import ZkwizardError
from zkwizard.model.finding import Severity
from zkwizard.model.plan import Plan
from zkwizard.model.text import T, Text
from zkwizard.phases.order import PHASES
from zkwizard.screens.case import Case
from zkwizard.screens.review_text import explanation
from zkwizard.screens.review_tree import Item, ReviewTree
from zkwizard.screens.step import StepScreen
from zkwizard.screens.steps import Step, step_of
from zkwizard.widgets.words import say, say_error


class ReviewStep(StepScreen):
    """A tree at the left or above; what the line under the cursor means at the right or below."""

    STEP = Step.REVIEW
    ABOUT = (
        T(
            "The tree has every phase, in it the nodes, in them the steps. On a step its reason is "
            "shown, on a node the exact program that will run there. It is a forecast: what only the "
            "machines can tell stands in <marks> until then, and is rendered again when the phase starts."
        ),
        T(
            "F2 looks at the machines and judges them; nothing is changed there. / searches titles, "
            "reasons and programs, n and N go on. s saves the answers in another file. r runs."
        ),
    )
    BINDINGS: ClassVar = [
        Binding("r,ctrl+r", "run", str(T("Save and run")), id="review.run"),
        Binding("f2,p", "probe", str(T("Probe")), id="review.probe"),
        Binding("slash", "search", str(T("Search")), id="review.search", key_display="/"),
        Binding("n", "again(1)", str(T("Next match")), show=False, id="review.again"),
        Binding("N", "again(-1)", str(T("Match before")), show=False, id="review.before"),
        Binding("s", "save_as", str(T("Save as")), id="review.save"),
    ]

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        self._plan: Plan | None = None
        self._probing = False
        self._pattern = ""

    def body(self) -> Iterable[Widget]:
        """Tree, text, and the line of the search."""
        yield Horizontal(
            ReviewTree(),
            Vertical(
                Static(id="review-head", markup=False),
                ScrollableContainer(
                    Static(id="review-words", markup=False), Static(id="review-text", markup=False)
                ),
                id="review-side",
            ),
            id="review",
        )
        yield Input(id="search", placeholder=say(T("search in titles, reasons and programs")), compact=True)

    def on_mount(self) -> None:
        """The plan takes a moment: it is made in a thread."""
        super().on_mount()
        self.query_one(ReviewTree).focus()
        self._make()

    @work(thread=True, exclusive=True, group="plan")
    def _make(self) -> None:
        cluster = self.draft.cluster
        made = plan(cluster, PHASES, facts=self.case.facts() or None) if cluster else None
        self.zk.call_from_thread(self._show_plan, made)

    def _show_plan(self, made: Plan | None) -> None:
        if not self.here:
            return
        self._plan = made
        self.query_one(ReviewTree).fill(self.draft, self.case.findings, made)
        self._show_head()

    def _show_head(self) -> None:
        head = self.query_one("#review-head", Static)
        if self._plan is None:
            words: Text = T("Enter goes to the step that asks for what is missing")
            head.update(say(words) if self.draft.faults else "")
            return
        steps = sum(len(each.program.steps) for each in self._plan.phases if each.program)
        phases = len({each.phase.id for each in self._plan.phases})
        words = T(
            "{steps} steps in {phases} phases on {nodes} nodes, {kind}",
            steps=steps,
            phases=phases,
            nodes=len(self.draft.nodes),
            kind=self._known(),
        )
        head.update(say(words))

    def _known(self) -> Text:
        """What the plan was made from."""
        told, count = len(self.case.facts()), len(self.draft.nodes)
        if told == count:
            return T("with what the machines told")
        if told:
            return T("with what {told} of them told", told=told)
        return T("a forecast from the file alone")

    # What the cursor shows --------------------------------------------------------------------------------

    @on(Tree.NodeHighlighted)
    def _highlighted(self, event: Tree.NodeHighlighted[Item]) -> None:
        if event.node.data:
            self._explain(event.node.data)

    @work(thread=True, exclusive=True, group="explain")
    def _explain(self, item: Item) -> None:
        words, text = explanation(item)
        self.zk.call_from_thread(self._show_text, words, text)

    def _show_text(self, words: RenderableType, text: RenderableType) -> None:
        if not self.here:
            return
        for name, shown in (("#review-words", words), ("#review-text", text)):
            part = self.query_one(name, Static)
            part.update(shown)
            part.display = shown != ""
        self.query_one(ScrollableContainer).scroll_home(animate=False)

    @on(Tree.NodeSelected)
    def _selected(self, event: Tree.NodeSelected[Item]) -> None:
        fault = event.node.data.fault if event.node.data else None
        if fault and step_of(fault) is not Step.REVIEW:
            self.action_go(step_of(fault).value)

    # Search -----------------------------------------------------------------------------------------------

    def action_search(self) -> None:
        """Open the line."""
        field = self.query_one("#search", Input)
        field.add_class("-open")
        field.focus()

    @on(Input.Submitted, "#search")
    def _searched(self, event: Input.Submitted) -> None:
        self._pattern = event.value.lower()
        self._close_search()
        self.action_again(1)

    def _close_search(self) -> None:
        self.query_one("#search").remove_class("-open")
        self.query_one(ReviewTree).focus()

    def action_back(self) -> None:
        """Out of the search first."""
        if self.query_one("#search").has_class("-open"):
            self._close_search()
        else:
            super().action_back()

    def action_again(self, way: int) -> None:
        """To the next line, or the one before, that holds what is searched."""
        if self._pattern and not self.query_one(ReviewTree).find(self._pattern, way):
            words = T("nothing holds {text}", text=self._pattern)
            self.zk.notify(say(words), markup=False)

    # Probe, save, run -------------------------------------------------------------------------------------

    def action_probe(self) -> None:
        """Look at all machines, and judge them."""
        from zkwizard.screens.trying import trial

        cluster = self.draft.cluster
        if cluster is None or self._probing:
            return
        self._probing = True
        self.query_one("#review-head", Static).update(say(T("looking at the machines …")))
        app, draft = self.zk, self.draft
        trial(
            app,
            cluster,
            lambda: app.services.network(cluster, draft.path, app.asking),
            self._tried,
            self._probed,
        )

    def _tried(self, tried: Tried) -> None:
        self.case.take(tried)
        if tried.error:
            self.zk.notify(f"{tried.node}: {say(tried.error)}", severity="error", markup=False, timeout=15)

    def _probed(self, error: BaseException | None) -> None:
        from zkwizard.checks.preflight import judge

        self._probing = False
        if error:
            self.zk.notify(say_error(error), severity="error", markup=False, timeout=15)
        cluster, facts = self.draft.cluster, self.case.facts()
        if len(facts) < len(self.draft.nodes):
            self.zk.forget_secrets()
        if cluster and facts:
            self.case.findings = list(judge(cluster, facts))
        if self.here:
            self._make()

    @work
    async def action_save_as(self) -> None:
        """Another file with the same answers; the wizard goes on with this one."""
        from zkwizard.screens.questions import TextQuestion

        name = await self.zk.push_screen_wait(
            TextQuestion(
                T("Save the answers as"),
                T("They are in {path} already. Enter: save · Esc: back", path=str(self.draft.path)),
            )
        )
        if name:
            try:
                made = self.draft.save_as(Path(name).expanduser())
            except (ZkwizardError, RuntimeError) as error:
                self.zk.notify(say_error(error), severity="error", markup=False)
            else:
                self.zk.notify(say(T("saved as {path}", path=str(made.path))), markup=False)

    def action_next(self) -> None:
        """Run it."""
        self.action_run()

    def run_it(self) -> None:
        """A click on the last step."""
        self.action_run()

    @work
    async def action_run(self) -> None:
        """Everything is saved; what is wrong has to be corrected first."""
        from zkwizard.screens.questions import Confirm

        if self.draft.cluster is None:
            words = T(
                "{count} answers are missing or wrong: they stand at the top", count=len(self.draft.faults)
            )
            self.zk.notify(say(words), severity="warning", markup=False)
            return
        stops = [each for each in self.case.findings or [] if each.severity is Severity.STOP]
        lines = [T("The answers are saved in {path}.", path=str(self.draft.path))]
        if stops:
            lines.append(T("The probe says stop {count} times: the run will stop there.", count=len(stops)))
        sure = await self.zk.push_screen_wait(
            Confirm(T("Run it?"), *lines, yes=T("Save and run"), no=T("Not yet"))
        )
        if sure:
            self.dismiss(Step.RUN)
