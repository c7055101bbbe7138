"""How a run stands, from its events alone: what the grid, the bars and the lines about it show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeVar

from zkwizard.engine.schedule import Needs, Task
from zkwizard.model.cause import Cause
from zkwizard.model.events import (
    Event,
    Examined,
    Explained,
    FollowEnded,
    Found,
    LinkChanged,
    Paused,
    PersonNeeded,
    PhaseEnded,
    PhaseSkipped,
    PhaseStarted,
    PhaseWaits,
    RunEnded,
    RunFollowed,
    RunStarted,
    StepBegan,
    StepEnded,
    StepRetried,
)
from zkwizard.model.phase import OPERATOR
from zkwizard.model.plan import PlannedPhase
from zkwizard.model.step import Outcome
from zkwizard.model.text import Text, Words
from zkwizard.widgets.run.cell import OVER, Cell, Standing

K = TypeVar("K")
Place = tuple[str, str]
"""A phase, and a node or OPERATOR."""
_OF_OUTCOME = {
    Outcome.UNCHANGED: Standing.UNCHANGED,
    Outcome.CHANGED: Standing.CHANGED,
    Outcome.FAILED: Standing.FAILED,
    Outcome.STOPPED: Standing.STOPPED,
}


@dataclass(frozen=True)
class Link:
    """A line to a node that is not as it should be: ``silent`` or ``lost``."""

    state: str
    since: float
    message: Words = ""


@dataclass
class Progress:
    """All of it. Knows the plan beforehand, so that what has not begun is there, too."""

    phases: tuple[str, ...]
    nodes: tuple[str, ...]
    cells: dict[Place, Cell]
    titles: Mapping[str, Text] = field(default_factory=dict)
    """Phase → what it is called."""
    steps: Mapping[tuple[str, str, str], Text] = field(default_factory=dict)
    """(phase, node, step) → what it is called."""
    needs: Mapping[Task, Needs] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    began: float = 0.0
    ended: RunEnded | FollowEnded | None = None
    closed: tuple[Standing, Text, float] | None = None
    """How it is over without a last event, in words, and since when: the engine itself failed, or there was
    nothing to follow."""
    followed: bool = False
    """Whether it is somebody else's, that may have begun long ago."""
    paused: str | None = None
    """The phase before which all rests until a person says so; "" when only answers about failed ones are
    missing, and None while it goes on."""
    findings: list[Found] = field(default_factory=list)
    causes: list[Cause] = field(default_factory=list)
    """What the evidence names, of failures that still stand."""
    examined: set[str] = field(default_factory=set)
    """Nodes whose evidence was looked through since something failed there."""
    person: PersonNeeded | None = None
    """What a person has to do elsewhere."""
    resumed: bool = False
    version: int = 0
    """Grows with everything that changes what is shown."""
    _blocked: tuple[int, frozenset[Place]] = (-1, frozenset())
    """What is blocked, as of a version."""
    _sorted: tuple[int, Mapping[Standing, Sequence[Place]]] = (-1, {})
    """Standing → where, in running order, as of a version."""
    _of_phase: tuple[int, Mapping[str, Sequence[Place]]] = (0, {})
    """Phase → where it has something to do, of so many cells: none ever goes away."""

    @classmethod
    def of(
        cls,
        plan: Iterable[PlannedPhase],
        nodes: Sequence[str],
        needs: Mapping[Task, Needs] | None = None,
    ) -> Progress:
        """Nothing has begun. Of the plan titles are kept, and no program: those of fifty nodes take 18 MB."""
        cells, titles, steps = {}, {}, {}
        for planned in plan:
            found = planned.program.steps if planned.program else planned.operator
            cells[planned.phase.id, planned.node] = Cell(weight=max(1, len(found)))
            titles[planned.phase.id] = planned.phase.title
            for step in found:
                steps[planned.phase.id, planned.node, step.id] = step.title
        return cls(tuple(titles), tuple(nodes), cells, titles, steps, needs or {})

    # What happened ----------------------------------------------------------------------------------------

    def take(self, event: Event) -> None:
        """One event; those that change nothing here are passed over."""
        match event:
            case RunStarted():
                self.began, self.ended, self.resumed = event.at, None, event.resumed
            case RunFollowed():
                self.followed = True
            case PhaseStarted():
                self._start(event)
            case StepBegan():
                cell = self._cell(event.phase, event.node)
                cell.standing, cell.step, cell.since, cell.attempt = Standing.AT_WORK, event.step, event.at, 1
            case StepRetried():
                self._cell(event.phase, event.node).attempt = event.attempt + 1
            case StepEnded():
                self._step_over(event)
            case PhaseEnded():
                self._end(event)
            case PhaseSkipped():
                cell = self._cell(event.phase, event.node)
                cell.standing, cell.asks, cell.blocks = Standing.SKIPPED, False, ()
            case PhaseWaits():
                cell = self._cell(event.phase, event.node)
                cell.standing, cell.asks = Standing.FAILED, True
                cell.blocks, cell.can_skip = event.blocked, event.can_skip
            case Found():
                self.findings.append(event)
            case Explained():
                self.causes.append(event.cause)
            case Examined():
                self.examined.update(event.nodes)
            case Paused():
                self.paused = event.next
            case LinkChanged():
                self._link(event)
            case PersonNeeded():
                self.person = event
            case RunEnded() | FollowEnded():
                self.ended, self.paused, self.person = event, None, None
                for cell in self.cells.values():
                    cell.asks = False
            case _:
                return
        self.version += 1

    def answered(self, place: Place, *, given_up: bool = False) -> None:
        """A person has said what to do about a failed phase; what becomes of another try events tell."""
        cell = self.cells[place]
        cell.asks, cell.blocks = False, ()
        cell.standing = Standing.FAILED if given_up else Standing.WAITING
        self.version += 1

    def closes(self, standing: Standing, words: Text, at: float) -> None:
        """It is over, and no event says so."""
        self.closed, self.paused, self.person = (standing, words, at), None, None
        for cell in self.cells.values():
            cell.asks = False
        self.version += 1

    def _start(self, event: PhaseStarted) -> None:
        if self.followed:
            self._passed(Task(event.phase, event.node))
        old = self._cell(event.phase, event.node)
        weight = len(event.steps) or old.weight
        self.cells[event.phase, event.node] = Cell(weight, Standing.AT_WORK, since=event.at)
        self.paused = None
        self.examined.discard(event.node)
        self.causes = [cause for cause in self.causes if cause.node != event.node]
        self.findings = [
            found
            for found in self.findings
            if (found.phase, found.finding.node or event.node) != (event.phase, event.node)
        ]
        if not self.began:
            self.began = event.at

    def _passed(self, task: Task) -> None:
        """What a task needs was over before it began, though nobody told it here."""
        begun = [task]
        while begun:
            needs = self.needs.get(begun.pop(), Needs())
            for need in (*needs.succeeded, *needs.settled):
                cell = self.cells.get((need.phase, need.node))
                if cell and cell.standing is Standing.WAITING:
                    cell.standing = Standing.BEFORE
                    begun.append(need)

    def _step_over(self, event: StepEnded) -> None:
        cell = self._cell(event.phase, event.node)
        cell.steps_over += 1
        cell.step, cell.since = "", event.at
        cell.changed += event.outcome is Outcome.CHANGED
        if event.outcome is Outcome.FAILED:
            cell.failed = event

    def _end(self, event: PhaseEnded) -> None:
        cell = self._cell(event.phase, event.node)
        cell.standing = _OF_OUTCOME[event.outcome]
        cell.step, cell.reason, cell.seconds = "", event.reason, event.seconds
        cell.changed = event.changed
        if self.person and self._follows(self.person.phase, event.phase) and self.is_over(event.phase):
            self.person = None

    def _follows(self, phase: str, other: str) -> bool:
        """Whether ``other`` is the next phase: what a person does is awaited there."""
        return (phase, other) in pairwise(self.phases)

    def _link(self, event: LinkChanged) -> None:
        if event.state in ("silent", "lost"):
            since = event.at - event.seconds
            self.links[event.node] = Link(event.state, since, event.message)
        else:
            self.links.pop(event.node, None)

    def _cell(self, phase: str, node: str) -> Cell:
        """What the plan does not know is shown, too: somebody else's run may have other phases."""
        if phase not in self.phases:
            self.phases += (phase,)
        if node != OPERATOR and node not in self.nodes:
            self.nodes += (node,)
        return self.cells.setdefault((phase, node), Cell())

    # How it stands ----------------------------------------------------------------------------------------

    def standing(self, place: Place) -> Standing | None:
        """None where the phase has nothing to do."""
        cell = self.cells.get(place)
        if cell is None:
            return None
        if cell.standing is Standing.WAITING and place in self._all_blocked():
            return Standing.BLOCKED
        return cell.standing

    def _all_blocked(self) -> frozenset[Place]:
        """Everything that needs what was given up, directly or not; ``needs`` stands in running order."""
        if self._blocked[0] != self.version:
            given_up = {
                place
                for place, cell in self.cells.items()
                if cell.standing is Standing.FAILED and not cell.asks
            }
            blocked: set[Place] = set()
            for task, needs in self.needs.items() if given_up else ():
                if any((n.phase, n.node) in given_up | blocked for n in needs.succeeded):
                    blocked.add((task.phase, task.node))
            self._blocked = self.version, frozenset(blocked)
        return self._blocked[1]

    def of_phase(self, phase: str) -> Sequence[Place]:
        """Where a phase has something to do."""
        if self._of_phase[0] != len(self.cells):
            self._of_phase = len(self.cells), _grouped(self.cells, lambda place: place[0])
        return self._of_phase[1].get(phase, ())

    def fraction(self, phase: str) -> float:
        """How much of a phase is over on all its nodes, 0 to 1."""
        return _fraction(self.cells[place] for place in self.of_phase(phase))

    @property
    def overall(self) -> float:
        """How much of everything is over, 0 to 1, by its steps."""
        return _fraction(self.cells.values())

    def is_over(self, phase: str) -> bool:
        """Whether nothing of a phase is to come."""
        return all(self.standing(place) in OVER for place in self.of_phase(phase))

    def phase_standing(self, phase: str) -> Standing:
        """The one state that says most about a phase on all its nodes."""
        found = {self.standing(place) for place in self.of_phase(phase)}
        order = (
            Standing.FAILED, Standing.AT_WORK, Standing.STOPPED, Standing.BLOCKED, Standing.SKIPPED,
        )  # fmt: skip
        for standing in order:
            if standing in found:
                return standing
        if Standing.WAITING in found or not found:
            return Standing.WAITING
        if Standing.CHANGED in found:
            return Standing.CHANGED
        return Standing.BEFORE if Standing.BEFORE in found else Standing.UNCHANGED

    def at_work(self) -> list[Place]:
        """What is at work now, in running order."""
        return self._standing(Standing.AT_WORK)

    def failed(self) -> list[Place]:
        """What failed, whether it waits for an answer or not."""
        return self._standing(Standing.FAILED)

    def asking(self) -> list[Place]:
        """What failed and waits for an answer."""
        return [place for place in self.failed() if self.cells[place].asks]

    def current(self, node: str) -> Place | None:
        """What is at work on a node, or failed there, or else was last over."""
        own = [(phase, node) for phase in self.phases if (phase, node) in self.cells]
        for wanted in (Standing.AT_WORK, Standing.FAILED):
            found = [place for place in own if self.cells[place].standing is wanted]
            if found:
                return found[-1]
        over = [place for place in own if self.cells[place].standing in OVER]
        return over[-1] if over else None

    def farthest(self) -> str:
        """The last phase that has begun anywhere; empty before the first."""
        begun = {place[0] for place, cell in self.cells.items() if cell.standing is not Standing.WAITING}
        return next((phase for phase in reversed(self.phases) if phase in begun), "")

    def elapsed(self, now: float) -> float:
        """Seconds since it began, until now or its end."""
        end = self.ended.at if self.ended else self.closed[2] if self.closed else now
        return max(0.0, end - self.began) if self.began else 0.0

    @property
    def over(self) -> bool:
        """Whether nothing more is to come."""
        return self.ended is not None or self.closed is not None

    @property
    def succeeded(self) -> bool:
        """Whether it ended well."""
        ended = self.ended
        return isinstance(ended, RunEnded) and ended.outcome in (Outcome.CHANGED, Outcome.UNCHANGED)

    def _standing(self, standing: Standing) -> list[Place]:
        if self._sorted[0] != self.version:
            ordered = (place for phase in self.phases for place in self.of_phase(phase))
            self._sorted = self.version, _grouped(ordered, lambda place: self.cells[place].standing)
        return [*self._sorted[1].get(standing, ())]


def _grouped(places: Iterable[Place], key: Callable[[Place], K]) -> Mapping[K, Sequence[Place]]:
    groups: dict[K, list[Place]] = {}
    for place in places:
        groups.setdefault(key(place), []).append(place)
    return groups


def _fraction(cells: Iterable[Cell]) -> float:
    whole = over = 0.0
    for cell in cells:
        whole += cell.weight
        over += cell.weight * cell.fraction
    return over / whole if whole else 0.0
