"""Machines out of pasted lines and of ~/.ssh/config, and proposals for what is missing."""

from __future__ import annotations

from ipaddress import IPv4Network
from pathlib import Path

import pytest

from zkwizard.model.inventory import complete, free_address, from_lines
from zkwizard.store.sshconfig import machines

CIDR = IPv4Network("10.9.8.0/24")


@pytest.mark.parametrize(
    ("line", "entry"),
    [
        ("root@203.0.113.1", {"ssh": {"host": "203.0.113.1", "user": "root"}}),
        ("node1 203.0.113.1", {"name": "node1", "ssh": {"host": "203.0.113.1"}}),
        ("203.0.113.1\tnode1  # ours", {"name": "node1", "ssh": {"host": "203.0.113.1"}}),
        ("ssh://me@a.example:2222", {"ssh": {"host": "a.example", "port": 2222, "user": "me"}}),
        ("n1 ansible_host=203.0.113.1 ansible_port=22022 ansible_user=me",
         {"name": "n1", "ssh": {"host": "203.0.113.1", "port": 22022, "user": "me"}}),
        ("| master | 騰訊雲 | 203.0.113.1 | 10.9.8.118 | 2C8G | Shanghai |",
         {"name": "master", "provider": "tencent", "region": "Shanghai", "spec": "2C8G",
          "overlay_ip": "10.9.8.118", "ssh": {"host": "203.0.113.1"}}),
        ("lax, 198.51.100.2, worker, bandwagon, Los Angeles",
         {"name": "lax", "role": "worker", "provider": "bandwagon", "region": "Los Angeles",
          "ssh": {"host": "198.51.100.2"}}),
    ],
)  # fmt: skip
def test_a_line_is_understood(line: str, entry: dict[str, object]) -> None:
    assert from_lines(line, CIDR) == ([entry], [])


def test_lines_without_a_machine_are_told_by_number() -> None:
    entries, left = from_lines("[workers]\n\n# nothing\nhello world\nn1 203.0.113.1\n")
    assert [entry["name"] for entry in entries] == ["n1"] and left == [(4, "hello world")]


def test_what_is_missing_is_proposed() -> None:
    first = complete({"ssh": {"host": "a"}}, [], CIDR)
    second = complete({"name": "node1", "ssh": {"host": "b"}}, [first], CIDR)
    assert (first["name"], first["role"], first["overlay_ip"]) == ("node1", "control-plane", "10.9.8.1")
    assert (second["name"], second["role"], second["overlay_ip"]) == ("node2", "worker", "10.9.8.2")


def test_a_full_overlay_has_no_free_address() -> None:
    assert free_address(IPv4Network("10.0.0.0/30"), {"10.0.0.1", "10.0.0.2"}) == ""
    assert free_address(None, set()) == ""


def test_ssh_configuration_is_read_as_ssh_reads_it(tmp_path: Path) -> None:
    (tmp_path / "more").write_text("Host inc\n  HostName 203.0.113.9\n")
    config = tmp_path / "config"
    config.write_text(
        "# mine\nInclude more\n\nHost web *.example !bad.example\n  HostName=203.0.113.1\n  Port 2222\n"
        'Host db\n  HostName %h.example.net\n  IdentityFile "~/.ssh/my key"\n  ProxyJump ops@bastion\n'
        "Match host db\n  User nobody\nHost *\n  User admin\n  Port 22\n"
    )
    found = {machine["name"]: machine["ssh"] for machine in machines(config)}
    assert found == {
        "inc": {"host": "203.0.113.9", "user": "admin"},
        "web": {"host": "203.0.113.1", "port": 2222, "user": "admin"},
        "db": {
            "host": "db.example.net", "user": "admin", "key": "~/.ssh/my key", "jump": "ops@bastion",
        },
    }  # fmt: skip


def test_a_configuration_that_includes_itself_ends(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("Include config\nHost a\n")
    assert {machine["name"] for machine in machines(config)} == {"a"}
