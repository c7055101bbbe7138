"""Parsers take any text and any bytes: a node may print what it likes."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from zkwizard.facts import gather, ping
from zkwizard.facts.interfaces import parse as parse_interfaces
from zkwizard.facts.zerotier import parse as parse_zerotier
from zkwizard.model.facts import NodeFacts

NONCE = "a1b2c3d4"
WORDS = st.sampled_from(
    [
        "kernel",
        "machine",
        "cpus",
        "nameserver",
        "default",
        "dev",
        "metric",
        "tcp",
        "udp",
        "installed",
        "chains",
        "blocked",
        "path",
        "link",
        "present",
        'users:(("',
        "copied,",
        "rtt",
        "min/avg/max",
        "=",
        "1.2.3/4/5/6",
        "ms",
        "packets",
        "transmitted,",
        "@info",
        "@networks",
        "/etc/cloud/cloud.cfg:manage_etc_hosts:",
        "x",
        "10.0.0.0/8",
        "fe80::1%x",
        "²³",
        "٣",
        "999999999999999999999999",
        "1e9",
        "-",
        ":",
        "/",
        "{",
        "[",
    ]
)
LINES = st.lists(st.lists(WORDS | st.text(max_size=8), max_size=8).map(" ".join), max_size=8).map("\n".join)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "ifname",
                    "mtu",
                    "addr_info",
                    "local",
                    "prefixlen",
                    "address",
                    "link_type",
                    "nwid",
                    "assignedAddresses",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(LINES | st.text())
def test_no_parser_ever_raises(text: str) -> None:
    for fact in gather.FACTS:
        fact.parse(text)
    ping.parse(text)


@given(JSON)
def test_any_json_is_survived(data: object) -> None:
    text = json.dumps(data)
    parse_interfaces(text)
    parse_zerotier(f"@info\n{text}\n@networks\n{text}\n")


@given(
    st.lists(st.tuples(st.sampled_from([fact.name for fact in gather.FACTS]), LINES), max_size=6), st.binary()
)
def test_any_output_gives_facts(parts: list[tuple[str, str]], noise: bytes) -> None:
    text = "".join(f"\n\x1e{NONCE} {name}\n{body}\n" for name, body in parts)
    out = noise + text.encode(errors="surrogatepass") + noise
    assert isinstance(gather.parse(out, NONCE, 0.0, 1.0), NodeFacts)
