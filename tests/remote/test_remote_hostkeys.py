"""Host keys: new ones are shown and remembered, changed ones always refused."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import pytest

from tests.remote.conftest import Connect
from tests.remote.operator import Operator, fingerprint, network
from tests.sshd.farm import TestNode
from zkwizard.model.errors import HostKeyRejected, Interrupted


async def test_new_key_is_shown_and_remembered(
    node: TestNode, tmp_path: Path, connect: Connect, operator: Operator
) -> None:
    for _ in range(2):
        async with connect(node, accept_new=False) as there:
            await there.connect()
    assert operator.shown == [("n1", f"127.0.0.1:{node.port}", fingerprint(node))]
    file = tmp_path / "known_hosts"
    assert file.stat().st_mode & 0o777 == 0o600
    name, kind, _ = file.read_text().split()
    assert (name, kind) == (f"[127.0.0.1]:{node.port}", "ssh-ed25519")


async def test_ssh_reads_the_file(node: TestNode, tmp_path: Path, connect: Connect) -> None:
    async with connect(node) as there:
        await there.connect()
    options = [
        "-F",
        "none",
        "-o",
        f"UserKnownHostsFile={tmp_path}/known_hosts",
        "-o",
        "StrictHostKeyChecking=yes",
    ]
    command = ["ssh", *options, "-i", str(node.key), "-p", str(node.port), "root@127.0.0.1", "true"]
    assert subprocess.run(command, stdin=subprocess.DEVNULL).returncode == 0


async def test_new_key_not_accepted(
    node: TestNode, tmp_path: Path, connect: Connect, operator: Operator
) -> None:
    operator.accepts = False
    async with connect(node, accept_new=False) as there:
        with pytest.raises(HostKeyRejected, match=r"is new \(SHA256:.*not accepted"):
            await there.connect()
    assert not (tmp_path / "known_hosts").exists()


async def test_nodes_ask_one_after_the_other(
    nodes: list[TestNode], tmp_path: Path, operator: Operator
) -> None:
    net = network(nodes, tmp_path / "known_hosts", operator, accept_new=False)
    await asyncio.gather(*(net.connection(name).connect() for name in ("n1", "n2", "n3")))
    await net.close()
    assert len(operator.shown) == 3


async def test_ctrl_c_ends_all_questions(nodes: list[TestNode], tmp_path: Path, operator: Operator) -> None:
    """Nobody wants to be asked for the other nodes then, nor for the same one again."""
    operator.presses_ctrl_c = True
    net = network(nodes, tmp_path / "known_hosts", operator, accept_new=False)
    names = ("n1", "n2", "n3", "n1", "n2")
    ended = await asyncio.gather(*(net.connection(name).connect() for name in names), return_exceptions=True)
    await net.close()
    assert [type(each) for each in ended] == [Interrupted] * 5
    assert len(operator.shown) == 1


@pytest.mark.parametrize("accept_new", [True, False])
@pytest.mark.parametrize("kind", ["ed25519", "ecdsa"])
async def test_changed_key_is_refused(
    accept_new: bool, kind: str, node: TestNode, tmp_path: Path, connect: Connect, operator: Operator
) -> None:
    other = tmp_path / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "", "-f", other], check=True)
    known = tmp_path / "known_hosts"
    known.write_text(f"# a comment\n[127.0.0.1]:{node.port} {other.with_suffix('.pub').read_text()}")
    before = known.read_bytes()
    async with connect(node, accept_new=accept_new) as there:
        with pytest.raises(HostKeyRejected) as refusal:
            await there.connect()
    assert known.read_bytes() == before
    assert operator.shown == []
    for part in (fingerprint(node), f"{known}, line 2", "delete that line"):
        assert part in str(refusal.value)


async def test_revoked_key(node: TestNode, tmp_path: Path, connect: Connect) -> None:
    public = Path(f"{node.host_key}.pub").read_text()
    (tmp_path / "known_hosts").write_text(f"@revoked [127.0.0.1]:{node.port} {public}")
    async with connect(node) as there:
        with pytest.raises(HostKeyRejected, match="revoked"):
            await there.connect()
