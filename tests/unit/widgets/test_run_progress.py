"""How a run stands, from its events alone."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from zkwizard.engine.schedule import Needs, Task
from zkwizard.model.events import (
    Event,
    Examined,
    LinkChanged,
    Notice,
    Output,
    Paused,
    PersonNeeded,
    PhaseEnded,
    PhaseSkipped,
    PhaseStarted,
    PhaseWaits,
    RunEnded,
    RunStarted,
    StepBegan,
    StepEnded,
    StepRetried,
)
from zkwizard.model.phase import OPERATOR
from zkwizard.model.ports import StopMode
from zkwizard.model.step import Outcome
from zkwizard.model.text import T
from zkwizard.widgets.log_pane import LogPane
from zkwizard.widgets.run.cell import OVER, Cell, Standing
from zkwizard.widgets.run.coloured import bar, padded
from zkwizard.widgets.run.narration import MESSAGES, Narration
from zkwizard.widgets.run.progress import Progress
from zkwizard.widgets.run.signs import clock, short
from zkwizard.widgets.run.steering import Steering, status

NODES = ("master", "node1")
PHASES = ("probe", "names", "system")


def progress() -> Progress:
    cells = {(phase, node): Cell(weight=2) for phase in PHASES for node in NODES}
    needs = {Task(phase, node): Needs() for phase in PHASES for node in NODES}
    for before, after in (("probe", "names"), ("names", "system")):
        for node in NODES:
            needs[Task(after, node)] = Needs(succeeded=(Task(before, node),))
    return Progress(PHASES, NODES, cells, needs=needs)


def at(phase: str, node: str, **more: Any) -> dict[str, Any]:
    return {"at": 10.0, "phase": phase, "node": node, **more}


def failed(phase: str, node: str) -> list[Event]:
    return [
        PhaseStarted(**at(phase, node, steps=("one", "two"))),
        StepBegan(**at(phase, node, step="one")),
        StepEnded(**at(phase, node, step="one", outcome=Outcome.FAILED, code=1, tail=("last words",))),
        PhaseEnded(**at(phase, node, outcome=Outcome.FAILED, reason="step one failed")),
    ]


def told(shown: Progress, *events: Event) -> Progress:
    for event in events:
        shown.take(event)
    return shown


def test_it_begins_with_everything_waiting_and_ends_with_all_of_it_over() -> None:
    shown = progress()
    assert (shown.overall, shown.farthest(), shown.elapsed(99.0)) == (0.0, "", 0.0)
    for phase in PHASES:
        for node in NODES:
            told(
                shown,
                PhaseStarted(**at(phase, node, steps=("one", "two"))),
                StepEnded(**at(phase, node, step="one", outcome=Outcome.CHANGED)),
            )
            assert shown.cells[phase, node].fraction == 0.5
            told(shown, PhaseEnded(**at(phase, node, outcome=Outcome.CHANGED, changed=1)))
        assert shown.is_over(phase)
        assert shown.phase_standing(phase) is Standing.CHANGED
    assert shown.overall == 1.0
    told(shown, RunEnded(at=70.0, run="r", outcome=Outcome.CHANGED, seconds=60.0))
    assert shown.succeeded
    assert shown.elapsed(999.0) == 60.0


def test_what_was_given_up_blocks_what_needs_it_and_what_asks_does_not() -> None:
    shown = told(progress(), *failed("names", "node1"))
    told(shown, PhaseWaits(**at("names", "node1", blocked=("system@node1",))))
    assert shown.asking() == [("names", "node1")]
    assert shown.standing(("system", "node1")) is Standing.WAITING
    shown.answered(("names", "node1"))
    assert shown.asking() == []
    told(shown, *failed("names", "node1"))
    assert shown.standing(("system", "node1")) is Standing.BLOCKED
    assert shown.standing(("system", "master")) is Standing.WAITING
    told(shown, PhaseStarted(**at("names", "node1")))
    assert shown.standing(("system", "node1")) is Standing.WAITING, "tried again"


def test_a_skipped_phase_blocks_nothing() -> None:
    shown = told(progress(), *failed("names", "node1"), PhaseWaits(**at("names", "node1")))
    shown.answered(("names", "node1"))
    told(shown, PhaseSkipped(**at("names", "node1")))
    assert shown.standing(("names", "node1")) is Standing.SKIPPED
    assert shown.standing(("system", "node1")) is Standing.WAITING


def test_another_try_begins_without_what_the_last_one_left() -> None:
    shown = told(progress(), *failed("names", "node1"), Examined(at=11.0, nodes=("node1",)))
    assert shown.cells["names", "node1"].failed
    assert shown.examined == {"node1"}
    told(shown, PhaseStarted(**at("names", "node1")))
    cell = shown.cells["names", "node1"]
    assert (cell.failed, cell.steps_over, cell.reason, shown.examined) == (None, 0, "", set())


def test_what_is_kept_sorted_is_as_if_it_were_found_anew() -> None:
    """Whatever happens, and with phases and nodes that the plan does not know."""
    shown, some = progress(), random.Random(5)
    for _ in range(300):
        place = at(some.choice([*PHASES, "newer", "newest"]), some.choice([*NODES, "node9"]))
        outcome = some.choice(list(Outcome))
        told(
            shown,
            some.choice([PhaseStarted(**place), PhaseEnded(**place, outcome=outcome), PhaseWaits(**place)]),
        )
        if (asking := shown.asking()) and some.random() < 0.5:
            shown.answered(some.choice(asking), given_up=some.random() < 0.5)
        order = [(phase, node) for phase in shown.phases for p, node in shown.cells if p == phase]
        for found, standing in ((shown.at_work(), Standing.AT_WORK), (shown.failed(), Standing.FAILED)):
            assert found == [each for each in order if shown.cells[each].standing is standing]
        for phase in shown.phases:
            cells = [cell for (of, _), cell in shown.cells.items() if of == phase]
            whole = sum(cell.weight for cell in cells)
            assert shown.fraction(phase) * whole == pytest.approx(sum(c.weight * c.fraction for c in cells))
            assert shown.is_over(phase) == all(
                shown.standing(each) in OVER for each in order if each[0] == phase
            )


def test_a_line_is_lost_on_the_node_and_no_failure() -> None:
    shown = told(progress(), PhaseStarted(**at("names", "node1")))
    told(shown, LinkChanged(at=50.0, node="node1", state="silent", seconds=6.0))
    assert (shown.links["node1"].state, shown.links["node1"].since) == ("silent", 44.0)
    told(shown, LinkChanged(at=64.0, node="node1", state="lost", seconds=20.0, message="no route"))
    assert shown.failed() == []
    assert "is lost" in str(status(shown, Steering())[1])
    told(shown, LinkChanged(at=70.0, node="node1", state="back", seconds=26.0))
    assert shown.links == {}


def test_a_person_is_waited_for_until_the_next_phase_is_over_everywhere() -> None:
    shown = told(progress(), PersonNeeded(at=1.0, phase="probe", step="s", text=T("do it")))
    for node in NODES:
        assert shown.person
        told(shown, PhaseStarted(**at("names", node)))
        told(shown, PhaseEnded(**at("names", node, outcome=Outcome.UNCHANGED)))
    assert shown.person is None


def test_what_the_plan_does_not_know_is_shown_too() -> None:
    shown = told(progress(), PhaseStarted(**at("newer", "node9")))
    assert shown.phases[-1] == "newer"
    assert shown.nodes[-1] == "node9"
    assert shown.standing(("newer", "node9")) is Standing.AT_WORK


def test_the_line_says_what_matters_most() -> None:
    shown, steering = progress(), Steering()
    assert "asked" in str(status(shown, steering)[1])
    told(shown, RunStarted(at=1.0, run="r", cluster="c", phases=PHASES), Paused(at=1.0, next="probe"))
    assert status(shown, steering)[0] is Standing.WAITING
    assert "probe" in str(status(shown, steering)[1])
    told(shown, PhaseStarted(**at("probe", "node1")))
    steering.until = "probe"
    assert "pauses after probe" in str(status(shown, steering)[1])
    steering.all = True
    assert "all phases" in str(status(shown, steering)[1])
    told(shown, *failed("probe", "node1"), PhaseWaits(**at("probe", "node1")))
    assert "waits for you" in str(status(shown, steering)[1])
    steering.stopping = StopMode.GENTLY
    assert "stopping" in str(status(shown, steering)[1])
    told(shown, RunEnded(at=9.0, run="r", outcome=Outcome.FAILED, failed=("probe@node1",), seconds=8.0))
    assert status(shown, steering)[0] is Standing.FAILED


@pytest.mark.parametrize(
    ("seconds", "long", "brief"),
    [
        (0.4, "0:00", "0s"),
        (99.9, "1:39", "99s"),
        (754, "12:34", "12m"),
        (3723, "1:02:03", "62m"),
        (9000, "2:30:00", "2h"),
    ],
)
def test_times_as_people_read_them(seconds: float, long: str, brief: str) -> None:
    assert (clock(seconds), short(seconds)) == (long, brief)


def test_a_bar_is_full_only_when_all_is_over() -> None:
    assert [bar(part, 4).count("━") for part in (0.0, 0.3, 0.99, 1.0)] == [0, 1, 3, 4]
    assert padded("繁體中文", 5) == "繁體…"
    assert padded("ab", 4) == "ab  "


# The log -------------------------------------------------------------------------------------------------


class Log:
    """A pane and what was told to it."""

    def __init__(self, folder: Path) -> None:
        self.pane = LogPane(folder=folder)
        self.progress = progress()
        self.narration = Narration(self.pane, self.progress, folder / "logs")

    def tell(self, *events: Event, now: float = 10.0) -> None:
        told(self.progress, *events)
        self.narration.tell(events, now)

    def lines(self, name: str) -> list[str]:
        return self.pane.tail(name, 99)


def test_a_short_step_has_one_line_and_a_long_one_two(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.tell(
        PhaseStarted(**at("names", "node1", steps=("hosts",), sha256="x")),
        StepBegan(**at("names", "node1", step="hosts")),
        StepEnded(**at("names", "node1", step="hosts", outcome=Outcome.UNCHANGED)),
    )
    assert log.lines("node1")[1:] == ["= hosts · was so already"]
    assert log.pane.log_path == str(tmp_path / "logs" / "node1" / "names.log")
    log.tell(StepBegan(**at("names", "node1", step="slow")), now=10.1)
    assert "▸ slow" not in log.lines("node1")
    log.tell(now=11.0)
    assert log.lines("node1")[-1] == "▸ slow"


def test_output_stands_below_the_step_that_printed_it(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.tell(
        StepBegan(**at("names", "node1", step="hosts")),
        Output(**at("names", "node1", step="hosts", data=b"one\n")),
        Output(**at("names", "node1", step="hosts", data=b"\x1b[2Jtwo\n")),
        StepRetried(**at("names", "node1", step="hosts", attempt=1, code=7, delay=5)),
        StepEnded(**at("names", "node1", step="hosts", outcome=Outcome.FAILED, code=124, seconds=61.0)),
    )
    assert log.lines("node1") == [
        "▸ hosts",
        "  one",
        "  two",
        "! hosts · attempt 1 failed (7), again in 5 s",
        "✗ hosts · failed with exit code 124: its time limit was over · 1:01",
    ]


def test_what_belongs_to_the_run_stands_in_its_messages(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.tell(
        *[LinkChanged(at=1.0, node="node1", state="lost", seconds=20.0 + n) for n in range(5)],
        LinkChanged(at=9.0, node="node1", state="back", seconds=30.0),
        Notice(at=9.0, node="", text=T("for all")),
        PhaseStarted(**at("overlay-authorise", OPERATOR)),
    )
    messages = log.lines(MESSAGES)
    assert sum("is lost" in line for line in messages) == 1
    assert any("node1: the line is back after 0:30" in line for line in messages)
    assert any(line.endswith("for all") for line in messages)
    assert OPERATOR not in log.pane.names
