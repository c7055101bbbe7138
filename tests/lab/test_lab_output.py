"""Output of all kinds, from a package's installation and raw: nothing is lost, nothing acts on a terminal."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from operator import not_
from pathlib import Path

import pytest

from tests.lab import looks, spew
from tests.lab.lab import Lab
from tests.lab.machine import Machine
from tests.lab.operator import Operator, cluster
from tests.terminal import COLUMNS
from tests.waiting import until
from zkwizard.model.errors import ExitCode

_RUNTIME = ("--phase", "runtime")
_MOST = 120 << 20
"""Bytes of memory that a command may ever take: twice as many as one that is told nothing. 32 MB of output
may wait for a slow terminal.
"""


@pytest.fixture(scope="module")
def machine(lab: Lab) -> Iterator[Machine]:
    """One machine, ready for the phase `runtime`, that prints far too much while containerd is installed."""
    with lab.machines("master") as (made,):
        made.run("apt-get update && apt-get install --yes --no-install-recommends gnupg")
        made.write("/etc/lab/postinst", spew.program("sys.argv[1] == 'containerd.io'"), 0o755)
        yield made


@pytest.fixture
def operator(lab: Lab, machine: Machine, operator: Operator) -> Operator:
    """With the cluster file of the machine."""
    operator.writes(cluster([machine], lab.key))
    return operator


class Highest:
    """The most memory that a process ever had, in bytes."""

    def __init__(self, pid: int) -> None:
        self.bytes = 0
        self._status = Path(f"/proc/{pid}/status")
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._over.wait(0.02):
            try:
                found = re.search(r"VmHWM:\s+(\d+) kB", self._status.read_text())
            except OSError:
                return
            self.bytes = int(found[1]) << 10 if found else self.bytes

    def end(self) -> int:
        """Look no more; the highest that was seen."""
        self._over.set()
        self._thread.join()
        return self.bytes


def logs(machine: Machine, operator: Operator) -> tuple[bytes, bytes]:
    """The last run's log of the phase: on the machine, without zkwizard's own marks, and the operator's."""
    run = operator.runs[-1]
    folder = machine.root / f"var/lib/zkwizard/runs/{run.name}/runtime"
    mark = b"\x1e" + (folder / "nonce").read_bytes().strip()
    there = re.sub(mark + rb" [^\n]*\n", b"", (folder / "log").read_bytes())
    return there, (run / "logs/master/runtime.log").read_bytes()


def test_a_package_prints_far_too_much(machine: Machine, operator: Operator) -> None:
    """By way of apt's own terminal, which puts a \\r before every line's end."""
    until(lambda: looks.jobs(machine), "no job is at work", fits=not_)
    running = operator.begin("run", "--yes", "--json", "--accept-new-host-keys", *_RUNTIME)
    memory = Highest(running.process.pid)
    ended = running.ended()
    assert ended.code == ExitCode.DONE, ended.err
    assert 0 < memory.end() < _MOST, memory.bytes
    there, here = logs(machine, operator)
    assert there == here
    assert spew.everything().replace(b"\n", b"\r\n") in here
    told = "".join(event["data"] for event in ended.of("output"))
    assert told == here.decode(errors="replace")
    assert not any(part in ended.out.encode() for part in spew.ACTING)
    steps = [(event["step"], event["outcome"]) for event in ended.of("step-ended")]
    assert ("containerd-package", "changed") in steps
    assert len(steps) == len(set(steps)), "no forged mark counts"


@pytest.fixture
def broken(machine: Machine) -> Iterator[Machine]:
    """Its containerd tells everything but its version: the step that asks for that prints it and fails."""
    machine.write("/usr/local/bin/containerd", spew.program(), 0o755)
    yield machine
    machine.run("rm /usr/local/bin/containerd")


