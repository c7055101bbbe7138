"""The order of work as a graph: what each phase on each node waits for.

A phase on a node waits for its own predecessor there and for the few things elsewhere that it names, not
for the slowest node of every round.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from zkwizard.model.cluster import Cluster
from zkwizard.model.errors import InputError
from zkwizard.model.phase import OPERATOR, Phase
from zkwizard.model.text import T


@dataclass(frozen=True)
class Task:
    """One phase on one node."""

    phase: str
    node: str

    def __str__(self) -> str:
        return f"{self.phase}@{self.node}"


@dataclass(frozen=True)
class Needs:
    """What a task waits for: tasks that must have succeeded, and tasks that only must be over."""

    succeeded: tuple[Task, ...] = ()
    settled: tuple[Task, ...] = ()


def select(
    phases: Sequence[Phase],
    *,
    only: Collection[str] = (),
    first: str = "",
    last: str = "",
) -> tuple[Phase, ...]:
    """The phases named by ``only``, or from ``first`` to ``last``, in running order; all by default.

    Raises InputError for an empty range.
    """
    if only:
        return tuple(phase for phase in phases if phase.id in only)
    ids = [phase.id for phase in phases]
    start = ids.index(first) if first else 0
    stop = ids.index(last) + 1 if last else len(ids)
    if start >= stop:
        raise InputError(T("--from {first} comes after --until {last}", first=first, last=last))
    return tuple(phases[start:stop])


def graph(cluster: Cluster, phases: Sequence[Phase], nodes: Collection[str]) -> dict[Task, Needs]:
    """Every task and what it needs, in running order. ``nodes`` limits where phases run."""
    leader = cluster.first_control_plane.name
    chosen = {*nodes, OPERATOR}
    places = {phase.id: [name for name in phase.nodes(cluster) if name in chosen] for phase in phases}
    tolerated = {phase.id for phase in phases if phase.tolerated}
    needs: dict[Task, Needs] = {}
    last_on: dict[str, Task] = {}
    gates: list[Task] = []
    for phase in phases:
        previous: Task | None = None
        for node in _leader_first(phase, places[phase.id], leader):
            task = Task(phase.id, node)
            succeeded = list(gates)
            settled: list[Task] = []
            for own in _own(last_on, node):
                (settled if own.phase in tolerated else succeeded).append(own)
            for other in _elsewhere(phase, places):
                strict = other.node in (leader, OPERATOR) and other.phase not in tolerated
                (succeeded if strict else settled).append(other)
            if phase.leader_first and node != leader and leader in places[phase.id]:
                succeeded.append(Task(phase.id, leader))
            if phase.one_at_a_time and previous:
                settled.append(previous)
            needs[task] = Needs(tuple(dict.fromkeys(succeeded)), tuple(dict.fromkeys(settled)))
            previous = task
        last_on.update({node: Task(phase.id, node) for node in places[phase.id]})
        if phase.gate:
            gates = [Task(phase.id, node) for node in places[phase.id]]
    for phase in phases:
        if phase.leader_last and (task := Task(phase.id, leader)) in needs:
            others = [last for node, last in last_on.items() if node != leader]
            needs[task] = Needs(needs[task].succeeded, (*needs[task].settled, *others))
    return needs


def successors(tasks: Iterable[Task], task: Task) -> Iterator[Task]:
    """What comes after ``task`` on its node, of tasks in running order."""
    own = [other for other in tasks if other.node == task.node]
    yield from own[own.index(task) + 1 :]


def _leader_first(phase: Phase, places: Sequence[str], leader: str) -> Sequence[str]:
    return sorted(places, key=lambda name: name != leader) if phase.leader_first else places


def _own(last_on: Mapping[str, Task], node: str) -> list[Task]:
    return [last_on[node]] if node in last_on else []


def _elsewhere(phase: Phase, places: Mapping[str, Sequence[str]]) -> Iterator[Task]:
    for earlier in phase.after:
        for node in places.get(earlier, ()):
            yield Task(earlier, node)
