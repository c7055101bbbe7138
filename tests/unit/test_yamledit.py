"""Single changes to a YAML text: they mean what was asked for, and leave the rest as it was written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from zkwizard.model.errors import InputError
from zkwizard.store import assets
from zkwizard.store.draft import Changed, Draft, usual_order
from zkwizard.store.yamledit import append, drop, put

EXAMPLE = assets.text("cluster.example.yaml")


def changed_lines(before: str, after: str) -> tuple[list[str], list[str]]:
    """Lines that are gone, and lines that are new."""
    old, new = before.splitlines(), after.splitlines()
    return [line for line in old if line not in new], [line for line in new if line not in old]


@pytest.mark.parametrize(
    ("keys", "value", "gone", "new"),
    [
        (("domain",), "my.example", ["domain: zk.internal         # hostnames are <node>"],
         ["domain: my.example         # hostnames are <node>"]),
        (("nodes", 0, "ssh", "port"), 2222, [], ["      port: 2222"]),
        (("nodes", 1, "ssh", "port"), 2222, ["    ssh: {host: 198.51.100.20}"],
         ["    ssh: {host: 198.51.100.20, port: 2222}"]),
        (("nodes", 1, "swap"), "off", [], ["    swap: 'off'"]),
        (("nodes", 1, "ssh", "host"), "a,b}", ["    ssh: {host: 198.51.100.20}"],
         ["    ssh: {host: 'a,b}'}"]),
        (("proxy", "url"), "http://10.0.0.1:80", [], ["proxy:", "  url: http://10.0.0.1:80"]),
        (("kubernetes", "ignore_preflight"), ["Mem"], [], ["  ignore_preflight: [Mem]"]),
    ],
)  # fmt: skip
def test_one_answer_changes_its_own_line(keys: Any, value: Any, gone: list[str], new: list[str]) -> None:
    after = put(EXAMPLE, keys, value, usual_order)
    was, now = changed_lines(EXAMPLE, after)
    assert [line.startswith(wanted) for line, wanted in zip(was, gone, strict=True)] == [True] * len(gone)
    assert [line.startswith(wanted) for line, wanted in zip(now, new, strict=True)] == [True] * len(new)


def test_a_new_key_stands_in_the_usual_place() -> None:
    after = put("name: a\nnodes: []\n", ("domain",), "x.example", usual_order)
    assert after == "name: a\ndomain: x.example\nnodes: []\n"


def test_a_node_is_removed_with_its_lines_only() -> None:
    after = drop(EXAMPLE, ("nodes", 1))
    was, now = changed_lines(EXAMPLE, after)
    assert now == [] and "  - name: node1" in was and "  - name: node2" in after
    assert after.count("\n\n\n") == EXAMPLE.count("\n\n\n")


def test_a_mapping_that_would_be_empty_goes_too() -> None:
    assert drop("a: 1\nproxy:\n  url: x\nb: 2\n", ("proxy", "url")) == "a: 1\nb: 2\n"


def test_a_new_node_comes_after_the_comments_of_the_last() -> None:
    after = append(EXAMPLE, ("nodes",), {"name": "node3", "ssh": {"host": "h"}})
    assert after.startswith(EXAMPLE) and after.endswith("\n  - name: node3\n    ssh:\n      host: h\n")


@pytest.mark.parametrize(
    "text",
    [
        "a: &x {b: 1}\nc: *x\n",
        "a: {b: 1, c: {d: [1, 2]}}\n",
        "a:\n- b: 1\n  c: 2\n- {b: 3}\n",
        "? a\n: b: 1\n",
        "a: |\n  text\nb: >-\n  more\n",
        'a: "x"\nb:\n',
        "a: 1",
        "%YAML 1.1\n---\na: {b: 1}\n...\n",
        "a:\n  # only a comment\nb: 1\n",
    ],
)
def test_whatever_the_layout_the_change_means_what_was_asked(text: str) -> None:
    for key in ("a", "new"):
        for value in ("off", 5, ["x", "y: z"], {"k": {"l": "m # n"}}):
            data = yaml.safe_load(text)
            assert yaml.safe_load(put(text, (key,), value)) == {**data, key: value}
    data = yaml.safe_load(text)
    data.pop("a")
    assert (yaml.safe_load(drop(text, ("a",))) or {}) == data


_WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Zl", "Zp")), max_size=20)
_PLACES = st.sampled_from(
    [("name",), ("nodes", 0, "name"), ("nodes", 1, "region"), ("nodes", 1, "ssh", "host"), ("proxy", "url"),
     ("nodes", 2, "ssh", "key"), ("mirrors", "images", "repository")]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(_PLACES, _WORDS), max_size=5))
def test_any_words_anywhere_keep_every_comment(edits: list[tuple[Any, str]]) -> None:
    text = EXAMPLE
    for keys, value in edits:
        text = put(text, keys, value, usual_order)
        found = yaml.safe_load(text)
        for key in keys:
            found = found[key]
        assert found == value
    comments = [line for line in EXAMPLE.splitlines() if line.startswith("#")]
    assert [line for line in text.splitlines() if line.startswith("#") and line in comments] == comments


def test_a_draft_is_on_disk_at_once_with_its_mode_and_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.yaml", tmp_path / "link.yaml"
    real.write_text(EXAMPLE)
    real.chmod(0o640)
    link.symlink_to(real)
    draft = Draft.open(link)
    draft.put(("nodes", 0, "ssh", "port"), 99999)
    assert "port: 99999" in real.read_text() and link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert [fault.path for fault in draft.faults] == ["nodes[0].ssh.port"]


def test_what_somebody_else_wrote_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "cluster.yaml"
    path.write_text(EXAMPLE)
    draft = Draft.open(path)
    path.write_text(EXAMPLE.replace("name: zk ", "name: other "))
    with pytest.raises(Changed):
        draft.put(("domain",), "x.example")
    assert draft.given("name") == "other" and "x.example" not in path.read_text()
    draft.put(("domain",), "x.example")
    assert "name: other " in path.read_text() and "domain: x.example" in path.read_text()


def test_a_folder_that_cannot_be_written_is_an_error_for_a_person(tmp_path: Path) -> None:
    path = tmp_path / "file" / "x.yaml"
    path.parent.write_text("a file")
    with pytest.raises(InputError):
        Draft.new(path, "x")
