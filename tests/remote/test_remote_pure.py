"""What needs no node: addresses of jump hosts, quoting, the end of a script's output."""

from __future__ import annotations

import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.remote.operator import Sink
from zkwizard.model.cluster import Ssh
from zkwizard.model.errors import InputError
from zkwizard.remote.network import hops
from zkwizard.remote.run import Collector
from zkwizard.remote.scripts import READER, message, script
from zkwizard.remote.talk import EndMark, Talk


@pytest.mark.parametrize(
    ("jump", "expected"),
    [
        ("", ()),
        ("b", (("me", "b", 22),)),
        ("ann@b:2222", (("ann", "b", 2222),)),
        ("b, x@c", (("me", "b", 22), ("x", "c", 22))),
        ("[fe80::1]:23", (("me", "fe80::1", 23),)),
        ("fe80::1", (("me", "fe80::1", 22),)),
        ("a@corp@b", (("a@corp", "b", 22),)),
    ],
)
def test_jump_hosts(jump: str, expected: tuple[tuple[str, str, int], ...]) -> None:
    assert hops(Ssh(host="h", user="me", jump=jump)) == expected


@pytest.mark.parametrize("jump", ["b:x", "@b", ":22", "a@"])
def test_jump_hosts_that_can_not_be(jump: str) -> None:
    with pytest.raises(InputError, match=r"ssh\.jump"):
        hops(Ssh(host="h", jump=jump))


@given(st.binary(max_size=300), st.integers(0, 255), st.lists(st.integers(0, 400), max_size=6))
def test_end_mark_cut_anywhere(output: bytes, status: int, cuts: list[int]) -> None:
    collector = Collector("abcd")
    data = output + b"\x1eabcd end %d\n" % status
    places = sorted({0, *(cut for cut in cuts if cut < len(data)), len(data)})
    for start, stop in pairwise(places):
        collector.out(data[start:stop])
    assert not collector.done.is_set()
    collector.err(b"\x1eabcd end %d\n" % status)
    assert (collector.done.is_set(), collector.streams[0], collector.status) == (True, output, status)


@pytest.mark.parametrize("shell", ["dash", "bash"])
@pytest.mark.parametrize("value", ["", "'\"`$(id)\\", "line\nline\n", "ünï", "-n", "#"])
def test_values_arrive_as_they_are(shell: str, value: str) -> None:
    """And what comes after the message is left for others, not a byte less or more."""
    text = script(given=value) + "printf '%s' \"$given\"; cat"
    data = message(text) + b"\0\xffpayload\n"
    command = [shell, "-c", READER.replace("exec sh", f"exec {shell}")]
    done = subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True)
    assert done.stdout == value.encode() + b"\0\xffpayload\n"


@pytest.mark.parametrize("shell", ["dash", "bash"])
def test_a_message_that_was_cut_off_does_nothing(shell: str, tmp_path: Path) -> None:
    """Wherever the line was cut: also where what came would be commands of its own."""
    made = tmp_path / "made"
    data = message(f"f() {{ rm -f {made}.x; }}\ntouch {made}\necho 'a word' >{made}.y\n")
    command = [shell, "-c", READER.replace("exec sh", f"exec {shell}")]
    for cut in range(0, len(data) - 3, 3):
        subprocess.run(command, input=data[:cut], capture_output=True, check=False)
        assert list(tmp_path.iterdir()) == [], data[:cut]
    subprocess.run(command, input=data, check=True)
    assert made.exists()


@given(st.binary(max_size=200), st.lists(st.integers(0, 400), max_size=6))
def test_a_log_ends_where_its_mark_begins(log: bytes, cuts: list[int]) -> None:
    """Wherever the pieces are cut, and whatever the log holds; the end of the program is found in it, too."""
    log += b"\x1e1234 over\n\x1e1234 end 3\n\x1eabc"
    data = log + b"\x1eabcd over\n"
    sink, end = Sink(), EndMark("1234")
    talk = Talk("abcd", sink, 0, end)
    for start, stop in pairwise(sorted({0, *(cut for cut in cuts if cut < len(data)), len(data)})):
        assert not talk.logged
        talk.out(data[start:stop])
    assert (talk.logged, bytes(sink.log), end.status, talk.offset) == (True, log, 3, len(log))
