"""Step 5: exactly what would be done on which node, and why, before anything is done."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import ClassVar

from rich.console import Group, RenderableType
from rich.syntax import Syntax
from rich.text import Text as RichText
from textual import on, work
from textual.binding import Binding
from textual.containers import Horizontal, ScrollableContainer, Vertical
from textual.widget import Widget
from textual.widgets import Input, Static, Tree
from textual.widgets.tree import TreeNode

from zkwizard.engine.planning import plan
from zkwizard.engine.restarts import restarts
from zkwizard.engine.trial import Tried
from zkwizard.model.errors import ZkwizardError
from zkwizard.model.faults import Fault
from zkwizard.model.finding import Finding, Severity
from zkwizard.model.phase import OPERATOR
from zkwizard.model.placeholders import printed
from zkwizard.model.plan import Plan, PlannedPhase
from zkwizard.model.rules import notices
from zkwizard.model.step import OperatorStep
from zkwizard.model.step import Step as NodeStep
from zkwizard.model.text import T, Text
from zkwizard.phases.order import PHASES
from zkwizard.screens.case import Case
from zkwizard.screens.step import StepScreen
from zkwizard.screens.steps import TITLES, Step, step_of
from zkwizard.widgets.words import mark, say, say_error

_HOLE = re.compile(r"<[a-z0-9-]+: [^<>\n]+>")
_SIGNS = {Severity.STOP: "✗", Severity.WARN: "!", Severity.OK: "✓"}


@dataclass(frozen=True)
class Item:
    """What stands behind a line of the tree."""

    words: str
    """What is searched."""
    planned: PlannedPhase | None = None
    step: NodeStep | OperatorStep | None = None
    fault: Fault | None = None
    finding: Finding | None = None
    text: str = ""


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
        tree: Tree[Item] = Tree("", id="review-tree")
        tree.show_root = False
        tree.guide_depth = 2
        yield Horizontal(
            tree,
            Vertical(
                Static(id="review-head", markup=False),
                ScrollableContainer(Static(id="review-text", markup=False)),
                id="review-side",
            ),
            id="review",
        )
        yield Input(id="search", placeholder=say(T("search in titles, reasons and programs")), compact=True)

    def on_mount(self) -> None:
        """The plan takes a moment: it is made in a thread."""
        super().on_mount()
        self.query_one(Tree).focus()
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
        tree = self.query_one(Tree)
        tree.clear()
        for fault in self.draft.faults:
            title = f"{mark('✗')} {fault.path or self.draft.path.name}: {say(fault.message)}"
            tree.root.add_leaf(RichText(title), Item(title, fault=fault))
        if self.case.findings is not None:
            self._add_findings(tree.root, self.case.findings)
        if made and self.draft.cluster:
            self._add_restarts(tree.root, made)
            for notice in notices(self.draft.cluster):
                text = say(notice)
                tree.root.add_leaf(RichText(f"! {text}"), Item(text, text=text))
            for phase, group in groupby(made.phases, key=lambda planned: planned.phase):
                branch = tree.root.add(
                    RichText(f"{phase.id}  {say(phase.title)}"), Item(phase.id, text=say(phase.summary))
                )
                for planned in group:
                    self._add_planned(branch, planned)
        self._show_head()
        tree.move_cursor_to_line(0)

    def _add_planned(self, branch: TreeNode[Item], planned: PlannedPhase) -> None:
        place = say(T("here")) if planned.node == OPERATOR else planned.node
        steps = planned.program.steps if planned.program else planned.operator
        holes = f"  <{len(planned.program.holes)}>" if planned.program and planned.program.holes else ""
        words = T("{place} · {count} steps", place=place, count=len(steps))
        node = branch.add(RichText(f"{say(words)}{holes}"), Item(place, planned))
        for step in steps:
            title = printed(say(step.title))
            node.add_leaf(RichText(title), Item(f"{step.id} {title} {_searched(step)}", planned, step))

    def _add_findings(self, root: TreeNode[Item], findings: list[Finding]) -> None:
        counts = Counter(finding.severity for finding in findings)
        words = T(
            "Findings of the probe: {stop} stop, {warn} warnings, {ok} as they should be",
            stop=counts[Severity.STOP],
            warn=counts[Severity.WARN],
            ok=counts[Severity.OK],
        )
        branch = root.add(RichText(say(words), style="bold"), Item(say(words), text=say(words)), expand=True)
        order = list(_SIGNS)
        for finding in sorted(findings, key=lambda each: order.index(each.severity)):
            if finding.severity is not Severity.OK:
                place = finding.node or say(T("cluster"))
                title = f"{mark(_SIGNS[finding.severity])} {place}: {say(finding.checked)}"
                branch.add_leaf(RichText(title), Item(title, finding=finding))

    def _add_restarts(self, root: TreeNode[Item], made: Plan) -> None:
        lines = [
            say(T("{unit} on {nodes}", unit=unit, nodes=", ".join(by_node)))
            for unit, by_node in restarts(made).items()
        ]
        if lines:
            title = say(
                T("Restarted where its configuration changes: {units}", units=", ".join(restarts(made)))
            )
            root.add_leaf(RichText(f"{mark('·')} {title}"), Item(title, text="\n".join(lines)))

    def _show_head(self) -> None:
        head = self.query_one("#review-head", Static)
        if self._plan is None:
            words: Text = T("Enter goes to the step that asks for what is missing")
            head.update(say(words) if self.draft.faults else "")
            return
        steps = sum(len(each.program.steps) for each in self._plan.phases if each.program)
        phases = len({each.phase.id for each in self._plan.phases})
        kind = (
            T("a forecast from the file alone") if self._plan.forecast else T("with what the machines told")
        )
        words = T(
            "{steps} steps in {phases} phases on {nodes} nodes, {kind}",
            steps=steps,
            phases=phases,
            nodes=len(self.draft.nodes),
            kind=kind,
        )
        head.update(say(words))

    # What the cursor shows --------------------------------------------------------------------------------

    @on(Tree.NodeHighlighted)
    def _highlighted(self, event: Tree.NodeHighlighted[Item]) -> None:
        if event.node.data:
            self._explain(event.node.data)

    @work(thread=True, exclusive=True, group="explain")
    def _explain(self, item: Item) -> None:
        shown = _explanation(item)
        self.zk.call_from_thread(self._show_text, shown)

    def _show_text(self, shown: RenderableType) -> None:
        if not self.here:
            return
        self.query_one("#review-text", Static).update(shown)
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
        self.query_one(Tree).focus()

    def action_back(self) -> None:
        """Out of the search first."""
        if self.query_one("#search").has_class("-open"):
            self._close_search()
        else:
            super().action_back()

    def action_again(self, way: int) -> None:
        """To the next line, or the one before, that holds what is searched."""
        tree = self.query_one(Tree)
        items = list(_walk(tree.root))
        if not self._pattern or not items:
            return
        at = items.index(tree.cursor_node) if tree.cursor_node in items else 0
        for offset in range(1, len(items) + 1):
            node = items[(at + way * offset) % len(items)]
            if node.data and self._pattern in node.data.words.lower():
                parent = node.parent
                while parent is not None:
                    parent.expand()
                    parent = parent.parent
                tree.get_node_at_line(0)  # numbers the lines of what was opened
                tree.move_cursor(node)
                return
        self.zk.notify(say(T("nothing holds {text}", text=self._pattern)), markup=False)

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


def _searched(step: NodeStep | OperatorStep) -> str:
    """The words of a step: its reason, and its own part of the program."""
    own = (step.check, step.apply, step.content) if isinstance(step, NodeStep) else ()
    return printed("\n".join([say(step.why), *own]))


def _walk(node: TreeNode[Item]) -> Iterator[TreeNode[Item]]:
    for child in node.children:
        yield child
        yield from _walk(child)


def _explanation(item: Item) -> RenderableType:
    """What the line under the cursor means. Runs in a thread: highlighting takes a while."""
    if item.fault:
        step = step_of(item.fault)
        way = T("Enter: to step {number}, {title}", number=step.value, title=TITLES[step])
        return f"{say(item.fault.message)}\n\n{say(way)}"
    if item.finding:
        return _finding(item.finding)
    if item.step and item.planned:
        parts: list[RenderableType] = [
            RichText(printed(say(item.step.title)), style="bold"),
            RichText(printed(say(item.step.why))),
        ]
        if isinstance(item.step, NodeStep):
            for title, text in (
                (T("Is it done already?"), item.step.check),
                (T("If not"), item.step.apply),
                (T("What is written"), item.step.content),
            ):
                if text:
                    parts += [RichText(f"\n{say(title)}", style="bold"), _coloured(printed(text))]
        return Group(*parts)
    if item.planned and item.planned.program:
        return _coloured(item.planned.program.text)
    return item.text


def _finding(finding: Finding) -> RenderableType:
    rows = [
        (T("Checked"), finding.checked),
        (T("Seen"), finding.seen),
        (T("Expected"), finding.expected),
        (T("What to do"), finding.fix),
    ]
    text = RichText()
    for label, words in rows:
        text.append(f"{say(label)}: ", style="bold").append(f"{say(words)}\n")
    return text


def _coloured(program: str) -> RichText:
    """Shell in colours; what is known only later is marked by reverse video, not by colour alone."""
    text = Syntax(program, "sh", theme="ansi_dark", word_wrap=False).highlight(program)
    text.rstrip()
    text.no_wrap = True
    text.highlight_regex(_HOLE, "bold reverse")
    return text
