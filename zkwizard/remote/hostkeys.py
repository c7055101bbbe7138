"""The file of known hosts: which key a host showed when it was first trusted.

Lines as OpenSSH writes them (``host type key``, ``[host]:port`` for other ports than 22), so that people can
read and edit the file with the tools they have. asyncssh calls back for a new key and for a changed one
alike; telling them apart is done here, and a changed key is refused, whatever was asked for.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import asyncssh

from zkwizard.model.text import T, Text

_ALGORITHMS = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
)
"""Signatures of host keys that are taken, best first."""


@dataclass(frozen=True)
class Known:
    """One line of the file."""

    key: asyncssh.SSHKey
    number: int
    revoked: bool


class KnownHosts:
    """The file; read again for every question, as people edit it while zkwizard runs."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def of(self, host: str, port: int) -> list[Known]:
        """What is known of a host."""
        try:
            lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return []
        name = _name(host, port)
        found = (_parsed(line, name, number) for number, line in enumerate(lines, 1))
        return [known for known in found if known]

    def remember(self, host: str, port: int, key: asyncssh.SSHKey) -> None:
        """Add a key, once; the file is made for its owner only."""
        if any(known.key == key for known in self.of(host, port)):
            return
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        exported = key.export_public_key("openssh").decode().split()[:2]
        line = " ".join((_name(host, port), *exported)) + "\n"
        descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            file.seek(0, os.SEEK_END)
            if file.tell() and _last_byte(file.fileno(), file.tell()) != b"\n":
                file.write(b"\n")
            file.write(line.encode())


def _last_byte(descriptor: int, size: int) -> bytes:
    return os.pread(descriptor, 1, size - 1)


def _name(host: str, port: int) -> str:
    return host.lower() if port == 22 else f"[{host.lower()}]:{port}"


def _parsed(line: str, name: str, number: int) -> Known | None:
    """The line's key, if it is about ``name``; lines that can't be read are about nobody."""
    fields = line.split()
    revoked = bool(fields) and fields[0] == "@revoked"
    if revoked:
        fields = fields[1:]
    if len(fields) < 3 or name not in fields[0].lower().split(","):
        return None
    try:
        key = asyncssh.import_public_key(" ".join(fields[1:3]))
    except asyncssh.KeyImportError:
        return None
    return Known(key, number, revoked)


class HostKeyCheck:
    """Judges the key that a host shows. ``unknown`` and ``mismatch`` say why a connection failed."""

    def __init__(self, hosts: KnownHosts, host: str, port: int, accept_new: bool) -> None:
        self._hosts = hosts
        self._host = host
        self._port = port
        self._accept_new = accept_new
        self.known = hosts.of(host, port)
        self.unknown: asyncssh.SSHKey | None = None
        self.mismatch: asyncssh.SSHKey | None = None

    @property
    def trusted(self) -> tuple[list[asyncssh.SSHKey], list[asyncssh.SSHKey], list[asyncssh.SSHKey]]:
        """For asyncssh: trusted keys (their types are asked for first), authorities, revoked keys."""
        good = [known.key for known in self.known if not known.revoked]
        return good, [], [known.key for known in self.known if known.revoked]

    @property
    def algorithms(self) -> list[str]:
        """For asyncssh: types that are known of the host first. It would ask for these only, and a host that
        lost that key would fail without a word about it."""
        kinds = [known.key.get_algorithm() for known in self.known if not known.revoked]
        first = [name for name in _ALGORITHMS if name in kinds or ("rsa" in name and "ssh-rsa" in kinds)]
        return [*first, *(name for name in _ALGORITHMS if name not in first)]

    def judge(self, key: asyncssh.SSHKey) -> bool:
        """Whether a key that is not among the trusted is good: is it new, or another than the known one?"""
        if any(not known.revoked for known in self.known):
            self.mismatch = key
            return False
        if self._accept_new:
            self._hosts.remember(self._host, self._port, key)
            return True
        self.unknown = key
        return False

    def refusal(self) -> Text:
        """The changed key in words: what is known, where that is written, and what to do."""
        assert self.mismatch
        known = [entry for entry in self.known if not entry.revoked]
        same = [entry for entry in known if entry.key.algorithm == self.mismatch.algorithm] or known
        return T(
            "the host key of {host} is not the one that is known: the machine was installed anew, or someone "
            "is between you and it.\n"
            "  it shows {shown}\n"
            "  known is {known} ({path}, line {line})\n"
            "Compare with the fingerprint on the provider's console (there: ssh-keygen -lf "
            "/etc/ssh/ssh_host_ed25519_key.pub). If the new key is right, delete that line.",
            host=_name(self._host, self._port),
            shown=self.mismatch.get_fingerprint(),
            known=same[0].key.get_fingerprint(),
            path=str(self._hosts.path),
            line=same[0].number,
        )
