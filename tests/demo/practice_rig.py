"""What the tests of the practice cluster share: transcripts of the real tools, stand-ins without a node, commands over SSH."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import asyncssh
import yaml

from zkwizard.demo import standins
from zkwizard.demo.practice import Practice
from zkwizard.demo.standins import programs

TRANSCRIPTS = Path(__file__).parent / "transcripts"


@dataclass(frozen=True)
class Outcome:
    """What a command printed and how it ended."""

    stdout: str
    stderr: str
    status: int


@dataclass(frozen=True)
class Transcript:
    """One command of a real tool."""

    command: str
    outcome: Outcome

    @classmethod
    def read(cls, path: Path) -> Transcript:
        text = path.read_text()
        match = re.fullmatch(
            r"\$ (.*?)\n(?:# .*\n)?--- stdout\n(.*?)--- stderr\n(.*?)--- exit status: (\d+).*\n?", text, re.S
        )
        assert match is not None, path
        out, err = (part.replace("<no trailing newline>\n", "") for part in (match[2], match[3]))
        return cls(match[1], Outcome(out, err, int(match[4])))


def named(folder: str, pattern: str) -> list[Path]:
    """The transcripts that fit a pattern."""
    return sorted((TRANSCRIPTS / folder).glob(pattern))


_VOLATILE = (
    (r"^([WEI])\d{4} [\d:.]+ +\d+ ", r"\1 "),
    (r"\x1b\[[\d;]*m", ""),
    (r"\n(KERNEL_VERSION|OS|CONFIG_\w+|CGROUPS_\w+): [^\n]*", ""),
    (r"\n\[preflight\] The system verification failed\. Printing the output from the verification:", ""),
    (r"\t\[WARNING SystemVerification\][^\n]*\n", ""),
    (r"W utils\.go:69\][^\n]*\n", ""),
    (r"\[patches\] (Reading|Found|Applied)[^\n]*\n", ""),
    (r"sha256:[0-9a-f]{64}", "sha256:HASH"),
    (r"healthy after [\d.]+m?s", "healthy after A MOMENT"),
    (r'"clock": \d+', '"clock": NOW'),
)


def settled(outcome: Outcome) -> Outcome:
    """An outcome without what differs from run to run and from kernel to kernel."""

    def cleaned(text: str) -> str:
        for pattern, replacement in _VOLATILE:
            text = re.sub(pattern, replacement, text, flags=re.M)
        return text

    return Outcome(cleaned(outcome.stdout), cleaned(outcome.stderr), outcome.status)


class Rig:
    """Stand-ins on a folder that plays a node's root, for what needs no namespaces."""

    def __init__(self, folder: Path, versions: dict[str, str]) -> None:
        self.root = folder / "root"
        self.shared = folder / "shared"
        self.bin = folder / "bin"
        for place in (self.root, self.shared, self.bin):
            place.mkdir()
        self.put("etc/machine-id", "0123456789abcdef0123456789abcdef\n")
        self.put("proc/swaps", "Filename\n")
        (self.root / "tmp").mkdir()
        (folder / "practice.json").write_text(
            json.dumps({"node": "master", "shared": str(self.shared), "root": str(self.root)})
        )
        self.document(
            "node-master",
            {"packages": {n: {"version": v, "status": "install ok installed"} for n, v in versions.items()}},
        )
        library = folder / "lib"
        library.mkdir()
        (library / "standins").symlink_to(Path(standins.__file__).parent)
        (library / "yaml").symlink_to(Path(yaml.__file__).parent)
        for commands in (programs.ALWAYS, *(programs.BROUGHT[n] for n in versions if n in programs.BROUGHT)):
            for name, module in commands.items():
                (self.bin / name).write_text(programs.launcher(sys.executable, str(library), module))
                (self.bin / name).chmod(0o755)
        self._environment = {
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            "PRACTICE_CONFIG": str(folder / "practice.json"),
            "HOME": "/root",
        }

    def put(self, path: str, text: str) -> None:
        """Write a file below the root."""
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def document(self, name: str, content: object) -> None:
        """Write a shared document."""
        (self.shared / f"{name}.json").write_text(json.dumps(content))

    def run(self, command: str, cwd: Path = TRANSCRIPTS / "kubeadm" / "cfg") -> Outcome:
        """Run a shell command with the stand-ins first in PATH."""
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=cwd,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=30,
        )
        return Outcome(done.stdout, done.stderr, done.returncode)


async def connect(practice: Practice, name: str) -> asyncssh.SSHClientConnection:
    """Log in to a node, its host key checked."""
    node = next(n for n in practice.nodes if n.name == name)
    hosts = asyncssh.import_known_hosts(practice.known_hosts())
    return await asyncssh.connect(
        node.host,
        node.port,
        username="root",
        client_keys=[str(practice.client_key)],
        known_hosts=hosts,
        config=None,
    )


def on(practice: Practice, name: str, command: str, text: str = "") -> Outcome:
    """Run a command on a node."""

    async def once() -> Outcome:
        async with await connect(practice, name) as connection:
            done = await connection.run(command, input=text.encode(), encoding=None)
        assert isinstance(done.stdout, bytes) and isinstance(done.stderr, bytes)
        status = -1 if done.exit_status is None else done.exit_status
        return Outcome(done.stdout.decode(), done.stderr.decode(), status)

    return asyncio.run(once())
