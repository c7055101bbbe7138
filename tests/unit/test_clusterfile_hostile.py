"""Hostile cluster files: every text is refused or kept exactly, and nothing but faults comes out."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from zkwizard.model.cluster import Cluster
from zkwizard.store.clusterfile import dump, parse
from zkwizard.store.yamltree import read_tree

HERE = Path("/nonexistent/cluster.yaml")
FULL: dict[str, Any] = {
    "name": "zk",
    "domain": "zk.internal",
    "overlay": {"network": "0123456789abcdef", "cidr": "10.9.8.0/24"},
    "proxy": {"url": "http://10.9.8.9:1", "no_proxy": ["a.example"]},
    "mirrors": {
        "packages": {
            "kubernetes": {
                "url": "https://m.example",
                "suite": "/",
                "components": ["main"],
                "key": "https://m.example/key",
            }
        },
        "images": {"repository": "m.example/k", "registries": {"ghcr.io": "https://m.example"}},
    },
    "kubernetes": {"version": "1.36", "ignore_preflight": ["Mem"], "kubelet": {"x": "y"}},
    "nodes": [
        {
            "name": "master",
            "role": "control-plane",
            "provider": "aws",
            "region": "r",
            "spec": "s",
            "ssh": {"host": "192.0.2.1", "user": "root", "key": "", "jump": "b.example"},
            "overlay_ip": "10.9.8.118",
            "labels": {"a": "b"},
            "taints": [{"key": "a", "value": "b", "effect": "NoExecute"}],
        }
    ],
}
FIELDS: list[tuple[str | int, ...]] = [
    ("name",),
    ("domain",),
    ("overlay", "network"),
    ("proxy", "url"),
    ("proxy", "no_proxy", 0),
    ("mirrors", "packages", "kubernetes", "url"),
    ("mirrors", "packages", "kubernetes", "suite"),
    ("mirrors", "packages", "kubernetes", "components", 0),
    ("mirrors", "packages", "kubernetes", "key"),
    ("mirrors", "images", "repository"),
    ("mirrors", "images", "registries", "ghcr.io"),
    ("kubernetes", "version"),
    ("kubernetes", "ignore_preflight", 0),
    ("kubernetes", "kubelet", "x"),
    ("nodes", 0, "name"),
    ("nodes", 0, "provider"),
    ("nodes", 0, "region"),
    ("nodes", 0, "spec"),
    ("nodes", 0, "ssh", "host"),
    ("nodes", 0, "ssh", "user"),
    ("nodes", 0, "ssh", "key"),
    ("nodes", 0, "ssh", "jump"),
    ("nodes", 0, "labels", "a"),
    ("nodes", 0, "taints", 0, "key"),
    ("nodes", 0, "taints", 0, "value"),
]
FREE = {("kubernetes", "kubelet", "x"), *(("nodes", 0, name) for name in ("provider", "region", "spec"))}

PIECES = st.sampled_from(
    [
        "'",
        '"',
        "\n",
        "\r",
        "\0",
        "$(reboot)",
        "`id`",
        "-",
        "--",
        "上海",
        "㊙",
        "　",
        ";",
        "&",
        "|",
        "\\",
        "%00",
        " ",
        ":",
        "#",
        "{",
        "}",
        "!",
        "*",
        "\x1b[2J",
        "\u202e",
        "\ue000",
        "\U000f0000",
        "\x85",
        "\u2028",
        "\ufeff",
        "a",
        "0",
        ".",
        "/",
        "@",
        "x" * 1000,
        "~",
        "é",
        "😀",
    ]
)
TEXTS = st.one_of(st.text(max_size=40), st.lists(PIECES, max_size=8).map("".join))


def put(where: tuple[str | int, ...], value: object) -> dict[str, Any]:
    data = copy.deepcopy(FULL)
    inner: Any = data
    for key in where[:-1]:
        inner = inner[key]
    inner[where[-1]] = value
    return data


def got(cluster: Cluster, where: tuple[str | int, ...]) -> object:
    inner: Any = cluster
    for key in where:
        inner = inner[key] if isinstance(key, int) or isinstance(inner, dict) else getattr(inner, key)
    return inner


def written(data: object) -> str:
    """As YAML in which every text is quoted and every strange character an escape."""
    return yaml.safe_dump(data, default_style='"', allow_unicode=False)


def refused(text: str | bytes) -> bool:
    """Whether it is refused, with faults that can be printed on one line each."""
    cluster, faults = parse(text, HERE)
    assert (cluster is None) == bool(faults)
    for fault in faults:
        line = fault.render("cluster.yaml")
        assert line.isprintable() or "\u3000" in line, line
        assert len(line) < 2000
    return cluster is None


def test_the_file_itself_is_good() -> None:
    assert not refused(written(FULL))


@pytest.mark.parametrize("where", FIELDS, ids=str)
def test_every_text_is_refused_or_kept_exactly(where: tuple[str | int, ...]) -> None:
    @settings(max_examples=60, deadline=None)
    @given(TEXTS)
    def holds(text: str) -> None:
        document = written(put(where, text))
        cluster, _ = parse(document, HERE)
        if cluster is None:
            assert refused(document)
            return
        assert got(cluster, where) == text
        again, faults = parse(dump(cluster), HERE)
        assert again == cluster, faults

    holds()


@pytest.mark.parametrize("where", sorted(FREE, key=str), ids=str)
@pytest.mark.parametrize("text", ["'\"$(x)`y`", "-rf", "騰訊雲「上海」", "a" * 1000, " # x: y", "no", "1.40"])
def test_words_for_people_hold_anything_printable(where: tuple[str | int, ...], text: str) -> None:
    cluster, faults = parse(written(put(where, text)), HERE)
    assert cluster and got(cluster, where) == text, faults


@pytest.mark.parametrize("where", [where for where in FIELDS if where not in FREE], ids=str)
@pytest.mark.parametrize("text", ["-x", "$(x)", "a\nb", "`x`", "'", "a" * 1001, "a\0b", "\ue000"])
def test_other_texts_refuse_what_a_shell_would_act_on(where: tuple[str | int, ...], text: str) -> None:
    assert refused(written(put(where, text)))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
@example(b"\xef\xbb\xbf{}")
@example(b"? ? ? a")
@example(b"!!binary x: !<tag:x> y")
@example(b"!!int x: !!float y")
@example(b"a: !!bool maybe\nb: !!int z\nc: !!float .\nd: !!null x\n<<: {}")
@example(b"%YAML 9.9\n--- a")
def test_random_bytes_give_faults_and_nothing_else(data: bytes) -> None:
    assert refused(data)


YAML_CHARACTERS = st.text(alphabet="ab:-[]{}&*!|>'\"#%@`,?\n \t.0159\\~<=", max_size=80)


@settings(max_examples=300, deadline=None)
@given(YAML_CHARACTERS)
def test_random_yaml_gives_faults_and_nothing_else(text: str) -> None:
    assert refused(text)
    read_tree(text)


SHAPES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(
        [*FIELDS, ("nodes",), ("nodes", 0), ("kubernetes", "etcd"), ("kubernetes", "api_server")]
    ),
    SHAPES,
)
def test_any_shape_anywhere(where: tuple[str | int, ...], shape: object) -> None:
    refused(yaml.safe_dump(put(where, shape)))
