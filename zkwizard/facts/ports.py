"""Which ports are taken, and by which process, from ``ss``."""

from __future__ import annotations

import re

from zkwizard.facts.fact import Fact

_PROCESS = re.compile(r'users:\(\("([^"]*)"')


def parse(text: str) -> dict[str, str]:
    """``tcp/6443`` → process name; the kernel's own sockets (vxlan's 8472) have none.

    Names are the kernel's, cut at 15 characters: kube-controller-manager reads ``kube-controller``.
    """
    found: dict[str, str] = {}
    for line in text.split("\n"):
        words = line.split()
        if len(words) < 5 or words[0] not in ("tcp", "udp"):
            continue
        port = words[4].rpartition(":")[2]
        if not port.isascii() or not port.isdigit():
            continue
        process = _PROCESS.search(line)
        key = f"{words[0]}/{port}"
        found[key] = found.get(key) or (process[1] if process else "")
    return found


FACT = Fact("listening", "timeout 5 ss -Hlntup", parse)
