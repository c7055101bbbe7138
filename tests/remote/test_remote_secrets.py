"""Secrets: in root-only files and nowhere else."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.remote.conftest import Connect
from tests.remote.operator import Operator, Sink, job, secrets
from tests.sshd.accounts import PASSWORD
from tests.sshd.farm import TestNode

TOKEN = "pl4nted-$(token)'\"\n second line"


async def test_planted_secret_is_nowhere(node: TestNode, connect: Connect, operator: Operator) -> None:
    """Neither in a command line, an environment nor a file but its own, while the job starts and runs."""
    operator.secrets["sudo-password-n1"] = PASSWORD
    seen: set[str] = set()
    async with connect(node, user="bob") as there:
        await there.connect()
        body = 'echo begun; cat "$ZK_SECRETS/token" >"$ZK_HOME/copy"\n'
        body += 'until [ -e "$ZK_HOME/go" ]; do sleep 0.02; done'
        sink = Sink()
        task = asyncio.create_task(there.job(job(body, secrets=secrets({"token": TOKEN})), sink))
        while b"begun" not in sink.log:
            seen |= exposed(node)
            await asyncio.sleep(0)
        seen |= exposed(node)
        home = node.root / "var/lib/zkwizard"
        holding = {path for path in files(home) if b"pl4nted" in path.read_bytes()}
        assert holding <= {home / "runs/r1/prepare/secrets/token", home / "copy"}
        assert all(path.stat().st_mode & 0o777 == 0o600 for path in files(home))
        assert (home / "runs/r1/prepare/secrets").stat().st_mode & 0o777 == 0o700
        assert home.stat().st_mode & 0o777 == 0o700
        node.run("touch /var/lib/zkwizard/go")
        await task
        assert (home / "copy").read_bytes() == TOKEN.encode()
        assert not (home / "runs/r1/prepare/secrets").exists()
        assert b"pl4nted" not in sink.log
    assert seen == set()


async def test_left_secrets_go_at_the_next_contact(node: TestNode, connect: Connect) -> None:
    async with connect(node) as there:
        task = asyncio.create_task(
            there.job(job("echo begun; sleep 48.5", secrets=secrets({"t": "x"})), sink := Sink())
        )
        await sink.until(lambda s: s.log)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        node.run("kill -9 $(pgrep -f 'sleep 48[.]5') $(cut -d' ' -f2 /var/lib/zkwizard/runs/r1/prepare/pid)")
        await there.claim()
        assert "secrets" not in node.run("ls /var/lib/zkwizard/runs/r1/prepare").split()


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def exposed(node: TestNode) -> set[str]:
    """What of the node's processes shows a secret to others."""
    found = set()
    for path in node.processes().values():
        for name in ("cmdline", "environ"):
            try:
                data = (path / name).read_bytes()
            except OSError:
                continue
            if (
                b"pl4nted" in data
                or PASSWORD.encode() in data
                or PASSWORD.replace(" ", "\0").encode() in data
            ):
                found.add(f"{path.name}/{name}")
    return found
