"""What a tool is given, and what it is asked to do: one command a pass."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Field:
    """Nodes as a tool sees them. All log in as root with the same key, and know the hosts' keys."""

    folder: Path
    """The tool's own, empty before the first pass."""
    ports: Sequence[int]
    """On 127.0.0.1, one a node."""
    key: Path
    known_hosts: Path

    def save(self) -> Path:
        """Written for a command in Python."""
        path = self.folder / "field.json"
        texts = {name: str(getattr(self, name)) for name in ("folder", "key", "known_hosts")}
        path.write_text(json.dumps({"ports": list(self.ports), **texts}))
        return path


def saved(path: str) -> Field:
    """What ``save`` wrote."""
    given = json.loads(Path(path).read_text())
    return Field(Path(given["folder"]), given["ports"], Path(given["key"]), Path(given["known_hosts"]))


def write_known_hosts(path: Path, hosts: Mapping[int, Path]) -> None:
    """The public keys of hosts, by port, as OpenSSH has them; ``hosts`` names the private ones."""
    lines = []
    for port, private in hosts.items():
        kind, key = private.with_suffix(".pub").read_text().split()[:2]
        lines.append(f"[127.0.0.1]:{port} {kind} {key}\n")
    path.write_text("".join(lines))


@dataclass(frozen=True)
class Command:
    """What is started."""

    words: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Peer:
    """A tool in one configuration; ``command`` prepares its folder."""

    name: str
    command: Callable[[Field], Command]
    rounds: int
    """How often it is measured: the slow ones less often."""
    aim: float | None = None
    """Times that zkwizard shall be faster at 200 ms."""


@dataclass(frozen=True)
class Cost:
    """What one pass cost, in seconds and MB."""

    wall: float
    processor: float
    memory: float


class Failed(Exception):
    """A tool ended with an error; the text is the end of what it said."""


def run(command: Command, field: Field) -> Cost:
    """Do one pass under the witness. Raises Failed."""
    result, log = field.folder / "cost.json", field.folder / "output.log"
    environment = {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": str(field.folder),
        "LC_ALL": "C.UTF-8",
        **command.environment,
    }
    witness = [sys.executable, "-m", "benchmarks.peers.witness", str(result), *command.words]
    with log.open("ab") as said:
        status = subprocess.run(
            witness, cwd=_CHECKOUT, env=environment, stdout=said, stderr=said, check=False
        ).returncode
    if status:
        raise Failed(f"{command.words[0]} ended with {status}:\n{log.read_text(errors='replace')[-3000:]}")
    return Cost(**json.loads(result.read_text()))
