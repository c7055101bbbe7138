"""Package repositories on a node: a broken one never becomes the machine's, and keys don't change unasked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.unit.phases.clusters import context
from tests.unit.phases.scratch_node import ScratchNode
from zkwizard.model.cluster import PackageMirror
from zkwizard.model.step import CONFLICT, Step
from zkwizard.model.text import T
from zkwizard.steps.debian import Debian

APT = """\
for word; do case $word in Dir::Etc::sourcelist=*) cat "${word#*=}" >"$NODE/tried" ;; esac; done
case "$*" in *update*) [ ! -e "$NODE/broken" ] || { cat "$NODE/broken"; exit 100; } ;; esac
"""
CURL = """\
while [ "$1" != -o ]; do shift; done
[ -e "$NODE/key" ] || { printf 404; exit 22; }
printf 200
cat "$NODE/key" >"$2"
"""
GPG = """\
case "$*" in
*--show-keys*) for last; do :; done; sed 's/.* /pub:-:255:22:X:1:::-:::\\nfpr:::::::::/; s/$/:/' "$last" ;;
*--dearmor*) cat ;;
esac
"""
NO_KEY = "W: GPG error: http://m.example/zt bookworm InRelease: NO_PUBKEY 8536D931B7C245DC\n"
SOURCES = "apt/sources.list.d/zerotier.list"
KEYRING = "apt/keyrings/zerotier.gpg"


@pytest.fixture
def node(scratch: ScratchNode) -> ScratchNode:
    """One that fetches a key."""
    for name, text in {"apt-get": APT, "curl": CURL, "gpg": GPG}.items():
        scratch.standin(name, text)
    (scratch.folder / "key").write_text("BEGIN PGP AAAA1111\n")
    return scratch


@pytest.fixture
def steps() -> Callable[..., list[Step]]:
    """The key and the source of ZeroTier's mirror, tried once each."""

    def make(url: str = "http://m.example/zt", key: str = "http://m.example/zt.gpg") -> list[Step]:
        family = Debian()
        mirror = PackageMirror.model_validate(
            {"url": url, "suite": "bookworm", "components": ["main"], "key": key}
        )
        repository = family.zerotier(context("node1"), mirror)
        return [replace(step, retries=0) for step in family.repository(repository)]

    return make


Steps = Callable[..., list[Step]]


def test_a_source_is_the_machines_once_it_answered(node: ScratchNode, steps: Steps) -> None:
    (node.folder / "broken").write_text("E: Failed to fetch http://m.example/zt  404  Not Found\n")
    first = node.run(steps())
    assert first.codes == {"zerotier-key": 0, "zerotier-repository": 100}
    assert not (node.etc / SOURCES).exists()
    assert "http://m.example/zt " in (node.folder / "tried").read_text()
    (node.folder / "broken").unlink()
    assert node.run(steps()).hows == {"zerotier-key": "unchanged", "zerotier-repository": "changed"}
    assert (node.etc / SOURCES).read_text() == (node.folder / "tried").read_text()
    assert node.run(steps()).changed == set()


def test_a_mirror_that_breaks_later_leaves_the_source_that_worked(node: ScratchNode, steps: Steps) -> None:
    node.run(steps())
    before = (node.etc / SOURCES).read_text()
    (node.folder / "broken").write_text("E: Failed to fetch\n")
    assert node.run(steps(url="http://other.example/zt")).codes["zerotier-repository"] == 100
    assert (node.etc / SOURCES).read_text() == before


def test_another_key_at_the_same_address_stops_until_a_person_decided(
    node: ScratchNode, steps: Steps
) -> None:
    node.run(steps())
    (node.folder / "broken").write_text(NO_KEY)
    (node.folder / "key").write_text("BEGIN PGP BBBB2222\n")
    stopped = node.run(steps(url="http://m.example/new"))
    assert stopped.codes["zerotier-repository"] == CONFLICT
    assert "The key at http://m.example/zt.gpg was AAAA1111 and is BBBB2222 now." in stopped.output
    assert "remove /etc/apt/keyrings/zerotier.gpg and run again" in stopped.output
    assert "AAAA1111" in (node.etc / KEYRING).read_text()
    (node.etc / KEYRING).unlink()
    (node.folder / "broken").unlink()
    assert node.run(steps(url="http://m.example/new")).hows == {
        "zerotier-key": "changed",
        "zerotier-repository": "changed",
    }
    assert "BBBB2222" in (node.etc / KEYRING).read_text()


def test_a_signature_of_somebody_else_is_no_change_of_the_key(node: ScratchNode, steps: Steps) -> None:
    node.run(steps())
    (node.folder / "broken").write_text(NO_KEY)
    assert node.run(steps(url="http://m.example/new")).codes["zerotier-repository"] == 100


def test_another_key_in_the_cluster_file_is_fetched(node: ScratchNode, steps: Steps) -> None:
    node.run(steps())
    (node.folder / "key").write_text("BEGIN PGP BBBB2222\n")
    assert node.run(steps(key="http://m.example/new.gpg")).hows["zerotier-key"] == "changed"
    assert "BBBB2222" in (node.etc / KEYRING).read_text()
    assert node.run(steps(key="http://m.example/new.gpg")).changed == set()


def test_a_key_that_is_not_there_is_named(node: ScratchNode, steps: Steps) -> None:
    (node.folder / "key").unlink()
    said = node.run(steps()).output
    assert "could not fetch http://m.example/zt.gpg: HTTP status 404, curl exit code 22\n" in said


def test_a_broken_source_of_somebody_else_is_not_in_the_way(node: ScratchNode) -> None:
    text = '[ ! -e "$NODE/lists" ] && case "$*" in *install*) exit 100 ;; esac\n'
    node.standin("apt-get", f'{text}case "$*" in *update*) touch "$NODE/lists"; exit 100 ;; esac\n')
    node.standin("dpkg", "")
    step = Debian().packages("tool", T("Tool"), T("Why."), wanted={"tool": ""})
    node.standin("dpkg-query", '[ -e "$NODE/lists" ] && echo "installed 1.0" || exit 1')
    assert node.run([replace(step, retries=0)]).hows == {"tool": "changed"}
    calls = [call.split("Dpkg::Options::=--force-confold ")[-1] for call in node.calls if "apt-get" in call]
    assert [call.split()[0] for call in calls] == ["install", "update", "install", "install"]
