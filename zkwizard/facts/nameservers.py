"""Name servers: those of resolv.conf(5), and behind systemd-resolved's stub the real ones."""

from __future__ import annotations

from ipaddress import ip_address

from zkwizard.facts.fact import Fact


def parse(text: str) -> tuple[str, ...]:
    """Addresses after ``nameserver``, each once; a zone (``fe80::1%eth0``) is cut off."""
    found = []
    for line in text.split("\n"):
        words = line.split()
        if len(words) >= 2 and words[0] == "nameserver":
            found.append(_address(words[1]))
    return tuple(dict.fromkeys(address for address in found if address))


def _address(text: str) -> str:
    try:
        return str(ip_address(text.partition("%")[0]))
    except ValueError:
        return ""


FACT = Fact("nameservers", "cat /etc/resolv.conf /run/systemd/resolve/resolv.conf", parse)
