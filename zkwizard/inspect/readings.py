"""What is followed over any number of connections: where it stopped, so that it goes on exactly there.

A log's lines carry their times and a journal's entries their cursors; both are asked for on the node whatever
the reader wants to see, and taken off again.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Protocol

from zkwizard.inspect import journal, logs

_OFFSET = re.compile(rb"([+-])(\d\d)(\d\d)")
_STAMP = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d) ")

_LONGEST = 1 << 16
"""Bytes of a line without an end that are waited for; what is longer comes in pieces."""


class Reading(Protocol):
    """One log that is followed."""

    def script(self) -> str:
        """Shell text that prints what comes next; half a line of the last connection comes whole again."""

    def take(self, data: bytes) -> bytes:
        """Of what the script printed the lines that are whole and new, as the reader wants to see them."""

    def end(self) -> bytes:
        """What stands after the last line's end when it is all over."""


class LogReading:
    """A pod's log. The API server knows whole seconds only: lines of one come again, and are passed over.

    Only then do times decide: a container's two streams are stamped each by itself, so in what comes for the
    first time a line may be older than the one before it.
    """

    def __init__(self, wanted: logs.PodLog) -> None:
        self._wanted = wanted
        self._rest = b""
        self._stamp = ""
        self._at: tuple[int, int] = (0, 0)
        """The time of the newest line: seconds since the epoch, and nanoseconds."""
        self._count = 0
        """How many lines of that time were handed on."""
        self._again = 0
        """How many of them are still to come for the second time."""
        self._over = True
        """Whether all that comes again has come."""

    def script(self) -> str:
        """With times, and from the newest one on."""
        self._rest, self._again, self._over = b"", self._count, not self._stamp
        wanted = replace(self._wanted, stamped=True)
        if self._stamp:
            wanted = replace(wanted, since_seconds=0, lines=0, since_time=self._stamp)
        return logs.script(wanted)

    def take(self, data: bytes) -> bytes:
        """Lines without a time, which no log has, are handed on as they are."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > _LONGEST:
            lines, self._rest = [*lines, self._rest], b""
        return b"".join(self._shown(line) + b"\n" for line in lines if self._is_new(line))

    def end(self) -> bytes:
        """A container may end without a newline."""
        rest, self._rest = self._rest, b""
        return self._shown(rest) if self._is_new(rest) else b""

    def _is_new(self, line: bytes) -> bool:
        hit = _STAMP.match(line)
        if not hit:
            return True
        second = datetime.fromisoformat((hit[1] + hit[3]).decode())
        at = (int(second.timestamp()), int((hit[2] or b"0").ljust(9, b"0")[:9]))
        if not self._over and at < self._at:
            return False
        if not self._over and at == self._at and self._again:
            self._again -= 1
            return False
        self._over = True
        if at > self._at:
            self._at, self._stamp, self._count = at, (hit[1] + hit[3]).decode(), 0
        self._count += at == self._at
        return True

    def _shown(self, line: bytes) -> bytes:
        return line if self._wanted.stamped else _STAMP.sub(b"", line, count=1)


class JournalReading:
    """A node's journal, entry by entry; for a person in journalctl's short form, by the node's own time."""

    def __init__(self, wanted: journal.NodeJournal) -> None:
        self._wanted = wanted
        self._rest = b""
        self._cursor = ""
        self._zone: tzinfo = UTC

    def script(self) -> str:
        """The node's offset from UTC, then entries as data, after the one whose cursor is known."""
        self._rest = b""
        return "date +%z\n" + journal.script(replace(self._wanted, as_data=True, after=self._cursor))

    def take(self, data: bytes) -> bytes:
        """What is no entry (``-- No entries --``, say) is left out."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        return b"".join(map(self._shown, lines))

    def end(self) -> bytes:
        """Entries are whole lines."""
        return b""

    def _shown(self, line: bytes) -> bytes:
        if hit := _OFFSET.fullmatch(line):
            length = timedelta(hours=int(hit[2]), minutes=int(hit[3]))
            self._zone = timezone(-length if hit[1] == b"-" else length)
            return b""
        found = journal.entry(line.decode(errors="replace"))
        if found is None:
            return b""
        self._cursor = found.cursor or self._cursor
        return (line if self._wanted.as_data else self._short(found)) + b"\n"

    def _short(self, entry: journal.Entry) -> bytes:
        """Further lines of a message stand below its first one."""
        when = datetime.fromtimestamp(entry.at, self._zone)
        process = f"[{entry.pid}]" if entry.pid else ""
        head = f"{when:%b %d %H:%M:%S} {entry.host} {entry.program or 'unknown'}{process}: "
        return (head + entry.text.rstrip("\n").replace("\n", "\n" + " " * len(head))).encode()
