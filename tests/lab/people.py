"""Accounts as rented servers have them, on one machine of the lab, and what administrators set there."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.lab.machine import Machine
from tests.sshd.packages import unpacked

PASSWORD = "battery staple"
EVIL = "\x1b]0;stolen title\x07\x1b[2J"
"""What would set the title of the operator's terminal and clear its screen."""
NOISE = r"""echo "Welcome to this machine"; echo "noise on the other stream" >&2
printf '\033]0;stolen title\007\033[2Jno line end, and \036 ready'
"""


@dataclass(frozen=True)
class Account:
    """A user with everybody's password and, with ``key``, the lab's key; ``rules`` are sudo's for him."""

    name: str
    rules: str = ""
    shell: str = "/bin/bash"
    key: bool = True
    profile: str = ""
    """The beginning of his .bashrc."""


ACCOUNTS = (
    Account("ann", "ann ALL=(ALL) NOPASSWD: ALL", profile=NOISE),
    Account("bob", "bob ALL=(ALL) ALL"),
    Account("dora", "dora ALL=(ALL) ALL", key=False),
    Account("eve"),
    Account("finn", "finn ALL=(ALL) NOPASSWD: ALL", shell="/usr/bin/fish"),
    Account("cora", "cora ALL=(ALL) NOPASSWD: ALL", shell="/usr/bin/tcsh"),
    Account("tom", "Defaults:tom requiretty\ntom ALL=(ALL) NOPASSWD: ALL"),
)


def move_in(machine: Machine) -> None:
    """Make all accounts; cora's shell is for `bring_tcsh`."""
    machine.write("/etc/sudoers.d/lab", "".join(f"{a.rules}\n" for a in ACCOUNTS if a.rules), 0o440)
    lines = ["set -e"]
    for account in ACCOUNTS:
        home = f"/home/{account.name}"
        lines.append(f"useradd --create-home --shell {account.shell} {account.name}")
        if account.key:
            lines.append(f"install -D -m 600 /root/.ssh/authorized_keys {home}/.ssh/authorized_keys")
        if account.profile:
            lines += [
                f"printf %s {shlex.quote(account.profile)} | cat - {home}/.bashrc >{home}/new",
                f"mv {home}/new {home}/.bashrc",
            ]
        lines.append(f"chown -R {account.name}: {home}")
    everybody = "".join(f"{account.name}:{PASSWORD}\n" for account in ACCOUNTS)
    lines.append(f"printf %s {shlex.quote(everybody)} | chpasswd")
    machine.run("\n".join(lines))


def bring_tcsh(machine: Machine) -> None:
    """tcsh, which the image lacks: it is fetched with the test nodes' sshd. Raises Unavailable."""
    shutil.copy(unpacked() / "usr/bin/tcsh", machine.root / "usr/bin/tcsh")


def locked_key(key: Path, folder: Path) -> Path:
    """A copy of a key behind a passphrase."""
    copy = folder / "locked"
    shutil.copy(key, copy)
    subprocess.run(["ssh-keygen", "-q", "-p", "-N", PASSWORD, "-f", copy], check=True)
    return copy


@contextmanager
def sshd(machine: Machine, *lines: str) -> Iterator[None]:
    """sshd with other settings, which come before its own."""
    machine.write("/etc/ssh/sshd_config.d/case.conf", "".join(f"{line}\n" for line in lines))
    _restart_sshd(machine)
    try:
        yield
    finally:
        machine.run("rm /etc/ssh/sshd_config.d/case.conf")
        _restart_sshd(machine)


@contextmanager
def other_host_keys(machine: Machine) -> Iterator[None]:
    """The machine as if it had been installed anew."""
    machine.run("mkdir /root/keys && mv /etc/ssh/ssh_host_* /root/keys && ssh-keygen -A")
    _restart_sshd(machine)
    try:
        yield
    finally:
        machine.run("rm /etc/ssh/ssh_host_* && mv /root/keys/* /etc/ssh && rmdir /root/keys")
        _restart_sshd(machine)


@contextmanager
def changed(machine: Machine, do: str, undo: str) -> Iterator[None]:
    """A setting for as long as a case takes."""
    machine.run(do)
    try:
        yield
    finally:
        machine.run(undo)


def _restart_sshd(machine: Machine) -> None:
    """Restarted, as a reload is over before it listens again."""
    machine.run("systemctl reset-failed ssh && systemctl restart ssh")


def said_by(machine: Machine, program: str, words: str) -> int:
    """How often a program said these words in the journal so far."""
    return machine.run(f"journalctl --quiet --no-pager _COMM={program} || :").count(words)
