"""YAML that says exactly what was meant, to Python's parser and to Go's."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from zkwizard.phases.documents.pattern import addresses_pattern
from zkwizard.phases.documents.text import text_of

PRINTABLE = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t"), max_size=60)


@given(st.dictionaries(PRINTABLE, PRINTABLE | st.lists(PRINTABLE), max_size=5))
def test_any_text_comes_back(document: dict[str, object]) -> None:
    assert yaml.safe_load(text_of(document)) == document


@pytest.mark.parametrize(
    "word", ["1e3", "0o17", "y", "n", "yes", "null", "0x1f", "1_000", "1:30", "~", "+1", ".5", ""]
)
def test_what_go_takes_for_something_else_is_quoted(word: str) -> None:
    assert re.fullmatch(r"""value: (["']).*\1\n""", text_of({"value": word}))


@pytest.mark.parametrize(
    "word", ["10.9.8.118", "10.9.8.118:6443", "10.96.0.0/12", "5m0s", "v1.36.4", "node-ip"]
)
def test_ordinary_words_stay_as_they_are(word: str) -> None:
    assert text_of({"value": word}) == f"value: {word}\n"


@given(
    st.integers(0, 32),
    st.integers(0, (1 << 32) - 1),
    st.integers(0, (1 << 32) - 1),
)
def test_a_pattern_matches_exactly_the_addresses_of_its_network(prefix: int, base: int, other: int) -> None:
    network = IPv4Network((base, prefix), strict=False)
    pattern = re.compile(addresses_pattern(network))
    inside = network[other % network.num_addresses]
    around = [IPv4Address(other), network[0], network[-1], inside]
    around += [
        IPv4Address((int(edge) + step) % (1 << 32)) for edge in (network[0], network[-1]) for step in (-1, 1)
    ]
    for address in around:
        assert bool(pattern.search(str(address))) is (address in network)


@pytest.mark.parametrize(
    ("network", "pattern"),
    [
        ("10.9.8.0/24", r"^10\.9\.8\."),
        ("10.9.0.0/16", r"^10\.9\."),
        ("10.9.8.0/23", r"^10\.9\.([8-9])\."),
        ("10.9.8.64/26", r"^10\.9\.8\.(6[4-9]|7[0-9]|8[0-9]|9[0-9]|10[0-9]|11[0-9]|12[0-7])$"),
        ("10.9.8.118/32", r"^10\.9\.8\.118$"),
        ("0.0.0.0/0", r"^[0-9]+\."),
    ],
)
def test_usual_patterns(network: str, pattern: str) -> None:
    assert addresses_pattern(IPv4Network(network)) == pattern
