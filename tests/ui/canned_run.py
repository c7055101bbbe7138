"""Runs that are told and not done: the events of an engine without an engine. For how a screen looks, not for
what it does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.ui.canned import CannedServices
from tests.ui.snapshot import NOW
from tests.unit.diagnosis.excerpts import explained
from zkwizard.checks.remains import judge
from zkwizard.cli.runs import Ended
from zkwizard.engine.members import _request
from zkwizard.engine.pace import Pace
from zkwizard.engine.planning import plan
from zkwizard.engine.request import History
from zkwizard.model.cluster import Cluster
from zkwizard.model.events import (
    Event,
    Examined,
    Explained,
    LinkChanged,
    Output,
    Paused,
    PersonNeeded,
    PhaseEnded,
    PhaseStarted,
    PhaseWaits,
    Proved,
    RunEnded,
    RunStarted,
    StepBegan,
    StepEnded,
)
from zkwizard.model.phase import Phase
from zkwizard.model.plan import PlannedPhase
from zkwizard.model.ports import Claim, Member, Prompter, StopMode
from zkwizard.model.remains import Teardown
from zkwizard.model.step import Outcome
from zkwizard.model.text import T
from zkwizard.phases.teardown import look
from zkwizard.screens.services import RunHandle, RunResult
from zkwizard.store.journal import Journal
from zkwizard.store.state import ClusterState, RunFolder, state_of

RUN = "20261122-204726-c0ffee"
BEGAN = NOW - 754
"""Seconds since the epoch."""
_STEP = 0.2
"""Seconds that a step takes; so each has one line in the log."""


class Story:
    """What a run tells, in its order; whoever tells it says how far it came."""

    def __init__(
        self, cluster: Cluster, phases: Sequence[Phase], nodes: Sequence[str], teardown: Teardown | None
    ) -> None:
        self.cluster, self.nodes = cluster, tuple(nodes)
        self.teardown = teardown or Teardown(self.nodes)
        self.phases = [phase.id for phase in phases]
        self.planned = {
            (each.phase.id, each.node): each for each in plan(cluster, phases, nodes=nodes).phases
        }
        self.at = BEGAN
        self.events: list[Event] = []
        purpose = "reset" if teardown else "run"
        self.tell(
            RunStarted(
                at=BEGAN,
                run=RUN,
                cluster=cluster.name,
                phases=tuple(self.phases),
                nodes=self.nodes,
                purpose=purpose,
            ),
            *(LinkChanged(at=BEGAN, node=node, state="up") for node in nodes),
        )

    def tell(self, *events: Event) -> None:
        """Events that are not those of a phase that goes well."""
        self.events += events

    def begins(self, phase: str, node: str, over: int = 0, *, ago: float | None = None) -> None:
        """``over`` of its steps went well, the next one, if there is one, is at work for ``ago`` seconds."""
        steps = _steps(self.planned[phase, node])
        names = tuple(name for name, _ in steps)
        self.tell(PhaseStarted(at=self.at, phase=phase, node=node, steps=names, sha256="5eed"))
        for name, changes in steps[:over]:
            outcome = Outcome.CHANGED if changes else Outcome.UNCHANGED
            self.tell(
                StepBegan(at=self.at, phase=phase, node=node, step=name),
                StepEnded(
                    at=self.at + _STEP, phase=phase, node=node, step=name, outcome=outcome, seconds=_STEP
                ),
            )
            self.at += _STEP
        if over < len(steps):
            at = self.at if ago is None else NOW - ago
            self.tell(StepBegan(at=at, phase=phase, node=node, step=names[over]))

    def prints(self, phase: str, node: str, *lines: str) -> None:
        """Output of the step at work."""
        data = "".join(f"{line}\n" for line in lines).encode()
        self.tell(Output(at=self.at, phase=phase, node=node, step="", data=data))

    def goes_well(self, phase: str, node: str) -> None:
        """From its first step to its last."""
        steps = _steps(self.planned[phase, node])
        self.begins(phase, node, len(steps))
        changed = sum(changes for _, changes in steps)
        outcome = Outcome.CHANGED if changed else Outcome.UNCHANGED
        self.tell(PhaseEnded(at=self.at, phase=phase, node=node, outcome=outcome, changed=changed))

    def through(self, last: str) -> None:
        """All phases up to this one went well wherever they have something to do."""
        until = self.phases.index(last)
        for phase, node in self.planned:
            if self.phases.index(phase) <= until:
                self.goes_well(phase, node)

    def fails(self, phase: str, node: str, step: str, *tail: str) -> None:
        """All its steps went well up to one that printed this, and failed after four minutes."""
        names = [name for name, _ in _steps(self.planned[phase, node])]
        self.begins(phase, node, names.index(step))
        self.prints(phase, node, *tail)
        at: dict[str, Any] = {"at": self.at, "phase": phase, "node": node}
        reason = T("step {step} failed", step=step)
        self.tell(
            StepEnded(**at, step=step, outcome=Outcome.FAILED, code=1, seconds=247.0, tail=tail),
            PhaseEnded(**at, outcome=Outcome.FAILED, reason=reason),
        )

    def ends(self, outcome: Outcome, *failed: str, holder: Claim | None = None) -> None:
        """The run is over."""
        changed = sum(
            isinstance(event, StepEnded) and event.outcome is Outcome.CHANGED for event in self.events
        )
        self.tell(
            RunEnded(
                at=NOW, run=RUN, outcome=outcome, failed=failed, changed=changed, seconds=754, holder=holder
            )
        )

    def kept(self, folder: RunFolder) -> None:
        """Journal, logs and programs, as the engine keeps them."""
        journal = Journal(folder)
        for event in self.events:
            journal(event)
        for (phase, node), planned in self.planned.items():
            if planned.program:
                journal.program(node, phase, planned.program.text)
        journal.close()


def _steps(planned: PlannedPhase) -> list[tuple[str, bool]]:
    """The steps' ids, and whether each changes something: those where zkwizard runs change no node."""
    if planned.program is None:
        return [(step.id, False) for step in planned.operator]
    return [(step.id, bool(step.apply)) for step in planned.program.steps]


