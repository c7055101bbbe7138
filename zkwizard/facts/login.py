"""Who logged in, before any sudo, and where that person's home is: the kubeconfig goes there too."""

from __future__ import annotations

from dataclasses import dataclass

from zkwizard.facts.fact import Fact, first_line


@dataclass(frozen=True)
class Login:
    """The login and its home directory."""

    user: str = ""
    home: str = ""


SCRIPT = """\
u=${SUDO_USER:-${DOAS_USER:-$(id -un)}}
getent passwd "$u" || grep "^$u:" /etc/passwd
"""


def parse(text: str) -> Login:
    """A line of passwd(5)."""
    parts = first_line(text).split(":")
    if len(parts) != 7 or not parts[0] or not parts[5].startswith("/"):
        return Login()
    return Login(parts[0], parts[5])


FACT = Fact("login", SCRIPT, parse)
