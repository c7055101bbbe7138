"""The way in to the practice cluster: start it, find it again, ask it, stop it.

Nothing here needs an event loop or SSH, so that the command line can offer it quickly.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zkwizard.demo.control import Control, ControlError
from zkwizard.demo.options import Cut, Fail, PracticeOptions
from zkwizard.model.errors import ZkwizardError
from zkwizard.model.text import T

__all__ = [
    "Control",
    "ControlError",
    "Cut",
    "Fail",
    "Practice",
    "PracticeError",
    "PracticeNode",
    "PracticeOptions",
    "find",
    "start",
]

_START_SECONDS = 60.0
_STOP_SECONDS = 10.0
_PLACES = ("Shanghai", "Los Angeles", "Hong Kong", "Frankfurt", "Singapore", "Tokyo")


class PracticeError(ZkwizardError):
    """The practice cluster could not be started or stopped; the text says why and what to do."""


@dataclass(frozen=True)
class PracticeNode:
    """One practice node and how it is reached."""

    name: str
    overlay_ip: str
    underlay_ip: str
    host: str
    port: int
    fingerprint: str
    host_key: str
    pid: int


@dataclass(frozen=True)
class Practice:
    """A running practice cluster."""

    state_dir: Path
    pid: int
    started: int
    nodes: tuple[PracticeNode, ...]
    zerotier_network: str

    @property
    def client_key(self) -> Path:
        """The private key that all nodes accept for root."""
        return self.state_dir / "client_key"

    @property
    def log(self) -> Path:
        """What the daemon has to say."""
        return self.state_dir / "daemon.log"

    @property
    def control(self) -> Control:
        """A client of the control socket."""
        return Control(self.state_dir)

    def is_alive(self) -> bool:
        """Whether the daemon that was found is still the one that runs."""
        return _start_time(self.pid) == self.started != 0

    def known_hosts(self) -> str:
        """The nodes' host keys in known_hosts form."""
        return "".join(f"[{node.host}]:{node.port} {node.host_key}\n" for node in self.nodes)

    def cluster_yaml(self) -> str:
        """A complete cluster.yaml for these nodes."""
        head = (
            "name: practice\ndomain: practice.example\noverlay:\n  driver: zerotier\n"
            f"  network: {json.dumps(self.zerotier_network)}\n  cidr: 10.9.8.0/24\n  controller: by-hand\n"
            'kubernetes:\n  version: "1.36"\n  runtime: containerd\n  pod_subnet: 10.244.0.0/16\n'
            "  service_subnet: 10.96.0.0/12\nnodes:\n"
        )
        return head + "".join(self._node_yaml(number) for number in range(len(self.nodes)))

    def _node_yaml(self, number: int) -> str:
        node = self.nodes[number]
        return (
            f"  - name: {node.name}\n    role: {'worker' if number else 'control-plane'}\n"
            "    provider: practice\n"
            f"    region: {_PLACES[number % len(_PLACES)]}\n"
            f"    ssh:\n      host: {node.host}\n      port: {node.port}\n"
            f"      user: root\n      key: {json.dumps(str(self.client_key))}\n"
            f"    overlay_ip: {node.overlay_ip}\n"
        )

    def stop(self, *, keep_logs: bool = False) -> None:
        """End the daemon, which ends all nodes, and remove the state folder."""
        try:
            self.control.stop()
        except ControlError:
            self._signal(signal.SIGTERM)
        if not self._gone_within(_STOP_SECONDS):
            self._signal(signal.SIGKILL)
            if not self._gone_within(_STOP_SECONDS):
                raise PracticeError(T("the practice cluster's process {pid} does not end", pid=self.pid))
        if keep_logs:
            (self.state_dir / "daemon.json").unlink(missing_ok=True)
        else:
            shutil.rmtree(self.state_dir, ignore_errors=True)

    def _signal(self, number: signal.Signals) -> None:
        if self.is_alive():
            os.kill(self.pid, number)

    def _gone_within(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while self.is_alive() and time.monotonic() < end:
            _reap(self.pid)
            time.sleep(0.02)
        return not self.is_alive()


def find(state_dir: Path) -> Practice | None:
    """The practice cluster that runs with this state folder, if one does."""
    try:
        record: dict[str, Any] = json.loads((state_dir / "daemon.json").read_text())
    except (OSError, ValueError):
        return None
    nodes = tuple(PracticeNode(**node) for node in record["nodes"])
    practice = Practice(state_dir, record["pid"], record["started"], nodes, record["network"])
    return practice if practice.is_alive() else None


def start(state_dir: Path, options: PracticeOptions | None = None) -> Practice:
    """Start a practice cluster of its own process and wait until its nodes can be reached."""
    if find(state_dir) is not None:
        words = T("a practice cluster is running already (state folder {path})", path=str(state_dir))
        raise PracticeError(words)
    state_dir = state_dir.absolute()
    state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    for stale in ("shared", "programs", "work"):
        shutil.rmtree(state_dir / stale, ignore_errors=True)
    (state_dir / "failure.txt").unlink(missing_ok=True)
    (state_dir / "daemon.json").unlink(missing_ok=True)
    (state_dir / "options.json").write_text((options or PracticeOptions()).text())
    (state_dir / "options.json").chmod(0o600)
    with (state_dir / "daemon.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "zkwizard.demo.daemon", str(state_dir)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/",
            env={**os.environ, "PYTHONPATH": _import_path()},
        )  # fmt: skip
    return _wait_for(state_dir, process)


def _wait_for(state_dir: Path, process: subprocess.Popen[bytes]) -> Practice:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        if (practice := find(state_dir)) is not None:
            return practice
        if process.poll() is not None:
            failure = state_dir / "failure.txt"
            if failure.exists():
                raise PracticeError(failure.read_text())
            last = (state_dir / "daemon.log").read_text(errors="replace").splitlines()[-1:]
            raise PracticeError(
                T(
                    "the practice cluster ended at once: {said} (see {path})",
                    said="".join(last),
                    path=f"{state_dir}/daemon.log",
                )
            )
        time.sleep(0.02)
    process.kill()
    raise PracticeError(
        T(
            "the practice cluster was not ready after {seconds} s (see {path})",
            seconds=f"{_START_SECONDS:.0f}",
            path=f"{state_dir}/daemon.log",
        )
    )


def _import_path() -> str:
    """Where this package lies, for the daemon, which does not start in the caller's folder."""
    here = str(Path(__file__).resolve().parents[2])
    return os.pathsep.join(p for p in (here, os.environ.get("PYTHONPATH", "")) if p)


def _start_time(pid: int) -> int:
    """Field 22 of /proc/PID/stat; 0 if the process is gone or only waits to be reaped."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return 0 if fields[0] == "Z" else int(fields[19])


def _reap(pid: int) -> None:
    """Take the exit status if the daemon is a child of this very process."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return
