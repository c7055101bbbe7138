"""Logging in: keys, passphrases, the agent, passwords, jump hosts; and what is said when it fails."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.remote.conftest import Connect
from tests.remote.operator import Operator, network
from tests.sshd.accounts import PASSWORD
from tests.sshd.agent import agent
from tests.sshd.farm import TestNode
from zkwizard.model.errors import ConnectionFailed

ROOT = b"uid=0(root)"


@pytest.fixture
def locked(node: TestNode, tmp_path: Path) -> Path:
    """The node's key, with a passphrase."""
    path = tmp_path / "locked"
    shutil.copy(node.key, path)
    subprocess.run(["ssh-keygen", "-q", "-p", "-N", "open sesame", "-f", path], check=True)
    return path


@pytest.fixture
def with_agent(
    node: TestNode, connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """An agent that holds the node's key."""
    with agent(tmp_path, node.key) as socket:
        monkeypatch.setenv("SSH_AUTH_SOCK", socket)
        yield


def test_importing_remote_does_not_load_asyncssh() -> None:
    text = "import sys, zkwizard.remote; sys.exit('asyncssh' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", text]).returncode == 0


async def test_key(node: TestNode, connect: Connect) -> None:
    async with connect(node) as there:
        await there.connect()
        done = await there.script("id; echo words >&2; exit 3")
        assert (done.stdout[: len(ROOT)], done.stderr, done.status) == (ROOT, b"words\n", 3)
        assert 0 < done.started <= done.ended


async def test_key_with_passphrase_is_asked_for_once(
    nodes: list[TestNode], locked: Path, tmp_path: Path, operator: Operator
) -> None:
    operator.secrets["ssh-passphrase-locked"] = "open sesame"
    net = network(nodes, tmp_path / "known_hosts", operator, key=str(locked))
    await asyncio.gather(*(net.connection(name).connect() for name in ("n1", "n2", "n3")))
    await net.close()
    assert operator.asked == ["ssh-passphrase-locked"]


async def test_wrong_passphrase(node: TestNode, locked: Path, connect: Connect, operator: Operator) -> None:
    operator.secrets["ssh-passphrase-locked"] = "wrong"
    async with connect(node, key=str(locked)) as there:
        with pytest.raises(ConnectionFailed, match="passphrase does not open"):
            await there.connect()


async def test_a_person_may_try_the_passphrase_again(
    node: TestNode, locked: Path, connect: Connect, operator: Operator
) -> None:
    operator.typed["ssh-passphrase-locked"] = ["wrong", "wrong again", "open sesame"]
    async with connect(node, key=str(locked)) as there:
        await there.connect()
    assert operator.asked == ["ssh-passphrase-locked"] * 3


async def test_passphrase_without_a_person(node: TestNode, locked: Path, connect: Connect) -> None:
    async with connect(node, key=str(locked)) as there:
        with pytest.raises(ConnectionFailed, match="nobody can be asked"):
            await there.connect()


async def test_agent_before_the_passphrase(
    node: TestNode, locked: Path, with_agent: None, connect: Connect, operator: Operator
) -> None:
    async with connect(node, key=str(locked)) as there:
        await there.connect()
    assert operator.asked == []


@pytest.mark.parametrize("name", ["id_ed25519", "id_rsa"])
async def test_usual_key_files(name: str, node: TestNode, tmp_path: Path, connect: Connect) -> None:
    (tmp_path / ".ssh").mkdir()
    shutil.copy(node.key, tmp_path / ".ssh" / name)
    async with connect(node, key="") as there:
        await there.connect()


async def test_tilde_in_the_key(node: TestNode, tmp_path: Path, connect: Connect) -> None:
    shutil.copy(node.key, tmp_path / "mine")
    async with connect(node, key="~/mine") as there:
        await there.connect()


async def test_missing_and_broken_key(node: TestNode, tmp_path: Path, connect: Connect) -> None:
    async with connect(node, key="~/nowhere") as there:
        with pytest.raises(ConnectionFailed, match="no key file ~/nowhere"):
            await there.connect()
    (tmp_path / "broken").write_text("not a key")
    async with connect(node, key="~/broken") as there:
        with pytest.raises(ConnectionFailed, match="can't be read"):
            await there.connect()


