"""The proof after a reset: everything that was looked for, with a new login, and what was found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from zkwizard.engine.reset.known_nodes import stays, still_listed
from zkwizard.model.cluster import Cluster
from zkwizard.model.remains import Teardown
from zkwizard.model.step import Outcome
from zkwizard.model.text import T
from zkwizard.phases.teardown.forget import ID as FORGET
from zkwizard.screens.carrying import Carried
from zkwizard.screens.frame import Frame
from zkwizard.store.state import is_practice
from zkwizard.tables.remains import proof_table
from zkwizard.tables.table import Mood, Table, line_of
from zkwizard.widgets.sheet import Sheet
from zkwizard.widgets.words import mark, say


@dataclass(frozen=True)
class Outlook:
    """What was asked for, and how it went."""

    cluster: Cluster
    file: Path
    teardown: Teardown
    nodes: tuple[str, ...]
    """Those that were taken back."""
    absent: tuple[str, ...]
    """Those that could not be reached beforehand."""
    carried: Carried

    def lines(self) -> list[str]:
        """How it went, the most important first."""
        proofs = [self.carried.proofs[name] for name in self.nodes if name in self.carried.proofs]
        clean = [proof.node for proof in proofs if proof.is_clean]
        left = [proof.node for proof in proofs if not proof.is_clean]
        unproved = [name for name in self.nodes if name not in self.carried.proofs]
        lines = []
        if clean:
            words = T("nothing is left on {nodes}", nodes=", ".join(clean))
            if not any(proof.reboot for proof in proofs):
                words = T("nothing is left on {nodes}, and no reboot is needed", nodes=", ".join(clean))
            lines.append(f"{mark('✓')} {say(words)}")
        for proof in proofs:
            for why in proof.reboot:
                words = T("{node} needs a reboot: {why}", node=proof.node, why=why)
                lines.append(f"{mark('!')} {say(words)}")
        if left:
            lines.append(f"{mark('✗')} {say(T('something is left on {nodes}', nodes=', '.join(left)))}")
        if unproved:
            words = T(
                "{nodes} could not be looked at again: take them back once more", nodes=", ".join(unproved)
            )
            lines.append(f"{mark('✗')} {say(words)}")
        if self.absent:
            words = T(
                "{nodes} was not reached and stays as it is: r offers it again", nodes=", ".join(self.absent)
            )
            lines.append(f"{mark('!')} {say(words)}")
        if stays(self.cluster, self.teardown):
            words = T("the cluster has forgotten {nodes}", nodes=", ".join(self.nodes))
            if self._forgotten:
                lines.append(f"{mark('✓')} {say(words)}")
            else:
                lines.append(f"{mark('!')} {say(still_listed(self.cluster, self.nodes))}")
        if self.carried.error:
            lines.append(f"{mark('✗')} {self.carried.error}")
        return lines

    @property
    def is_gone(self) -> bool:
        """Whether nothing of the cluster is left on any node."""
        proofs = [self.carried.proofs.get(node.name) for node in self.cluster.nodes]
        return all(proof is not None and proof.is_clean for proof in proofs)

    @property
    def _forgotten(self) -> bool:
        """Whether the cluster that stays was told who left it."""
        ends = [event for event in self.carried.phases if event.phase == FORGET]
        return any(event.outcome in (Outcome.CHANGED, Outcome.UNCHANGED) for event in ends)

    @property
    def table(self) -> Table:
        """The proof."""
        proofs = [self.carried.proofs[name] for name in self.nodes if name in self.carried.proofs]
        return proof_table(proofs) if proofs else Table()


class ProofScreen(Frame[bool]):
    """Ends with whether one wants to go on with what could not be reached."""

    TITLE_TEXT = T("Proof")
    ABOUT = (
        T(
            "Everything that a cluster leaves was looked for on each node, through a login made for it. "
            "What stays is not the cluster's, or was chosen to stay; what is left should be gone."
        ),
        T("r goes back to the choices and looks again: for a node that was out of reach, say."),
    )
    BINDINGS: ClassVar = [
        Binding("enter,escape", "done", str(T("Done")), id="proof.done", priority=True),
        Binding("r", "again", str(T("Look again")), id="proof.again"),
    ]

    def __init__(self, outlook: Outlook) -> None:
        super().__init__()
        self.practice = is_practice(outlook.file)
        self._outlook = outlook

    @property
    def subject(self) -> str:
        """The cluster."""
        return self._outlook.cluster.name

    def body(self) -> Iterable[Widget]:
        """How it went, the table, the notes."""
        table = self._outlook.table
        signs = {Mood.BAD: "✗"}
        notes = [f"{mark(signs.get(note.mood, '·'))} {line_of(note.text, say)}" for note in table.notes]
        yield Vertical(
            Static("\n".join(self._outlook.lines()), id="proof-head", classes="head", markup=False),
            Sheet(id="proof-table"),
            VerticalScroll(Static("\n".join(notes), markup=False), id="proof-notes"),
            id="proof",
        )

    def on_mount(self) -> None:
        """Show it."""
        sheet = self.query_one(Sheet)
        sheet.fill(self._outlook.table)
        sheet.display = bool(self._outlook.table.rows)
        sheet.focus()

    def action_done(self) -> None:
        """That was it."""
        self.dismiss(False)

    def action_again(self) -> None:
        """Back to the choices."""
        self.dismiss(True)
