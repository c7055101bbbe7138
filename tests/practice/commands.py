"""zkwizard with a state folder of its own, and a look into the practice nodes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.missing import must_have_nodes
from tests.running import Ended, Running, own_environment
from tests.waiting import until
from zkwizard.demo.practice import Practice, find
from zkwizard.demo.server import Inside, environment, preserve_ids

RUNS = "/var/lib/zkwizard/runs"


class Place:
    """A state folder, the commands that use it, and the practice nodes that ``demo`` made in it."""

    def __init__(self, state: Path, **variables: str) -> None:
        self.state = state
        self.home = state.with_name(f"{state.name}-home")
        self.home.mkdir(parents=True)
        self.variables = own_environment(self.home, state, **variables)

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
        return Running([sys.executable, "-m", "zkwizard", *map(str, arguments)], self.variables, self.home)

    def run(self, *arguments: object) -> Ended:
        """Run a command to its end."""
        ended = self.begin(*arguments).ended()
        must_have_nodes(ended.err)
        return ended

    def stop(self) -> None:
        """End the nodes."""
        ended = self.run("demo", "--stop")
        assert ended.code == 0, ended.err
        assert find(self.nodes) is None

    def hold(self, node: str, seconds: float) -> None:
        """Somebody else's package manager holds the lock there for so long; 0 lets it go."""
        self.practice.control.hold_packages(node, seconds)

    def ends(self, run: str, phase: str, node: str) -> None:
        """Wait until the node itself has ended the phase, whoever follows it."""
        status = f"cat {RUNS}/{run}/{phase}/status 2>/dev/null || :"
        until(lambda: inside(self.practice, node, status), f"{phase} ends on {node}")

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