async def test_password_when_there_is_no_key(node: TestNode, connect: Connect, operator: Operator) -> None:
    operator.secrets["ssh-password-n1"] = PASSWORD
    async with connect(node, key="") as there:
        await there.connect()
    assert operator.asked == ["ssh-password-n1"]


async def test_password_by_keyboard_interactive(
    special: Callable[..., TestNode], connect: Connect, operator: Operator
) -> None:
    operator.secrets["ssh-password-n1"] = PASSWORD
    async with connect(special(password=False, kbdint=True), key="") as there:
        await there.connect()


async def test_wrong_password(node: TestNode, connect: Connect, operator: Operator) -> None:
    operator.secrets["ssh-password-n1"] = "wrong"
    async with connect(node, key="") as there:
        with pytest.raises(ConnectionFailed, match=r"and a password.*ssh-copy-id"):
            await there.connect()
        operator.secrets["ssh-password-n1"] = PASSWORD
        await there.connect()


async def test_a_person_may_try_the_password_again(
    node: TestNode, connect: Connect, operator: Operator
) -> None:
    operator.typed["ssh-password-n1"] = ["wrong", "wrong again", PASSWORD]
    async with connect(node, key="") as there:
        await there.connect()
    assert operator.asked == ["ssh-password-n1"] * 3


async def test_a_wrong_password_is_given_once(
    special: Callable[..., TestNode], connect: Connect, operator: Operator
) -> None:
    """Servers count wrong ones and lock who has too many; the environment has no other."""
    node = special(more="Match all\nLogLevel INFO\n")
    operator.secrets["ssh-password-n1"] = "wrong"
    async with connect(node, key="") as there:
        for _ in range(3):
            with pytest.raises(ConnectionFailed, match="and a password"):
                await there.connect()
    assert (node.folder / "sshd.log").read_text().count("Failed password") == 1


async def test_password_is_not_asked_for_in_vain(
    special: Callable[..., TestNode], connect: Connect, operator: Operator
) -> None:
    async with connect(special(password=False), key="") as there:
        with pytest.raises(ConnectionFailed, match="no key"):
            await there.connect()
    assert operator.asked == []


async def test_jump_hosts_are_shared(nodes: list[TestNode], tmp_path: Path, operator: Operator) -> None:
    jump = f"root@127.0.0.1:{nodes[1].port},127.0.0.1:{nodes[2].port}"
    net = network([nodes[0], nodes[0]], tmp_path / "known_hosts", operator, jump=jump)
    done = await asyncio.gather(*(net.connection(name).script("id") for name in ("n1", "n2")))
    assert all(one.stdout.startswith(ROOT) for one in done)
    for bastion in nodes[1:]:
        sessions = [line for line in bastion.commands() if line.startswith("sshd: root")]
        assert len(sessions) == 1, sessions
    await net.close()
    assert len((tmp_path / "known_hosts").read_text().splitlines()) == 3


async def test_unreachable_behind_a_jump_host(
    nodes: list[TestNode], tmp_path: Path, operator: Operator
) -> None:
    net = network(
        [nodes[0]], tmp_path / "known_hosts", operator, ports=[1], jump=f"127.0.0.1:{nodes[1].port}"
    )
    with pytest.raises(ConnectionFailed, match="n1: the jump host can't reach"):
        await net.connection("n1").connect()
    await net.close()


async def _mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server that takes the connection and says nothing."""
    await asyncio.Event().wait()


async def test_closed_port_and_mute_server(node: TestNode, connect: Connect) -> None:
    async with connect(node, ports=[1]) as there:
        with pytest.raises(ConnectionFailed, match="refuses the connection"):
            await there.connect()
    mute = await asyncio.start_server(_mute, "127.0.0.1", 0)
    async with connect(node, ports=[mute.sockets[0].getsockname()[1]]) as there:
        with pytest.raises(ConnectionFailed, match="does not answer within 5 s"):
            await there.connect()
    mute.close()
