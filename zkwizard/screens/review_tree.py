"""The tree of the review: what is wrong, what the probe found, and every phase with its nodes and steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from rich.text import Text as RichText
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

from zkwizard.engine.restarts import restarts
from zkwizard.model.faults import Fault
from zkwizard.model.finding import Finding, Severity
from zkwizard.model.phase import OPERATOR
from zkwizard.model.placeholders import printed
from zkwizard.model.plan import Plan, PlannedPhase
from zkwizard.model.rules import notices
from zkwizard.model.step import OperatorStep
from zkwizard.model.step import Step as NodeStep
from zkwizard.model.text import T
from zkwizard.store.draft import Draft
from zkwizard.widgets.words import mark, say

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


class ReviewTree(Tree[Item]):
    """What is told first stands first."""

    def __init__(self) -> None:
        super().__init__("", id="review-tree")
        self.show_root = False
        self.guide_depth = 2

    def fill(self, draft: Draft, findings: list[Finding] | None, made: Plan | None) -> None:
        """Everything anew; ``findings`` are those of a probe, if there was one."""
        self.clear()
        for fault in draft.faults:
            title = f"{mark('✗')} {fault.path or draft.path.name}: {say(fault.message)}"
            self.root.add_leaf(RichText(title), Item(title, fault=fault))
        if findings is not None:
            self._add_findings(findings)
        if made and draft.cluster:
            self._add_restarts(made)
            for notice in notices(draft.cluster):
                text = say(notice)
                self.root.add_leaf(RichText(f"! {text}"), Item(text, text=text))
            for phase, group in groupby(made.phases, key=lambda planned: planned.phase):
                branch = self.root.add(
                    RichText(f"{phase.id}  {say(phase.title)}"), Item(phase.id, text=say(phase.summary))
                )
                for planned in group:
                    self._add_planned(branch, planned)
        self.move_cursor_to_line(0)

    def _add_planned(self, branch: TreeNode[Item], planned: PlannedPhase) -> None:
        place = say(T("here")) if planned.node == OPERATOR else planned.node
        steps = planned.program.steps if planned.program else planned.operator
        holes = f"  <{len(planned.program.holes)}>" if planned.program and planned.program.holes else ""
        words = T("{place} · {count} steps", place=place, count=len(steps))
        node = branch.add(RichText(f"{say(words)}{holes}"), Item(place, planned))
        for step in steps:
            title = printed(say(step.title))
            node.add_leaf(RichText(title), Item(f"{step.id} {title} {_searched(step)}", planned, step))

    def _add_findings(self, findings: list[Finding]) -> None:
        counts = Counter(finding.severity for finding in findings)
        words = T(
            "Findings of the probe: {stop} stop, {warn} warnings, {ok} as they should be",
            stop=counts[Severity.STOP],
            warn=counts[Severity.WARN],
            ok=counts[Severity.OK],
        )
        title = RichText(say(words), style="bold")
        branch = self.root.add(title, Item(say(words), text=say(words)), expand=True)
        order = list(_SIGNS)
        for finding in sorted(findings, key=lambda each: order.index(each.severity)):
            if finding.severity is not Severity.OK:
                place = finding.node or say(T("cluster"))
                line = f"{mark(_SIGNS[finding.severity])} {place}: {say(finding.checked)}"
                branch.add_leaf(RichText(line), Item(line, finding=finding))

    def _add_restarts(self, made: Plan) -> None:
        lines = [
            say(T("{unit} on {nodes}", unit=unit, nodes=", ".join(by_node)))
            for unit, by_node in restarts(made).items()
        ]
        if lines:
            title = say(
                T("Restarted where its configuration changes: {units}", units=", ".join(restarts(made)))
            )
            self.root.add_leaf(RichText(f"{mark('·')} {title}"), Item(title, text="\n".join(lines)))

    def find(self, pattern: str, way: int) -> bool:
        """Go to the next line that holds ``pattern``, in small letters; with ``way`` -1 to the one before."""
        items = list(_walk(self.root))
        at = items.index(self.cursor_node) if self.cursor_node in items else 0
        for offset in range(1, len(items) + 1):
            node = items[(at + way * offset) % len(items)]
            if node.data and pattern in node.data.words.lower():
                parent = node.parent
                while parent is not None:
                    parent.expand()
                    parent = parent.parent
                self.get_node_at_line(0)  # numbers the lines of what was opened
                self.move_cursor(node)
                return True
        return False


def _searched(step: NodeStep | OperatorStep) -> str:
    """The words of a step: its reason, and its own part of the program."""
    own = (step.check, step.apply, step.content) if isinstance(step, NodeStep) else ()
    return printed("\n".join([say(step.why), *own]))


def _walk(node: TreeNode[Item]) -> Iterator[TreeNode[Item]]:
    for child in node.children:
        yield child
        yield from _walk(child)
