"""The script of the evidence, run by a real sh: what it prints, and that no part can hold it up."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from tests.unit.diagnosis.excerpts import CLUSTER
from zkwizard.diagnosis import evidence
from zkwizard.diagnosis.parts import PARTS, Part
from zkwizard.diagnosis.reading import api_nodes, lines, since_start, zerotier_peers

NODE = CLUSTER.node("node1")
NONCE = "0123456789abcdef"


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_every_part_is_sh(part: Part) -> None:
    for node in CLUSTER.nodes:
        text = part.text(CLUSTER, node)
        done = subprocess.run(["sh", "-n"], input=text, text=True, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), text


def test_only_the_first_control_plane_is_asked_for_the_cluster() -> None:
    (part,) = (each for each in PARTS if each.name == "nodes")
    assert part.text(CLUSTER, CLUSTER.node("master"))
    assert not part.text(CLUSTER, NODE)


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder first in PATH, for tools in place of those that would ask the network."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
    return folder


def _put(folder: Path, text: str) -> None:
    for name in ("crictl", "kubectl", "ping", "curl", "journalctl", "zerotier-cli", "kubeadm"):
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)


def test_parts_hang_for_their_own_limit_only(tools: Path) -> None:
    """A runtime, an API server and a network that never answer, and a journal that never ends."""
    _put(tools, "exec sleep 100")
    text = "\n".join(
        evidence._call(Part(part.name, part.script, 1, part.read, part.waits), part.text(CLUSTER, NODE))
        for part in PARTS
        if part.name in ("cri", "kubelet-log", "peers", "reach", "pause")
    )
    began = time.monotonic()
    subprocess.run(["sh", "-c", text], capture_output=True, timeout=60, check=False)
    assert time.monotonic() - began < 40


def test_what_the_script_prints_is_parsed_and_nothing_is_left(tools: Path) -> None:
    _put(tools, "echo '3 packets transmitted, 2 received, 33% packet loss, time 2ms'")
    (tools / "mktemp").write_text(f'#!/bin/sh\n/usr/bin/mktemp "$@" | tee -a {tools}/made\n')
    (tools / "mktemp").chmod(0o755)
    text = evidence.script(CLUSTER, NODE, NONCE)
    done = subprocess.run(["sh"], input=text.encode(), capture_output=True, timeout=200, check=False)
    found = evidence.parse("node1", done.stdout, NONCE, 0.0, 0.0)
    assert found.complete and found.facts.complete
    assert found.part("settled") == ("settled",)
    assert sorted(found.part("reach")) == ["10.9.8.118 2", "10.9.8.129 2"]
    made = [Path(line) for line in (tools / "made").read_text().splitlines()]
    assert made and not any(path.exists() for path in made)


def test_lines_are_printable_and_not_endless() -> None:
    assert lines("a\x1b[31mb\x1b[0m\tc\n\n  \x07\n" + "x" * 5000) == ("ab c", "x" * 900)


def test_a_service_that_has_just_been_started_again_keeps_what_ended_it() -> None:
    start = "Nov 22 19:39:06 node1 systemd[1]: Started kubelet.service."
    text = f"old\n{start}\nboom\nMain process exited\n{start}\n"
    assert since_start(text) == (start, "boom", "Main process exited", start)
    assert since_start(f"{text}well\n") == (start, "well")


def test_peers_without_a_path_and_expired_ones() -> None:
    text = """[{"address": "aaaaaaaaaa", "role": "LEAF", "latency": -1, "paths": []},
      {"address": "bbbbbbbbbb", "role": "LEAF", "latency": 4, "paths": [
        {"active": true, "expired": true, "address": "10.244.0.0/9993"},
        {"active": true, "expired": false, "address": "10.200.0.11/9993"}]}]"""
    assert zerotier_peers(text) == ("aaaaaaaaaa LEAF -1 -", "bbbbbbbbbb LEAF 4 10.200.0.11/9993")
    assert zerotier_peers("Error connecting") == ()


def test_nodes_without_conditions_are_unknown() -> None:
    assert api_nodes('{"items": [{"metadata": {"name": "a"}}]}') == (
        "a Ready=Unknown InternalIP=- flannel=- :",
    )
