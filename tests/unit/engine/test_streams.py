"""What is followed over lines that break: when it goes on, when it is given up, and what is said."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from tests.ports import Unasked, UnaskedNetwork
from tests.unit.diagnosis.excerpts import CLUSTER
from zkwizard.engine.inside import streams
from zkwizard.inspect.journal import NodeJournal
from zkwizard.inspect.logs import PodLog
from zkwizard.inspect.trouble import Kind, Trouble
from zkwizard.model.errors import ConnectionFailed, ContactLost, HostKeyRejected
from zkwizard.model.ports import StreamSink

LOST = ConnectionFailed("master", "the connection was lost")
AWAY = ConnectionFailed("master", "nobody answers at port 22")
CHANGED = HostKeyRejected("master", "its host key is another one")

Happens = ConnectionFailed | tuple[bytes, int | ConnectionFailed]
"""What a login meets: a failure, or what the script prints there and how it ends."""


class Line(Unasked, UnaskedNetwork):
    """A network with one control plane, where one thing after the other happens."""

    def __init__(self, *happens: Happens) -> None:
        super().__init__("master")
        self.happens = list(happens)
        self.scripts: list[str] = []

    def connection(self, node: str) -> Line:
        return self

    async def connect(self) -> None:
        if isinstance(failure := self.happens[0], ConnectionFailed):
            del self.happens[0]
            raise failure

    async def stream(self, text: str, sink: StreamSink) -> int:
        self.scripts.append(text)
        met = self.happens.pop(0)
        assert isinstance(met, tuple), "connect would have failed"
        printed, end = met
        sink.out(printed)
        if isinstance(end, ConnectionFailed):
            raise end
        sink.err(b"Error from server (NotFound): pods are gone\n" if end else b"")
        return end


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_PAUSES", (0.0, 0.0))


def follow(line: Line, **wanted: bool) -> tuple[Trouble | None, bytes, list[str]]:
    got, said = bytearray(), list[str]()
    log = PodLog("web", "default", follow=wanted.get("follow", True))
    work = streams.stream_log(CLUSTER, line, log, got.extend, lambda words: said.append(str(words)))
    return asyncio.run(work), bytes(got), said


def stamps(*numbers: int) -> bytes:
    return b"".join(b"2026-11-23T03:00:0%d.5Z line %d\n" % (number, number) for number in numbers)


def test_it_goes_on_where_it_stopped_until_the_pod_ends() -> None:
    line = Line((stamps(1, 2) + b"2026-11-23T03:0", LOST), AWAY, AWAY, (stamps(2, 3), 0))
    trouble, got, said = follow(line)
    assert trouble is None
    assert got == b"line 1\nline 2\nline 3\n"
    assert said == ["master: the line was lost; trying again", "master: the line is back"]
    assert "--since-time=2026-11-23T03:00:02Z" in line.scripts[1]


def test_each_loss_is_said() -> None:
    line = Line((stamps(1), LOST), (b"", LOST), AWAY, (stamps(1, 2), 1))
    trouble, got, said = follow(line)
    assert trouble and trouble.kind is Kind.NOT_FOUND
    assert got == b"line 1\nline 2\n"
    assert [words.rpartition(" ")[2] for words in said] == ["again", "back", "again", "back"]


@pytest.mark.parametrize(
    "happens", [[AWAY], [CHANGED], [(stamps(1), LOST), CHANGED], [(stamps(1), LOST), AWAY, CHANGED]]
)
def test_what_does_not_pass_is_not_waited_for(happens: Sequence[Happens]) -> None:
    """A first login that fails, and another host key at any time."""
    line = Line(*happens)
    with pytest.raises(ConnectionFailed):
        follow(line)
    assert line.happens == []


def test_a_line_that_stays_dead_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "PATIENCE", 0.0)
    with pytest.raises(ContactLost, match="no contact for 0 s"):
        follow(Line((stamps(1), LOST), AWAY, AWAY))


def test_what_is_not_followed_is_read_once() -> None:
    line = Line((b"whatever\n", LOST))
    with pytest.raises(ConnectionFailed, match="the connection was lost"):
        follow(line, follow=False)
    assert "--timestamps" not in line.scripts[0]


def test_a_journal_says_why_it_ended() -> None:
    line = Line((b'+0100\n{"__CURSOR": "c", "__REALTIME_TIMESTAMP": "1"}\n', 1))
    got = bytearray()
    wanted = NodeJournal(("kubelet",), follow=True)
    trouble = asyncio.run(streams.stream_journal(line, "master", wanted, got.extend))
    assert trouble and str(trouble.text).startswith("journalctl: Error")
    assert got.startswith(b"Jan 01 01:00:00 ")
