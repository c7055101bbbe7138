"""The lab's network: a namespace with a bridge, the operator's side, and a wire to every machine.

Nothing outside the namespace is ever reached from it, and nothing outside reaches in.
"""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Sequence
from contextlib import suppress

from tests.lab.place import RUNNING

NAME = f"zklab-{hashlib.sha256(str(RUNNING).encode()).hexdigest()[:6]}"
"""Of the namespace, one per lab."""
BRIDGE = "lab0"
OPERATOR = "10.77.0.1"
NEIGHBOURS6 = "fd77::"
OPERATOR6 = f"{NEIGHBOURS6}1"
PROXY_PORT = 8888
SITE_PORT = 80
_TABLE = f"""
table inet lab {{
  set cut {{ type ipv4_addr; }}
  set walled {{ type ipv4_addr; }}
  chain in {{
    type filter hook input priority 0;
    ip saddr @cut drop
    ip saddr @walled tcp dport {SITE_PORT} drop
  }}
  chain out {{
    type filter hook output priority 0;
    ip daddr @cut drop
  }}
}}
"""


def inside(*words: str) -> list[str]:
    """The command that runs `words` in the namespace. (`ip netns exec` would hide the cgroups.)"""
    return ["nsenter", f"--net=/run/netns/{NAME}", *words]


def run(*words: str) -> str:
    """Run a command in the namespace; fails if it does."""
    return subprocess.run(inside(*words), check=True, capture_output=True, text=True).stdout


def make() -> None:
    """The namespace, its bridge, and an nftables table for cut lines."""
    remove()
    subprocess.run(["ip", "netns", "add", NAME], check=True)
    for command in (
        ["ip", "link", "set", "lo", "up"],
        ["ip", "link", "add", BRIDGE, "type", "bridge", "mcast_snooping", "0"],
        ["ip", "addr", "add", f"{OPERATOR}/24", "dev", BRIDGE],
        ["ip", "addr", "add", f"{OPERATOR6}/64", "dev", BRIDGE, "nodad"],
        ["ip", "link", "set", BRIDGE, "up"],
    ):
        run(*command)
    subprocess.run(inside("nft", "-f", "-"), check=True, input=_TABLE, text=True)


def remove() -> None:
    """Take it away, if it is there."""
    subprocess.run(["ip", "netns", "del", NAME], capture_output=True)


def mend(addresses: Sequence[str]) -> None:
    """The lines of these machines are whole, and the package server is open to them."""
    for address in addresses:
        for name in ("cut", "walled"):
            with suppress(subprocess.CalledProcessError):
                run("nft", "delete", "element", "inet", "lab", name, f"{{ {address} }}")


def cut(address: str) -> None:
    """From now on nothing passes between the operator's side and `address`, silently."""
    run("nft", "add", "element", "inet", "lab", "cut", f"{{ {address} }}")


def only_by_proxy(addresses: Sequence[str]) -> None:
    """These machines reach the package server through the proxy and not otherwise."""
    run("nft", "add", "element", "inet", "lab", "walled", f"{{ {', '.join(addresses)} }}")


def unplug(wire: str) -> None:
    """Take a machine's wire out: it reaches nobody, the other machines included."""
    run("ip", "link", "set", wire, "down")


def plug(wire: str) -> None:
    """Put it in again."""
    run("ip", "link", "set", wire, "up")