def test_a_failed_step_prints_far_too_much(broken: Machine, operator: Operator) -> None:
    """Raw, without apt between; on no terminal."""
    running = operator.begin("run", "--yes", "--accept-new-host-keys", *_RUNTIME)
    memory = Highest(running.process.pid)
    ended = running.ended()
    assert ended.code == ExitCode.PHASE_FAILED
    assert 0 < memory.end() < _MOST, memory.bytes
    there, here = logs(broken, operator)
    assert there == here.removesuffix(b"\n") or there == here
    assert spew.everything() in here
    shown = [line.partition("| ")[2] for line in ended.err.splitlines() if "    | " in line]
    assert shown[-len(spew.SHOWN) :] == list(spew.SHOWN)
    *lines, endless = shown[: -len(spew.SHOWN)]
    assert lines == [f"line {number}" for number in range(spew.LINES - len(lines), spew.LINES)]
    assert re.fullmatch(r"…x+ the end", endless)
    assert not any(part in ended.err.encode() for part in spew.ACTING)
    journal = (operator.runs[-1] / "journal.jsonl").read_text().splitlines()
    tails = [event["tail"] for event in map(json.loads, journal) if event.get("tail")]
    assert [len(tail) for tail in tails] == [20]


def test_a_terminal_stays_whole(broken: Machine, operator: Operator) -> None:
    """The same below the picture of the progress."""
    terminal = operator.at_terminal("run", "--yes", "--accept-new-host-keys", *_RUNTIME)
    memory = Highest(terminal.process.pid)
    assert terminal.ended() == ExitCode.PHASE_FAILED
    assert 0 < memory.end() < _MOST, memory.bytes
    assert not any(part in terminal.raw for part in spew.ACTING)
    for line in spew.SHOWN:
        assert any(line[:COLUMNS] in part for part in terminal.text.splitlines()), line
    assert "✗ failed" in terminal.text
    there, here = logs(broken, operator)
    assert spew.everything() in here and there.rstrip(b"\n") == here.rstrip(b"\n")


def test_somebody_follows_it(broken: Machine, lab: Lab, operator: Operator, tmp_path: Path) -> None:
    """All of it is shown to who follows somebody else's run: every line, and none that acts."""
    broken.write("/usr/local/bin/containerd", _after_a_sign(spew.program()), 0o755)
    other = Operator(tmp_path / "other")
    other.writes(cluster([broken], lab.key))
    running = operator.begin("run", "--yes", "--json", "--accept-new-host-keys", *_RUNTIME)
    running.until(lambda event: event["event"] == "output" and "waiting" in event["data"])
    following = other.begin("follow", "--accept-new-host-keys")
    memory = Highest(following.process.pid)
    following.prints("waiting")
    broken.run("touch /var/go")
    assert running.ended().code == ExitCode.PHASE_FAILED
    followed = following.ended()
    assert followed.code == ExitCode.PHASE_FAILED, followed.err
    assert 0 < memory.end() < _MOST, memory.bytes
    assert not any(part in followed.out.encode() for part in spew.ACTING)
    shown = [line.partition("| ")[2] for line in followed.out.splitlines() if " | " in line]
    wanted = [f"line {number}" for number in range(spew.LINES)]
    start = shown.index("line 0")
    assert shown[start : start + spew.LINES] == wanted
    assert sum(line.count("x") for line in shown if line.startswith("xx")) == spew.LONG
    assert any(shown[at : at + len(spew.SHOWN)] == list(spew.SHOWN) for at in range(start, len(shown)))


def _after_a_sign(program: str) -> str:
    """The program, that says so and waits for /var/go where it prints into the job's log; the step's check
    calls it, too, and reads it by a pipe.
    """
    shebang, newline, rest = program.partition("\n")
    waiting = (
        "import os, stat, time\n"
        "if stat.S_ISREG(os.fstat(1).st_mode):\n"
        "    print('waiting', flush=True)\n"
        "    while not os.path.exists('/var/go'):\n        time.sleep(0.05)\n"
    )
    return f"{shebang}{newline}{waiting}{rest}"
