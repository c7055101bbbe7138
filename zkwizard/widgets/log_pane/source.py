"""What is kept of one source's lines: the last ones, within limits. The full log is on disk."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from pathlib import Path

from zkwizard.widgets.log_pane.kinds import ERRORS, OUTPUT, Kind, judge, suspicious
from zkwizard.widgets.log_pane.packed import Lines
from zkwizard.widgets.log_pane.reader import LineReader, Read

CAP = 5_000
"""Lines kept of a source."""
ROOM = 1_000_000
"""Bytes of memory for the lines of a source: fifty of them stay below 50 MB whatever their lines hold."""
_HELD = 4
"""How many times the limits may be passed while somebody reads."""


class Source:
    """The lines of a node, a phase or a file. Lines are numbered from the first that ever came, from 0."""

    def __init__(self, name: str, title: str = "", files: Iterable[Path] = (), cap: int = CAP) -> None:
        self.name = name
        self.title = title or name
        self.files = list(files)
        """Where the full log is, oldest first."""
        self.gone = 0
        """Lines of output that are no longer kept: so many lines of the files come before the kept ones."""
        self.errors = 0
        self.warnings = 0
        self.cut: dict[int, int] = {}
        """Number of a line that was cut → its whole size in bytes."""
        self.hold: int | None = None
        """Number of the line from which on nothing is let go while somebody reads there."""
        self._cap = cap
        self._lines = Lines()
        self._times = array("d")
        self._kinds = bytearray()
        self._reader = LineReader()

    @property
    def first(self) -> int:
        """Number of the first line that is kept."""
        return self._lines.first

    @property
    def end(self) -> int:
        """Number of the next line: how many have come in all."""
        return self._lines.end

    @property
    def unfinished(self) -> bytes:
        """The line that is still being written; empty when there is none."""
        return self._reader.unfinished

    def raw(self, number: int) -> bytes:
        """A line as it came; ``end`` is the unfinished one."""
        return self.unfinished if number == self.end else self._lines[number]

    def raws(self, first: int) -> list[bytes]:
        """All lines from ``first`` on, without the unfinished one."""
        return self._lines.between(first, self.end)

    def kind(self, number: int) -> Kind:
        """What a line is."""
        return Kind.OUTPUT if number == self.end else Kind(self._kinds[number - self.first])

    def at(self, number: int) -> float:
        """When it came, in seconds since the epoch; 0 when that is not known."""
        return 0.0 if number == self.end else self._times[number - self.first]

    def feed(self, data: bytes, at: float) -> None:
        """A piece of the output, cut anywhere."""
        self._take(self._reader.feed(data), at, suspicious(data))

    def mark(self, kind: Kind, text: bytes, at: float) -> None:
        """Lines of ours between those of the node."""
        self.flush(at)
        self._take(self._reader.feed(text + b"\n"), at, False, kind)

    def flush(self, at: float) -> None:
        """End the unfinished line."""
        read = self._reader.flush()
        self._take(read, at, any(map(suspicious, read.raws)))

    def clear(self) -> None:
        """Forget the lines and the files; numbers go on."""
        self._drop(self.end - self.first)
        self._reader = LineReader()
        self.files.clear()
        self.gone = self.errors = self.warnings = 0

    def _take(self, read: Read, at: float, judged: bool, kind: Kind = Kind.OUTPUT) -> None:
        if not read.raws:
            return
        kinds = bytes(map(judge, read.raws)) if judged else bytes([kind]) * len(read.raws)
        self.errors += sum(map(kinds.count, ERRORS))
        self.warnings += kinds.count(Kind.WARNING)
        self.cut.update({self.end + place: size for place, size in read.cut.items()})
        self._lines.add(read.raws)
        self._kinds += kinds
        self._times.extend([at] * len(read.raws))

    def trim(self) -> None:
        """Let go what is more than is kept; a layout of the source has to be brought up to date then."""
        count = self._excess(1)
        if self.hold is not None:
            count = max(min(count, self.hold - self.first), self._excess(_HELD))
        self._drop(count)

    @property
    def crowded(self) -> bool:
        """Whether it can't wait any longer to be trimmed."""
        return self._excess(2 * (1 if self.hold is None else _HELD)) > 0

    def _excess(self, times: int) -> int:
        """How many lines are above so many times the limits."""
        over = self.end - self.first - times * self._cap
        return max(0, over, self._lines.above(times * ROOM))

    def _drop(self, count: int) -> None:
        if count <= 0:
            return
        self._lines.drop(count)
        del self._times[:count]
        self.gone += sum(map(self._kinds[:count].count, OUTPUT))
        del self._kinds[:count]
        if self.cut:
            self.cut = {number: size for number, size in self.cut.items() if number >= self.first}
