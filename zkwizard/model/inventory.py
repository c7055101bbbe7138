"""New nodes from little: what is missing is proposed, pasted lines are understood.

A node here is plain data as the cluster file has it, not yet judged by anybody.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network
from itertools import count
from typing import Any

from zkwizard.model import providers, syntax

Entry = dict[str, Any]

_ROLES = {
    "control-plane": "control-plane", "controlplane": "control-plane", "master": "control-plane",
    "server": "control-plane", "worker": "worker", "agent": "worker", "node": "worker",
}  # fmt: skip
_NAMED = {
    "ansible_host": "host", "host": "host", "hostname": "host", "ssh": "host",
    "ansible_user": "user", "user": "user", "ansible_port": "port", "port": "port",
    "ansible_ssh_private_key_file": "key", "key": "key", "jump": "jump",
    "role": "role", "provider": "provider", "region": "region", "spec": "spec",
    "overlay_ip": "overlay_ip", "overlay": "overlay_ip", "zt": "overlay_ip", "zerotier": "overlay_ip",
}  # fmt: skip
_LOGIN = ("host", "port", "user", "key", "jump")


def complete(
    entry: Mapping[str, Any], others: Iterable[Mapping[str, Any]], cidr: IPv4Network | None
) -> Entry:
    """``entry`` with a free name, a role and a free overlay address where it has none.

    The first node of all is proposed as the control plane. What can be there only once (a name, an overlay
    address, the control plane) gives way to what is there already.
    """
    known = list(others)
    made = dict(entry)
    names = {str(other.get("name", "")) for other in known}
    if not made.get("name") or made["name"] in names:
        made["name"] = free_name(str(made.get("name") or "node"), names)
    led = any(other.get("role") == "control-plane" for other in known)
    if not made.get("role") or led:
        made["role"] = "worker" if led else "control-plane"
    taken = {str(other.get("overlay_ip", "")) for other in known}
    if str(made.get("overlay_ip") or "") in taken | {""}:
        made["overlay_ip"] = free_address(cidr, taken)
    made.setdefault("ssh", {})
    order = ("name", "role", "provider", "region", "spec", "ssh", "overlay_ip")
    first = {key: made[key] for key in order if made.get(key) not in (None, "")}
    return first | {key: value for key, value in made.items() if key not in order}


def free_name(wish: str, taken: Collection[str]) -> str:
    """``wish``, or the same with a number that nobody has."""
    stem = re.sub(r"[^a-z0-9-]+", "-", wish.lower()).strip("-")[:50] or "node"
    if stem != "node" and stem not in taken:
        return stem
    stem = re.sub(r"-?[0-9]+$", "", stem) or "node"
    return next(name for n in count(1) if (name := f"{stem}{n}") not in taken)


def free_address(cidr: IPv4Network | None, taken: Collection[str]) -> str:
    """The lowest address of the overlay that nobody has, or empty when there is none."""
    if cidr is None or not 8 <= cidr.prefixlen <= 30:
        return ""
    return next((str(host) for host in cidr.hosts() if str(host) not in taken), "")


def from_lines(text: str, cidr: IPv4Network | None = None) -> tuple[list[Entry], list[tuple[int, str]]]:
    """The nodes in pasted lines, and the lines (by number) that name no machine.

    Understood are ``name login``, ``user@host:port``, lines of /etc/hosts, of an Ansible inventory
    (``ansible_host=…``), of a table with tabs, commas or bars; the order of the words does not matter.
    """
    entries: list[Entry] = []
    left: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        words = re.split(r"[\s,;|]+", line.partition("#")[0].strip(" |"))
        if words == [""] or words[0].startswith(("[", "---")):
            continue
        entry = _entry(words, cidr)
        if entry:
            entries.append(entry)
        else:
            left.append((number, line.strip()))
    return entries, left


def _entry(words: list[str], cidr: IPv4Network | None) -> Entry:
    found: dict[str, str] = {}
    plain: list[str] = []
    for word in words:
        key, equals, value = word.partition("=")
        if equals and key.lower() in _NAMED:
            found[_NAMED[key.lower()]] = value.strip("'\"")
        elif word.lower() in _ROLES and "role" not in found and (plain or found):
            found["role"] = _ROLES[word.lower()]
        elif not _login(word, found, cidr):
            plain.append(word)
    return _made(found, plain)


def _login(word: str, found: dict[str, str], cidr: IPv4Network | None) -> bool:
    """Whether a word is an address or a login; ``found`` learns of it."""
    word = word.removeprefix("ssh://")
    user, at, rest = word.rpartition("@")
    host, colon, port = rest.partition(":")
    if _address(host) and not at and not colon and cidr and IPv4Address(host) in cidr:
        found.setdefault("overlay_ip", host)
        return True
    good = syntax.is_host(host) and ("." in host or at or colon) and not re.fullmatch(r"[0-9]+", host)
    if not good or "host" in found or (colon and not syntax.is_port(port)):
        return False
    found["host"] = host
    if at:
        found["user"] = user
    if colon:
        found["port"] = port
    return True


def _made(found: dict[str, str], plain: list[str]) -> Entry:
    if "host" not in found and "overlay_ip" in found:
        found["host"] = found.pop("overlay_ip")
    if "host" not in found:
        return {}
    entry: Entry = {}
    for word in list(plain):
        known = providers.find(word)
        if known and "provider" not in found:
            found["provider"] = known.id
            plain.remove(word)
        elif re.fullmatch(r"[0-9]+[cC][0-9]+[gG]", word):
            found.setdefault("spec", word)
            plain.remove(word)
        elif syntax.is_port(word) and "port" not in found:
            found["port"] = word
            plain.remove(word)
    if plain:
        entry["name"] = free_name(plain.pop(0), ())
    if plain and "region" not in found:
        found["region"] = " ".join(plain)
    entry |= {key: value for key, value in found.items() if key not in _LOGIN and value}
    entry["ssh"] = {
        key: int(found[key]) if key == "port" and found[key].isdecimal() else found[key]
        for key in _LOGIN
        if found.get(key)
    }
    return entry


def _address(text: str) -> bool:
    try:
        return IPv4Address(text) is not None
    except ValueError:
        return False
