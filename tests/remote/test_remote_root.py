"""Becoming root, and login shells of all kinds."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import pytest

from tests.remote.conftest import Connect
from tests.remote.operator import Operator, Sink, end, job, secrets
from tests.sshd.accounts import PASSWORD
from tests.sshd.farm import TestNode
from zkwizard.model.errors import ConnectionFailed
from zkwizard.model.ports import End, JobEnd, StopMode


@pytest.mark.parametrize("user", ["root", "ann", "bob", "cora", "finn", "pty"])
async def test_script_and_job(user: str, node: TestNode, connect: Connect, operator: Operator) -> None:
    """Noisy .bashrc (root, ann), sudo with a password (bob), csh, fish, sudo with its own terminal (pty)."""
    operator.secrets["sudo-password-n1"] = PASSWORD
    async with connect(node, user=user) as there:
        done = await there.script("id -u; cat; printf '%s' \"$0\"")
        assert done.stdout.startswith(b"0\n")
        assert (done.stderr, done.status) == (b"", 0)
        sink = Sink()
        await there.job(job("id -u; echo $HOME; cat"), sink)
        assert bytes(sink.log) == b"0\n/root\n" + end()
    assert operator.asked == (["sudo-password-n1"] if user == "bob" else [])


async def test_ssh_password_is_tried_for_sudo(node: TestNode, connect: Connect, operator: Operator) -> None:
    operator.secrets["ssh-password-n1"] = PASSWORD
    async with connect(node, user="bob", key="") as there:
        await there.connect()
    assert operator.asked == ["ssh-password-n1"]


async def test_wrong_sudo_password_then_the_right_one(
    node: TestNode, connect: Connect, operator: Operator
) -> None:
    operator.secrets["sudo-password-n1"] = "wrong"
    async with connect(node, user="bob") as there:
        with pytest.raises(ConnectionFailed, match="sudo password of bob is wrong"):
            await there.connect()
        operator.secrets["sudo-password-n1"] = PASSWORD
        await there.connect()
    assert operator.asked == ["sudo-password-n1"] * 3


async def test_a_person_may_try_the_sudo_password_again(
    node: TestNode, connect: Connect, operator: Operator
) -> None:
    operator.typed["sudo-password-n1"] = ["wrong", "wrong again", PASSWORD]
    async with connect(node, user="bob") as there:
        done = await asyncio.gather(*(there.script("id -u") for _ in range(4)))
    assert [one.stdout for one in done] == [b"0\n"] * 4
    assert operator.asked == ["sudo-password-n1"] * 3


async def test_sudo_ends_after_three_wrong_passwords(
    node: TestNode, connect: Connect, operator: Operator
) -> None:
    operator.typed["sudo-password-n1"] = ["wrong", "wrong again", "and again", "never asked for"]
    async with connect(node, user="bob") as there:
        with pytest.raises(ConnectionFailed, match="sudo password of bob is wrong"):
            await there.connect()
    assert operator.asked == ["sudo-password-n1"] * 3


async def test_sudo_password_and_nobody_to_ask(node: TestNode, connect: Connect) -> None:
    async with connect(node, user="bob") as there:
        with pytest.raises(ConnectionFailed, match="sudo asks bob for a password and nobody"):
            await there.connect()


@pytest.mark.parametrize(
    ("user", "words"), [("eve", "eve may not use sudo"), ("tom", "insists on a terminal: remove requiretty")]
)
async def test_refused_by_sudo(
    user: str, words: str, node: TestNode, connect: Connect, operator: Operator
) -> None:
    operator.secrets["sudo-password-n1"] = PASSWORD
    async with connect(node, user=user) as there:
        with pytest.raises(ConnectionFailed, match=words):
            await there.connect()


@pytest.mark.parametrize(
    ("shell", "words"),
    [
        ("/usr/sbin/nologin", "This account is currently not available"),
        ("/bin/echo Please login as debian", "Please login as debian.*ssh.user in cluster.yaml"),
    ],
)
@pytest.mark.parametrize("user", ["root", "ann"])
async def test_an_account_without_a_shell(
    user: str, shell: str, words: str, special: Callable[..., TestNode], connect: Connect
) -> None:
    node = special(more=f"Match User {user}\nForceCommand {shell}\n")
    async with connect(node, user=user) as there:
        with pytest.raises(ConnectionFailed, match=words):
            await there.script("id")
        with pytest.raises(ConnectionFailed, match=words):
            await there.job(job("id"), Sink())


@pytest.mark.parametrize("user", ["root", "ann"])
async def test_a_login_shell_that_waits(
    user: str, special: Callable[..., TestNode], connect: Connect
) -> None:
    node = special(more=f"Match User {user}\nForceCommand echo menu; sleep 60\n")
    async with connect(node, user=user) as there:
        with pytest.raises(ConnectionFailed, match=r"no shell of root within .* It said: .*menu"):
            await there.script("id", limit=8)


async def test_sudo_that_waits_for_a_name_server(special: Callable[..., TestNode], connect: Connect) -> None:
    """It looks up the machine's own name, which /etc/hosts should have."""
    node = special()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.77.0.53", 53))
        node.run("echo 'nameserver 127.77.0.53' >/etc/resolv.conf; echo '127.0.0.1 localhost' >/etc/hosts")
        async with connect(node, user="ann") as there:
            with pytest.raises(ConnectionFailed, match=r"sudo does not answer within 8 s.*/etc/hosts"):
                await there.connect()


async def test_no_sudo(special: Callable[..., TestNode], connect: Connect) -> None:
    async with connect(special(sudo=False), user="ann") as there:
        with pytest.raises(ConnectionFailed, match=r"no sudo for ann.*su is not supported"):
            await there.connect()


async def test_busybox(special: Callable[..., TestNode], connect: Connect) -> None:
    """Ash, and tail without --pid: a job is followed to its last byte all the same, later."""
    async with connect(special(busybox=True), user="ann") as there:
        assert b"BusyBox" in (await there.script("sh --help 2>&1")).stdout
        sink = Sink()
        body = "i=0; while [ $i -lt 50 ]; do i=$((i+1)); echo $i; sleep 0.02; done"
        assert await there.job(job(body, secrets=secrets({"a": "b" * 9999})), sink) == JobEnd(End.ENDED, 0)
        assert bytes(sink.log) == b"".join(b"%d\n" % n for n in range(1, 51)) + end()
        sink = Sink()
        task = asyncio.create_task(there.job(job("echo begun; sleep 49.5", phase="next"), sink))
        await sink.until(lambda s: s.log)
        assert await there.stop("r1", StopMode.NOW) == ""
        assert await task == JobEnd(End.GONE, None)
