"""ping's output as iputils and busybox print it, with and without answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from zkwizard.facts.ping import parse

DATA = Path(__file__).parent / "data"


def test_iputils() -> None:
    found = parse((DATA / "ping-iputils.txt").read_text())
    assert (found.sent, found.received) == (3, 3)
    assert (found.rtt_min, found.rtt_avg, found.rtt_max, found.rtt_mdev) == (0.246, 3.149, 8.830, 4.017)
    assert not found.too_long
    assert not found.error


def test_busybox_has_no_mdev() -> None:
    found = parse((DATA / "ping-busybox.txt").read_text())
    assert (found.sent, found.received, found.rtt_avg, found.rtt_mdev) == (2, 2, 0.637, 0.0)


def test_too_long() -> None:
    found = parse((DATA / "ping-too-long.txt").read_text())
    assert (found.too_long, found.mtu, found.received) == (True, 2800, 0)
    told = parse("From 10.0.0.1 icmp_seq=1 Frag needed and DF set (mtu = 1400)\n")
    assert (told.too_long, told.mtu) == (True, 1400)
    assert parse("ping: sendto: Message too long\n").too_long


def test_all_lost() -> None:
    found = parse(
        "--- 10.9.8.129 ping statistics ---\n"
        "10 packets transmitted, 0 received, +10 errors, 100% packet loss, time 2862ms\npipe 9\n"
    )
    assert (found.sent, found.received, found.rtt_avg) == (10, 0, 0.0)


@pytest.mark.parametrize(
    "text",
    [
        "ping: node9: Name or service not known",
        "ping: bad address 'node9'",
        "ping: connect: Network is unreachable",
        "From 10.9.8.118 icmp_seq=1 Destination Host Unreachable",
    ],
)
def test_errors_are_kept_in_pings_words(text: str) -> None:
    assert parse(text).error
    assert parse(text).sent == 0
