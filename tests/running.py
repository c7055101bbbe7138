"""A command as a person calls it where no terminal is: at work, with its events, and at its end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeVar

Event = dict[str, Any]
Seen = TypeVar("Seen")


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


def own_environment(home: Path, state: Path, **variables: str) -> dict[str, str]:
    """The environment of a person with this home and state folder, and nothing of who runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ZKWIZARD", "SSH_"))}
    return {**kept, "HOME": str(home), "ZKWIZARD_STATE": str(state), **variables}


class Running:
    """A command at work where no terminal is, its events read while it goes on."""

    def __init__(self, argv: Sequence[str], variables: Mapping[str, str], folder: Path) -> None:
        self.process = process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=variables,
            cwd=folder,
            start_new_session=True,
        )
        self.lines: list[str] = []
        self._errors: list[str] = []
        self._news = threading.Condition()
        self._open = 2
        """How many of its two streams have not ended."""
        assert process.stdout and process.stderr
        self._readers = [
            threading.Thread(target=self._read, args=each, daemon=True)
            for each in ((process.stdout, self.lines), (process.stderr, self._errors))
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, stream: IO[str], lines: list[str]) -> None:
        for line in stream:
            with self._news:
                lines.append(line)
                self._news.notify_all()
        with self._news:
            self._open -= 1
            self._news.notify_all()

    def _wait(self, look: Callable[[], Seen | None], what: str, seconds: float) -> Seen:
        """Look whenever something was printed, until there is something to be seen."""
        limit = time.monotonic() + seconds
        with self._news:
            while (seen := look()) is None:
                told = f"{what}: {self.lines[-5:]} {self._errors[-20:]}"
                assert self._open, f"it ended before {told}"
                assert self._news.wait(limit - time.monotonic()), f"not within {seconds:.0f} s: {told}"
        return seen

    def until(self, wanted: Callable[[Event], bool], seconds: float = 200) -> Event:
        """Wait for an event; those that came already count."""
        seen = 0

        def come() -> Event | None:
            nonlocal seen
            for line in self.lines[seen:]:
                seen += 1
                event: Event = json.loads(line)
                if wanted(event):
                    return event
            return None

        return self._wait(come, "the event that was waited for", seconds)

    def prints(self, part: str, seconds: float = 60) -> None:
        """Wait for these words on standard output."""
        self._wait(lambda: part in "".join(self.lines) or None, f"{part!r} was printed", seconds)

    def says(self, part: str, seconds: float = 60) -> None:
        """Wait for these words on standard error."""
        self._wait(lambda: part in self.said or None, f"{part!r} was said", seconds)

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
