"""Runs rendered programs with this machine's sh, in a folder of their own."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from zkwizard.model.step import Step
from zkwizard.steps.markers import Ended, Finished, Item, Lines, MarkerReader, Value
from zkwizard.steps.render import render

NONCE = "0123456789abcdef"


@dataclass
class Outcome:
    """What a program said."""

    items: list[Item]
    status: int
    secrets_left: bool = False
    hows: dict[str, str] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)

    @property
    def output(self) -> str:
        return b"".join(item.data for item in self.items if isinstance(item, Lines)).decode()

    @property
    def values(self) -> dict[str, str]:
        return {item.name: item.value for item in self.items if isinstance(item, Value)}


@dataclass
class Machine:
    """A scratch machine: receipts below ``home``, files below ``root``."""

    folder: Path
    shell: tuple[str, ...] = ("sh",)

    @property
    def root(self) -> Path:
        path = self.folder / "root"
        path.mkdir(exist_ok=True)
        return path

    @property
    def job(self) -> Path:
        return self.folder / "job"

    def run(self, *steps: Step, secrets: dict[str, str] | None = None, path: str = "") -> Outcome:
        """Render and run; the program is given what the job runner gives it."""
        program = render("test", "Test", "node1", steps)
        (self.job / "secrets").mkdir(parents=True, exist_ok=True)
        for name, value in (secrets or {}).items():
            (self.job / "secrets" / name).write_text(value)
        for old in ("stop", "status"):
            (self.job / old).unlink(missing_ok=True)
        (self.job / "nonce").write_text(NONCE + "\n")
        text = program.text.replace("PATH=", f"PATH={path}:", 1) if path else program.text
        (self.job / "program").write_text(text)
        return self.finish(self.start())

    def start(self) -> subprocess.Popen[bytes]:
        environment = {
            "ZK_HOME": str(self.folder / "home"),
            "ZK_DIR": str(self.job),
            "ZK_PROGRAM": str(self.job / "program"),
            "ZK_SECRETS": str(self.job / "secrets"),
            "ZK_JOB": "job",
            "PATH": "/usr/bin:/bin",
        }
        return subprocess.Popen(
            [*self.shell, str(self.job / "program")],
            env=environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def processes(self) -> list[str]:
        """What runs of its programs: process ids."""
        mine = f"ZK_DIR={self.job}".encode()
        found = []
        for environ in Path("/proc").glob("[0-9]*/environ"):
            try:
                if mine in environ.read_bytes().split(b"\0"):
                    found.append(environ.parent.name)
            except OSError:
                continue
        return found

    def finish(self, process: subprocess.Popen[bytes]) -> Outcome:
        output, _ = process.communicate(timeout=60)
        reader = MarkerReader(NONCE)
        items = [*reader.feed(output), *reader.close()]
        outcome = Outcome(items, process.returncode, (self.job / "secrets").exists())
        for item in items:
            if isinstance(item, Ended):
                outcome.hows[item.step] = item.how
                outcome.codes[item.step] = item.code
            if isinstance(item, Finished):
                assert (self.job / "status").read_text() == f"{item.status}\n"
        return outcome
