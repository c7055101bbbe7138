"""What is no longer kept, read from the files of the full log, a page of lines at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Page:
    """Lines ``first`` (from 0) to before ``last`` of ``total``, joined by line feeds."""

    first: int
    last: int
    total: int
    data: bytes


def read_page(files: Sequence[Path], last: int, count: int) -> Page:
    """The ``count`` lines before line ``last``; memory for a page and a block.

    Raises OSError when a file can't be read.
    """
    lengths = [_lines(path) for path in files]
    total = sum(lengths)
    last = max(0, min(last, total))
    first = max(0, last - count)
    parts, start = [], 0
    for path, length in zip(files, lengths, strict=True):
        begin, stop = max(first - start, 0), min(last - start, length)
        if begin < stop:
            parts += _between(path, begin, stop)
        start += length
    return Page(first, last, total, b"\n".join(parts))


def _lines(path: Path) -> int:
    count, tail = 0, b"\n"
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            count += block.count(b"\n")
            tail = block[-1:]
    return count + (tail != b"\n")


def _between(path: Path, begin: int, stop: int) -> list[bytes]:
    """Lines from ``begin`` to before ``stop``."""
    lines: list[bytes] = []
    number = 0
    with path.open("rb") as file:
        while number < stop and (line := file.readline(_BLOCK)):
            if number >= begin:
                _extend(lines, number - begin, line)
            number += line.endswith(b"\n")
    return lines


def _extend(lines: list[bytes], place: int, piece: bytes) -> None:
    """Add a piece of a line; of an endless one the first block is enough."""
    if place == len(lines):
        lines.append(piece.removesuffix(b"\n"))
