"""Reads a program's output: markers, and everything else.

Every marker begins with the record separator and the job's nonce, which the commands of a program do not
get to see, so that output can't forge one. Bytes come in chunks of any size; what is not a marker is passed
on in whole lines, as bytes, so that a million lines cost next to nothing.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass

_LONGEST_LINE = 1 << 20
"""Bytes after which an unfinished line is passed on as it is."""


@dataclass(frozen=True)
class Lines:
    """Output of a step: whole lines, or a piece of a very long one."""

    data: bytes


@dataclass(frozen=True)
class Began:
    step: str


@dataclass(frozen=True)
class Ended:
    """``how`` is an Outcome's value; ``seconds`` by the node's own clock."""

    step: str
    how: str
    code: int
    seconds: float


@dataclass(frozen=True)
class Retried:
    step: str
    attempt: int
    code: int
    delay: int


@dataclass(frozen=True)
class Value:
    step: str
    name: str
    value: str


@dataclass(frozen=True)
class Note:
    """Words for the person who follows, such as what is waited for."""

    step: str
    text: str


@dataclass(frozen=True)
class Finished:
    status: int


Item = Lines | Began | Ended | Retried | Value | Note | Finished


class MarkerReader:
    """Splits a program's output into lines and markers."""

    def __init__(self, nonce: str) -> None:
        self._mark = b"\x1e" + nonce.encode() + b" "
        self._rest = b""

    def feed(self, chunk: bytes) -> Iterator[Item]:
        """Items in ``chunk`` and what was kept from before it."""
        data = self._rest + chunk if self._rest else chunk
        while (at := data.find(self._mark)) >= 0:
            end = data.find(b"\n", at)
            if end < 0:
                break
            if at:
                yield Lines(_ended(data[:at]))
            # On a full disk a marker may be cut off, and the next one follow on its line.
            yield from _marker(data[at:end].rpartition(self._mark)[2])
            data = data[end + 1 :]
        yield from self._plain(data, at)

    def _plain(self, data: bytes, marker_at: int) -> Iterator[Item]:
        """Pass on what can't be part of a marker any more, keep the rest."""
        if marker_at >= 0:
            if marker_at:
                yield Lines(_ended(data[:marker_at]))
            self._rest = data[marker_at:]
            return
        cut = data.rfind(b"\n") + 1
        if len(data) - cut > _LONGEST_LINE:
            cut = len(data) - len(self._mark)
        if cut:
            yield Lines(data[:cut])
        self._rest = data[cut:]

    def close(self) -> Iterator[Item]:
        """What was kept, at the end of the output."""
        if self._rest:
            yield Lines(_ended(self._rest))
            self._rest = b""


def _ended(data: bytes) -> bytes:
    return data if data.endswith(b"\n") else data + b"\n"


def _marker(body: bytes) -> Iterator[Item]:
    """The item of one marker; a malformed one is nothing, as only a broken disk makes it."""
    fields = body.decode(errors="replace").split(" ")
    try:
        match fields:
            case ["began", step]:
                yield Began(step)
            case ["ended", step, how, code, began, ended]:
                yield Ended(step, how, int(code), max(0.0, float(ended) - float(began)))
            case ["retry", step, attempt, code, delay]:
                yield Retried(step, int(attempt), int(code), int(delay))
            case ["value", step, name, value]:
                yield Value(step, name, base64.b64decode(value).decode(errors="replace"))
            case ["value", step, name]:
                yield Value(step, name, "")
            case ["note", step, text]:
                yield Note(step, base64.b64decode(text).decode(errors="replace"))
            case ["end", status]:
                yield Finished(int(status))
    except (ValueError, binascii.Error):
        return
