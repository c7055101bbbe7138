"""A command on a real terminal (a pty) with a person before it: what the screen got, and what is typed."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

LINES, COLUMNS = 40, 120
_CTRL_C = "\x03"
_SETTLED = 1.0
"""Seconds in which the last that a command wrote is read; and between two looks whether it goes on at all."""


class Terminal:
    """Runs one command; everything that it writes comes to its screen, and nothing else."""

    def __init__(self, argv: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
        self._screen, there = pty.openpty()
        fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        self.process = subprocess.Popen(
            ["env", "--default-signal", "setsid", "--ctty", *argv],  # nohup, say, leaves SIGHUP ignored
            stdin=there,
            stdout=there,
            stderr=there,
            env={**environment, "TERM": "xterm-256color"},
            cwd=folder,
        )
        self._there = there
        self._got = bytearray()
        self._seen = 0
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        """Until `ended` closes our own handle on the terminal, after the command's are gone."""
        with suppress(OSError):
            while data := os.read(self._screen, 1 << 16):
                with self._news:
                    self._got += data
                    self._news.notify_all()
        with self._news:
            self._news.notify_all()

    @property
    def raw(self) -> bytes:
        """Every byte that the terminal got."""
        return bytes(self._got)

    @property
    def text(self) -> str:
        """The same as text, with plain line ends."""
        return self.raw.decode(errors="replace").replace("\r\n", "\n")

    @property
    def echoes(self) -> bool:
        """Whether the terminal shows what is typed, as it should when nobody asks for a secret."""
        modes = termios.tcgetattr(self._there)[3]
        return bool(modes & termios.ECHO and modes & termios.ICANON and modes & termios.ISIG)

    def until(self, pattern: str, seconds: float = 60) -> str:
        """Wait for something that was not waited for before; gives what matched."""
        limit = time.monotonic() + seconds
        with self._news:
            while not (hit := re.search(pattern, self.text[self._seen :])):
                going = self._reader.is_alive() and self.process.poll() is None
                news = self._news.wait(_SETTLED)
                assert going or news, f"it ended before {pattern!r}: {self.text[-2000:]!r}"
                assert time.monotonic() < limit, f"no {pattern!r}: {self.text[-2000:]!r}"
            self._seen += hit.end()
        return hit[0]

    def types(self, text: str) -> None:
        """The person types; nothing is added."""
        os.write(self._screen, text.encode())

    def ctrl_c(self) -> None:
        """The key."""
        self.types(_CTRL_C)

    def ended(self, seconds: float = 120) -> int:
        """Wait for the command's end; its exit code. What does not end in time is killed."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"still at work: {self.text[-2000:]!r}") from None
        finally:
            os.close(self._there)
            self._reader.join(10)
