"""Who can log in on a test node."""

from __future__ import annotations

from dataclasses import dataclass

PASSWORD = "correct horse"
_HASH = (
    "$6$zkwizardtest$OJYvN7Ez0q8BY1fYIXa0T6WQW9c0C/Ac/RNcGK85UkgiCOGG7I5lIXEzJ2jIWX00R9OUtWEBx4WRk8yJmE/PD0"
)

_NOISE = """\
echo "Welcome to this machine"; echo "noise on stderr" >&2
printf 'no newline, and \\036 ready'
"""


@dataclass(frozen=True)
class Account:
    """A user; ``sudoers`` are lines for its sudo, ``profile`` its .bashrc."""

    name: str
    id: int
    shell: str = "/bin/bash"
    sudoers: str = ""
    profile: str = ""


ACCOUNTS = (
    Account("root", 0, profile=_NOISE),
    Account("ann", 2001, sudoers="ann ALL=(ALL) NOPASSWD: ALL", profile=_NOISE),
    Account("bob", 2002, sudoers="bob ALL=(ALL) ALL"),
    Account("eve", 2003),
    Account("tom", 2004, sudoers="Defaults:tom requiretty\ntom ALL=(ALL) NOPASSWD: ALL"),
    Account("cora", 2005, shell="/usr/bin/tcsh", sudoers="cora ALL=(ALL) NOPASSWD: ALL"),
    Account("finn", 2006, shell="/usr/bin/fish", sudoers="finn ALL=(ALL) NOPASSWD: ALL"),
    Account("pty", 2007, sudoers="Defaults:pty use_pty\npty ALL=(ALL) NOPASSWD: ALL"),
)


def passwd() -> str:
    """/etc/passwd."""
    lines = [
        f"{a.name}:x:{a.id}:{a.id}::{'/root' if a.id == 0 else f'/home/{a.name}'}:{a.shell}" for a in ACCOUNTS
    ]
    return "\n".join(
        [*lines, "sshd:x:102:65534::/run/sshd:/usr/sbin/nologin", "nobody:x:65534:65534::/:/bin/false", ""]
    )


def group() -> str:
    """/etc/group."""
    return "".join(f"{a.name}:x:{a.id}:\n" for a in ACCOUNTS) + "nogroup:x:65534:\nsudo:x:27:\nshadow:x:42:\n"


def shadow() -> str:
    """/etc/shadow: everybody has the same password."""
    return "".join(f"{a.name}:{_HASH}:19000:0:99999:7:::\n" for a in ACCOUNTS) + "sshd:*:19000:0:99999:7:::\n"


def sudoers() -> str:
    """/etc/sudoers."""
    head = (
        'Defaults env_reset\nDefaults secure_path="/usr/sbin:/usr/bin:/sbin:/bin"\nroot ALL=(ALL:ALL) ALL\n'
    )
    return head + "".join(f"{a.sudoers}\n" for a in ACCOUNTS if a.sudoers)
