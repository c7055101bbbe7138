"""zkwizard as a person calls it, with a state folder of its own, and a look into the practice nodes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from zkwizard.demo.practice import Practice, find
from zkwizard.demo.server import Inside, environment, preserve_ids

Event = dict[str, Any]
RUNS = "/var/lib/zkwizard/runs"
_NOT_ALLOWED = "practice nodes need Linux namespaces"


@dataclass(frozen=True)
class Ended:
    """A command that ended: its exit code, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def events(self) -> list[Event]:
        """What ``--json`` printed."""
        return [json.loads(line) for line in self.out.splitlines()]

    def of(self, kind: str) -> list[Event]:
        """The events of one kind."""
        return [event for event in self.events if event["event"] == kind]


def step(name: str, node: str, kind: str = "step-began") -> Callable[[Event], bool]:
    """Whether an event tells that this step begins (or ends) on this node."""
    return lambda event: (event["event"], event.get("step"), event.get("node")) == (kind, name, node)


def began(phase: str, node: str) -> Callable[[Event], bool]:
    """Whether an event tells that a step of this phase begins on this node."""
    return lambda event: (
        (event["event"], event.get("phase"), event.get("node")) == ("step-began", phase, node)
    )


class Running:
    """A command at work, its events read while it goes on."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        self._errors: list[str] = []
        self._news = threading.Condition()
        self._readers = [threading.Thread(target=read, daemon=True) for read in (self._out, self._err)]
        for reader in self._readers:
            reader.start()

    def _out(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            with self._news:
                self.lines.append(line)
                self._news.notify_all()
        with self._news:
            self._news.notify_all()

    def _err(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self._errors.append(line)

    def until(self, wanted: Callable[[Event], bool], seconds: float = 200) -> Event:
        """Wait for an event; those that came already count."""
        seen, limit = 0, time.monotonic() + seconds
        with self._news:
            while True:
                for line in self.lines[seen:]:
                    seen += 1
                    if wanted(event := json.loads(line)):
                        return event  # type: ignore[no-any-return]
                assert self._readers[0].is_alive(), f"it ended before that: {self._errors}"
                assert self._news.wait(limit - time.monotonic()), f"it never came: {self.lines[-5:]}"

    @property
    def said(self) -> str:
        """Standard error so far."""
        return "".join(self._errors)

    def interrupt(self) -> None:
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def kill(self) -> Ended:
        """SIGKILL, and what was printed until then."""
        self.process.kill()
        return self.ended()

    def ended(self, seconds: float = 280) -> Ended:
        """Wait for its end; what does not end in time is killed."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"still at work: {self.lines[-5:]} {self._errors}") from None
        for reader in self._readers:
            reader.join()
        return Ended(code, "".join(self.lines), "".join(self._errors))


class Place:
    """A state folder, the commands that use it, and the practice nodes that ``demo`` made in it."""

    def __init__(self, state: Path, **variables: str) -> None:
        self.state = state
        self.home = state.with_name(f"{state.name}-home")
        self.home.mkdir(parents=True)
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("ZKWIZARD", "SSH_"))
        }
        self.variables = {**kept, "HOME": str(self.home), "ZKWIZARD_STATE": str(state), **variables}

    @property
    def nodes(self) -> Path:
        """The folder of the practice nodes."""
        return self.state / "practice" / "nodes"

    @property
    def file(self) -> Path:
        """The practice nodes' cluster file."""
        return self.state / "practice" / "cluster.yaml"

    @property
    def practice(self) -> Practice:
        """The nodes that run."""
        practice = find(self.nodes)
        assert practice is not None
        return practice

    def begin(self, *arguments: object) -> Running:
        """Start a command where no terminal is."""
        return Running(
            subprocess.Popen(
                [sys.executable, "-m", "zkwizard", *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env=self.variables,
                cwd=self.home,
                start_new_session=True,
            )
        )

    def run(self, *arguments: object) -> Ended:
        """Run a command to its end."""
        ended = self.begin(*arguments).ended()
        if _NOT_ALLOWED in ended.err:
            pytest.skip(ended.err.strip())
        return ended

    def stop(self) -> None:
        """End the nodes."""
        ended = self.run("demo", "--stop")
        assert ended.code == 0, ended.err
        assert find(self.nodes) is None

    def runs(self, cluster: str = "practice") -> list[Path]:
        """The folders of all runs on the practice nodes, oldest first."""
        return sorted((self.state / "practice" / "clusters" / cluster / "runs").iterdir())


def inside(practice: Practice, node: str, text: str) -> str:
    """What a shell text prints that runs as root in a practice node, not over SSH."""
    return enter(practice, node, ["/bin/sh", "-c", text]).stdout.decode()


def enter(practice: Practice, node: str, command: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
    """A command that runs in a practice node; fails if it does."""
    pid = next(each.pid for each in practice.nodes if each.name == node)
    argv = Inside(pid, preserve_ids()).argv(*command)
    return subprocess.run(argv, check=True, capture_output=True, env=environment(), timeout=60)


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Wait for a condition that can only be asked for."""
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "the condition did not come true"
        threading.Event().wait(0.05)


@dataclass(frozen=True)
class Attempt:
    """One step in the log of one job on a node; times are seconds of the node's uptime."""

    phase: str
    step: str
    how: str
    began: float
    ended: float


ATTEMPTS = "grep -a \"$(printf '\\036').* ended \" /dev/null */log || :"
"""Shell text for a run's folder on a node: every step's end in the logs of its jobs."""


def attempts(practice: Practice, node: str, run: str) -> list[Attempt]:
    """Every step of a run that a node did to its end, by the node's own logs, in the order of time."""
    return attempts_in(inside(practice, node, f"cd {RUNS}/{run} && {ATTEMPTS}"))


def attempts_in(texts: str) -> list[Attempt]:
    """What `ATTEMPTS` printed, in the order of time."""
    found = []
    for line in texts.split("\n")[:-1]:
        place, _, rest = line.partition("/log:")
        name, how, _, began, ended = rest.split(" ended ")[1].split()
        found.append(Attempt(place.partition(".")[0], name, how, float(began), float(ended)))
    return sorted(found, key=lambda attempt: attempt.began)


def ready(practice: Practice) -> dict[str, str]:
    """The nodes and their states, as kubectl on the control plane shows them."""
    rows = inside(practice, "master", "kubectl get nodes --no-headers").splitlines()
    return {row.split()[0]: row.split()[1] for row in rows}


def processes() -> Iterator[bytes]:
    """The command lines of all processes of this machine, those of practice nodes among them."""
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            yield (entry / "cmdline").read_bytes()
