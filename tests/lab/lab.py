"""The lab: its network, its servers, and machines on fresh upper layers for every scenario."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

from tests.lab import network
from tests.lab.machine import Machine
from tests.lab.place import CACHE, LABEL, PROJECT, RUNNING
from tests.sshd.packages import Unavailable
from zkwizard.demo import pki
from zkwizard.demo.layout import NETWORK, StateFolder

NAMES = ("master", "node1", "node2")
OVERLAY = {"master": "10.9.8.118", "node1": "10.9.8.65", "node2": "10.9.8.129"}
_PKI_SETS = 2
"""Certificates that kubeadm's stand-in hands out: enough for a cluster that is made twice."""


class Lab:
    """What runs; made by `running`."""

    def __init__(self) -> None:
        self.key = RUNNING / "key"
        self._programs = StateFolder(RUNNING / "standins")
        self._processes: list[subprocess.Popen[bytes]] = []
        self._scenarios = count(1)
        self._proxy: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Network, key, programs, package server, proxy."""
        network.make()
        self._programs.make()
        self._programs.install_standins()
        for number in range(_PKI_SETS):
            pki.make_set(self._programs.root / "pki" / str(number))
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", self.key], check=True
        )
        self.begin(sys.executable, "-m", "tests.lab.server")
        self.start_proxy()

    def stop(self) -> None:
        """End what was started, by what it is."""
        for process in self._processes:
            process.kill()
            process.wait()
        network.remove()

    def begin(self, *words: str | Path, stdout: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        """A process in the lab's namespace, ended with the lab."""
        command = network.inside("setpriv", "--pdeathsig", "KILL", *map(str, words))
        process = subprocess.Popen(
            command, cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.DEVNULL
        )
        self._processes.append(process)
        return process

    def end(self, process: subprocess.Popen[bytes]) -> None:
        """End one of them now."""
        process.kill()
        process.wait()
        self._processes.remove(process)

    def start_proxy(self, *settings: str) -> None:
        """tinyproxy, with more lines in its settings."""
        self.stop_proxy()
        self._proxy = self.begin_proxy(network.PROXY_PORT, "MaxClients 50", *settings)

    def begin_proxy(self, port: int, *settings: str) -> subprocess.Popen[bytes]:
        """Another one; what it logs is kept beside its settings."""
        file = RUNNING / f"tinyproxy-{port}.conf"
        log = f'LogFile "{file.with_suffix(".log")}"'
        lines = (f"Port {port}", f"Listen {network.OPERATOR}", "Timeout 600", log, *settings)
        file.write_text("".join(f"{line}\n" for line in lines))
        return self.begin("tinyproxy", "-d", "-c", file)

    def stop_proxy(self) -> None:
        """From now on nothing listens there."""
        if self._proxy:
            self.end(self._proxy)
            self._proxy = None

    @contextmanager
    def machines(
        self,
        *names: str,
        sizes: dict[str, str] | None = None,
        up: bool = True,
        first: int = 11,
        ipv6: bool = False,
    ) -> Iterator[list[Machine]]:
        """Fresh machines of one cluster, booted; all of `NAMES` by default. They end with the context.

        `first` is the number of the first of `NAMES` on the bridge: those that run at the same time need
        numbers of their own.
        """
        folder = RUNNING / f"scenario-{next(self._scenarios)}"
        state = StateFolder(folder)
        state.make()
        state.shared.chmod(0o777)
        shutil.copytree(self._programs.root / "pki", state.shared / "pki")
        chosen = names or NAMES
        made = [
            Machine(
                name=name,
                number=first + NAMES.index(name),
                folder=folder / name,
                programs=self._programs.programs,
                shared=state.shared,
                authorised_key=self.key.with_suffix(".pub").read_text(),
                size=(sizes or {}).get(name, ""),
                ipv6=ipv6,
            )
            for name in chosen
        ]
        _write_shared(state, made)
        try:
            for machine in made:
                machine.build()
            if up:
                for machine in made:
                    machine.boot()
                for machine in made:
                    machine.wait()
            yield made
        finally:
            for machine in made:
                machine.end()
            network.mend([machine.address for machine in made])
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def far(self, milliseconds: float, machines: Sequence[Machine]) -> Iterator[dict[str, int]]:
        """Lines to the machines' SSH servers with this round trip: name → port on the operator's side."""
        places = [f"{machine.address}:22" for machine in machines]
        words = (sys.executable, "-m", "tests.lab.far", str(milliseconds), *places)
        process = self.begin(*words, stdout=subprocess.PIPE)
        assert process.stdout
        try:
            yield {machine.name: int(process.stdout.readline()) for machine in machines}
        finally:
            self.end(process)


def _write_shared(state: StateFolder, machines: Sequence[Machine]) -> None:
    """What the stand-ins of a fresh cluster know: a friendly ZeroTier controller that knows all addresses."""
    state.write_shared("zerotier", {
        "controller": NETWORK[:10], "authorise_after": 0, "plan": OVERLAY,
        "networks": {NETWORK: {"name": "lab", "cidr": "10.9.8.0/24", "mtu": 2800}}, "members": {},
    })  # fmt: skip
    state.write_shared("faults", {"fails": [], "cuts": []})
    nodes = {machine.name: {"address": machine.address} for machine in machines}
    state.write_shared("practice", {"nodes": nodes})


def must_be_possible() -> None:
    """Raises Unavailable with what is missing."""
    if sys.platform != "linux" or os.geteuid() != 0:
        raise Unavailable("needs root on Linux")
    tools = ("systemd-nspawn", "tinyproxy", "nft", "ip", "nsenter", "setpriv")
    missing = [tool for tool in tools if not shutil.which(tool, path="/usr/sbin:/usr/bin:/sbin:/bin")]
    if missing or not (CACHE / "site.recipe").exists():
        raise Unavailable(f"needs {', '.join(missing) or 'its image'}: run make lab-image")


@contextmanager
def running() -> Iterator[Lab]:
    """The lab, up; one at a time for a checkout. What a killed one left is taken away first."""
    must_be_possible()
    RUNNING.mkdir(exist_ok=True)
    with ExitStack() as stack:
        lock = stack.enter_context((CACHE / f"lock{LABEL}").open("a"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unavailable(
                "the lab of this checkout runs already; ZKWIZARD_LAB=NAME makes another"
            ) from None
        _sweep()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12g,mode=700", "zklab", str(RUNNING)], check=True)
        stack.callback(_sweep)
        lab = Lab()
        stack.callback(lab.stop)
        lab.start()
        yield lab


def _sweep() -> None:
    """Unmount everything at and below `RUNNING`, innermost first."""
    mounts = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    for place in sorted(
        (m for m in mounts if m == str(RUNNING) or m.startswith(f"{RUNNING}/")), reverse=True
    ):
        subprocess.run(["umount", "--lazy", place], capture_output=True)