Tale = Callable[[Story], None]


class ToldRun:
    """Tells everything at once, and is at work as long as no end was told; nobody's word changes anything."""

    history: History | None = None

    def __init__(self, folder: RunFolder, events: Sequence[Event]) -> None:
        self._folder, self._events = folder, list(events)
        self._end = next((event for event in events if isinstance(event, RunEnded)), None)

    @property
    def folder(self) -> RunFolder:
        return self._folder

    @property
    def alive(self) -> bool:
        return bool(self._events) or self._end is None

    def start(self) -> None:
        """There is nothing to be done."""

    def abandon(self) -> None:
        """Nothing is held."""

    def events(self, wait: float = 0.0) -> list[Event]:
        told, self._events = self._events, []
        return told

    def stop(self, mode: StopMode) -> None:
        """It stays as it was told."""

    def tell(self, word: Callable[[], None]) -> None:
        """The same."""

    def result(self) -> RunResult:
        assert self._end
        return Ended(self._end, frozenset())


class ToldServices(CannedServices):
    """Every run is the one that is told."""

    def __init__(self, tale: Tale) -> None:
        super().__init__()
        self._tale = tale

    def begin(
        self,
        cluster: Cluster,
        file: Path,
        ask: Prompter,
        *,
        phases: Sequence[Phase],
        nodes: Sequence[str],
        pace: Pace | None = None,
        teardown: Teardown | None = None,
        take_over: bool = False,
    ) -> RunHandle:
        story = Story(cluster, phases, nodes, teardown)
        self._tale(story)
        folder = RunFolder(ClusterState(state_of(file), cluster.name).path / "runs" / RUN)
        story.kept(folder)
        return ToldRun(folder, story.events)


# What is told ---------------------------------------------------------------------------------------------


def waiting(story: Story) -> None:
    """Nothing has begun; the first phase waits to be allowed."""
    story.tell(Paused(at=BEGAN, next=story.phases[0]))


def halfway(story: Story) -> None:
    """Images come to three nodes in three ways; the line to one of them is lost."""
    story.through("config")
    story.goes_well("images", "node1")
    story.begins("images", "node2", 0, ago=71)
    story.begins("images", "master", 0, ago=48)
    story.prints("images", "master", *_PULLED)
    story.tell(LinkChanged(at=NOW - 10, node="node2", state="lost", seconds=24, message="timed out"))


