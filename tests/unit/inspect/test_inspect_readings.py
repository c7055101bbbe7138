"""What is followed over several connections: every line once, whatever the last one left unfinished."""

from __future__ import annotations

import json
import random

import pytest

from zkwizard.inspect.journal import NodeJournal
from zkwizard.inspect.logs import PodLog
from zkwizard.inspect.readings import JournalReading, LogReading, Reading

LINES = [
    ("2026-11-23T03:00:01.100000000Z", "one"),
    ("2026-11-23T03:00:01.1Z", "two at the same time"),
    ("2026-11-23T03:00:01.1Z", "two at the same time"),
    ("2026-11-23T03:00:01.25Z", ""),
    ("2026-11-23T03:00:01.250000001Z", "2026-11-23T03:00:01Z a time of its own"),
    ("2026-11-23T03:00:02Z", "  indented"),
    ("2026-11-23T04:00:03.000000001+01:00", "summer"),
]
"""As kubectl --timestamps prints them: fractions without their last zeros, times of the pod's node."""


def printed(lines: list[tuple[str, str]], *, stamped: bool = True) -> bytes:
    return "".join(f"{at} {text}\n" if stamped else f"{text}\n" for at, text in lines).encode()


def in_pieces(reading: Reading, data: bytes, size: int) -> bytes:
    return b"".join(reading.take(data[at : at + size]) for at in range(0, len(data), size))


@pytest.mark.parametrize("stamped", [True, False])
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_log_goes_on_where_it_stopped(stamped: bool, size: int) -> None:
    """Cut after any byte; the next connection begins with the whole second of the newest line."""
    data = printed(LINES)
    for cut in range(len(data) + 1):
        reading = LogReading(PodLog("pod", "ns", lines=200, follow=True, stamped=stamped))
        script = reading.script()
        assert "--timestamps" in script and "--tail=200" in script
        told = in_pieces(reading, data[:cut], size)
        again = reading.script()
        whole = data[:cut].count(b"\n")
        second = LINES[whole - 1][0][:19] if whole else ""
        rest = [line for line in LINES if line[0][17:19] >= second[17:19]]
        assert (f"--since-time={second}" in again) == bool(whole)
        assert ("--tail" in again) != bool(whole)
        told += in_pieces(reading, printed(rest), size)
        assert told == printed(LINES, stamped=stamped)


def test_lines_out_of_order_are_lost_neither_before_nor_after() -> None:
    """A container's two streams are stamped each by itself."""
    lines = [(f"2026-11-23T03:00:{at}Z", at) for at in ("01.5", "01.4", "01.5", "01.3", "02.0", "01.9")]
    reading = LogReading(PodLog("pod", follow=True))
    reading.script()
    assert reading.take(printed(lines[:4])) == b"01.5\n01.4\n01.5\n01.3\n"
    assert "--since-time=2026-11-23T03:00:01Z" in reading.script()
    assert reading.take(printed(lines)) == b"02.0\n01.9\n"


def test_a_log_that_ends_without_a_newline() -> None:
    reading = LogReading(PodLog("pod", follow=True))
    reading.script()
    assert reading.take(b"2026-11-23T03:00:01Z the last words") == b""
    assert reading.end() == b"the last words"
    assert reading.end() == b""


def test_a_line_without_end_comes_in_pieces() -> None:
    reading = LogReading(PodLog("pod", follow=True))
    reading.script()
    told = reading.take(b"2026-11-23T03:00:01Z " + b"x" * 70_000)
    assert told == b"x" * 70_000 + b"\n"


def entry(number: int, text: str, **fields: str) -> bytes:
    data = {
        "__CURSOR": f"s=1;i={number}",
        "__REALTIME_TIMESTAMP": str(1_795_392_000_000_000 + number),
        "_HOSTNAME": "node1",
        "SYSLOG_IDENTIFIER": "kubelet",
        "MESSAGE": text,
        **fields,
    }
    return json.dumps(data).encode() + b"\n"


ENTRIES = [entry(1, "one", _PID="7"), entry(2, "two\nand a second line"), entry(3, "three", _PID="7")]
SHORT = (
    b"Nov 22 19:30:00 node1 kubelet[7]: one\n"
    b"Nov 22 19:30:00 node1 kubelet: two\n"
    b"                               and a second line\n"
    b"Nov 22 19:30:00 node1 kubelet[7]: three\n"
)
"""By the time of the node, four and a half hours before UTC."""


@pytest.mark.parametrize("as_data", [True, False])
def test_a_journal_goes_on_after_its_cursor(as_data: bool) -> None:
    data = b"".join(ENTRIES)
    for cut in range(len(data) + 1):
        reading = JournalReading(NodeJournal(("kubelet",), lines=20, follow=True, as_data=as_data))
        first = reading.script()
        assert "-n 20" in first and "after-cursor" not in first
        size = random.Random(cut).randrange(1, 90)
        told = in_pieces(reading, b"-0430\n" + data[:cut], size)
        again = reading.script()
        whole = data[:cut].count(b"\n")
        assert (f"--after-cursor='s=1;i={whole}'" in again) == bool(whole)
        told += in_pieces(reading, b"-0430\n-- No entries --\n" + b"".join(ENTRIES[whole:]), size)
        assert told == (data if as_data else SHORT)
    assert reading.end() == b""
