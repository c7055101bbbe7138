"""The cluster file on the command line: the example works, and a wrong file is refused whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.practice.commands import Place

WRONG = """\
name: Not A Label
overlay: {network: 8fa62dfe16000001, cidr: 10.9.8.0/24}
kubernets: {version: "1.36"}
kubernetes: {version: "1.2", pod_subnet: 10.9.0.0/16}
nodes:
  - {name: a, role: worker, ssh: {host: 192.0.2.1}, overlay_ip: 10.9.9.1}
  - {name: a, role: worker, ssh: {host: 192.0.2.2, port: 99999}, overlay_ip: nowhere}
"""


@pytest.fixture
def alone(tmp_path: Path) -> Place:
    """A state folder without nodes."""
    return Place(tmp_path / "state")


def test_the_example_passes_check_and_plan(alone: Place, tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    written = alone.run("init", "-o", file)
    assert (written.code, written.out) == (0, "")
    assert f"zkwizard check {file}" in written.err
    checked = alone.run("check", file)
    assert checked.code == 0 and "no faults" in checked.out
    planned = alone.run("plan", file)
    assert planned.code == 0 and "join-token" in planned.out
    assert alone.run("plan", file, "--format", "sh").out.count("#!/bin/sh") > 40


@pytest.mark.parametrize(
    "command", [["check"], ["plan"], ["probe"], ["run", "--yes"], ["status"], ["kubeconfig"]]
)
def test_a_wrong_file_is_bad_input_with_all_faults(alone: Place, tmp_path: Path, command: list[str]) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(WRONG)
    ended = alone.run(*command, file)
    assert (ended.code, ended.out) == (2, "")
    for path in ("name", "kubernets", "kubernetes.version", "kubernetes.pod_subnet", "nodes[0].overlay_ip",
                 "nodes[1].name", "nodes[1].ssh.port", "nodes[1].overlay_ip"):  # fmt: skip
        assert path in ended.err
    assert "control-plane" in ended.err


def test_faults_as_json_have_their_places(alone: Place, tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(WRONG)
    faults = json.loads(alone.run("check", "--json", file).out)
    assert {fault["path"]: fault["line"] for fault in faults}["kubernets"] == 3
    assert all(fault["found"] and fault["allowed"] for fault in faults)


def test_no_file_is_bad_input(alone: Place, tmp_path: Path) -> None:
    ended = alone.run("check", tmp_path / "none.yaml")
    assert ended.code == 2 and "zkwizard init" in ended.err