def person(story: Story) -> None:
    """The members are to be authorised by hand."""
    story.through("overlay-authorise")
    ids = ("b503c04236", "0aa372280c", "19bf106eec")
    members = [
        Member(node.name, own, str(node.overlay_ip))
        for node, own in zip(story.cluster.nodes, ids, strict=True)
    ]
    text = _request(story.cluster, members)
    story.tell(PersonNeeded(at=story.at, phase="overlay-authorise", step="authorise-members", text=text))
    for node in story.nodes:
        story.begins("overlay-up", node, 0, ago=93)


def asking(story: Story) -> None:
    """A node can't join and waits for an answer; causes are still looked for, the other node is through."""
    _can_not_join(story)
    story.tell(PhaseWaits(at=story.at, phase="join", node="node1", blocked=_BLOCKED))


def _can_not_join(story: Story) -> None:
    story.through("join-token")
    story.goes_well("join", "node2")
    story.fails("join", "node1", "join", *_NOT_HEALTHY)


def explained_failure(story: Story) -> None:
    """The same, and the evidence names a cause."""
    asking(story)
    for cause in explained("swap-on"):
        story.tell(Explained(at=story.at, cause=cause))
    story.tell(Examined(at=story.at, nodes=("node1",)))


def failed(story: Story) -> None:
    """It was given up."""
    _can_not_join(story)
    story.ends(Outcome.FAILED, "join@node1")


def done(story: Story) -> None:
    """To its end."""
    story.through(story.phases[-1])
    story.ends(Outcome.CHANGED)


def held(story: Story) -> None:
    """Somebody else's run has the nodes."""
    claim = Claim("20261122-190211-a1b2c3", "zk", "ann@laptop", "images", NOW - 7069, alive=True)
    story.ends(Outcome.FAILED, holder=claim)


def resetting(story: Story) -> None:
    """A reset in its middle."""
    story.through("unjoin")
    for node in story.nodes:
        story.begins("pod-links", node, 1, ago=3)


def reset_failed(story: Story) -> None:
    """A reset that a node does not let through."""
    story.through("pods")
    last = story.nodes[-1]
    step = _steps(story.planned["mounts", last])[0][0]
    story.fails("mounts", last, step, "umount: /var/lib/kubelet/pods/6d1f: target is busy.")
    story.ends(Outcome.FAILED, f"mounts@{last}")


def proved(story: Story) -> None:
    """A reset to its end: on one node something is left, and another has to be restarted."""
    story.through(story.phases[-1])
    for node, text in zip(story.nodes, (_KEPT, _KEPT + _LEFT), strict=False):
        traces, whole = look.read(f"{text}end\n")
        proof = judge(story.teardown, node, traces, complete=whole)
        story.tell(Proved(at=NOW, phase=story.phases[-1], node=node, proof=proof))
    story.ends(Outcome.CHANGED)


_PULLED = (
    "[config/images] Pulled registry.k8s.io/kube-apiserver:v1.36.2",
    "[config/images] Pulled registry.k8s.io/kube-controller-manager:v1.36.2",
    "[config/images] Pulled registry.k8s.io/kube-scheduler:v1.36.2",
)
_NOT_HEALTHY = (
    "[kubelet-check] Waiting for a healthy kubelet at http://127.0.0.1:10248/healthz. This can take up to "
    "4m0s",
    "[kubelet-check] The kubelet is not healthy after 4m0.000591s",
    "error: error execution phase kubelet-start: The HTTP call equal to "
    "'curl -sSL http://127.0.0.1:10248/healthz' returned error: connection refused",
)
_BLOCKED = ("verify@master", "verify@node1", "verify@node2")
_KEPT = "package ours kubelet 1.36.2-1.1\npackage ours containerd.io 2.1.9-1\noverlay ours 8fa62dfe16000001\n"
_LEFT = "mount ours /var/lib/kubelet/pods/6d1f/volumes/data\nfile ours /var/lib/kubelet\n"
