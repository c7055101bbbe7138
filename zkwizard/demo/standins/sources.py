"""apt's sources: which repositories are configured, with which key, behind which proxy."""

from __future__ import annotations

import os
import re
import socket

from . import state


class Source:
    """One configured repository."""

    def __init__(self, uri: str, suite: str, components: list[str], key: str | None) -> None:
        self.uri = uri.rstrip("/")
        self.suite = suite
        self.components = components
        self.key = key

    @property
    def label(self) -> str:
        """As apt prints it."""
        return f"{self.uri}{'' if self.suite.startswith('/') else ' '}{self.suite.replace('/', '  ') if self.suite == '/' else self.suite}"


def configured(file: str = "/etc/apt/sources.list", folder: str = "/etc/apt/sources.list.d") -> list[Source]:
    """All repositories of sources.list and sources.list.d, or of what `Dir::Etc` names in their place."""
    found = _one_line(state.load(file))
    if os.path.isdir(state.at(folder)):
        for name in sorted(os.listdir(state.at(folder))):
            text = state.load(f"{folder}/{name}")
            found += (
                _one_line(text)
                if name.endswith(".list")
                else _deb822(text)
                if name.endswith(".sources")
                else []
            )
    return found


def _one_line(text: str) -> list[Source]:
    found = []
    for line in text.splitlines():
        match = re.match(r"deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*(.*)", line.strip())
        if match:
            options = dict(o.partition("=")[::2] for o in (match[1] or "").split())
            found.append(Source(match[2], match[3], match[4].split(), options.get("signed-by")))
    return found


def _deb822(text: str) -> list[Source]:
    found = []
    for stanza in re.split(r"\n\s*\n", text):
        fields: dict[str, str] = {}
        for line in stanza.splitlines():
            if line[:1] not in ("#", " ", "\t") and ":" in line:
                key, _, value = line.partition(":")
                fields[key.strip().lower()] = value.strip()
        if fields.get("enabled", "yes").lower() in ("no", "false"):
            continue
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                found.append(
                    Source(uri, suite, fields.get("components", "").split(), fields.get("signed-by"))
                )
    return found


def proxy_for(uri: str) -> str | None:
    """The proxy that apt's configuration names for `uri`, None if it goes direct."""
    settings: dict[str, str] = {}
    folder = "/etc/apt/apt.conf.d"
    names = sorted(os.listdir(state.at(folder))) if os.path.isdir(state.at(folder)) else []
    for text in [state.load("/etc/apt/apt.conf"), *(state.load(f"{folder}/{n}") for n in names)]:
        for key, value in re.findall(r'^\s*(Acquire::\S+)\s+"([^"]*)"\s*;', text, re.M):
            settings[key.lower()] = value
    scheme, _, rest = uri.partition("://")
    host = rest.partition("/")[0]
    chosen = settings.get(f"acquire::{scheme}::proxy::{host}") or settings.get(f"acquire::{scheme}::proxy")
    return None if not chosen or chosen.upper() == "DIRECT" else chosen


def proxy_fault(proxy: str) -> str | None:
    """Connect to the proxy for real: None if it answers, else apt's words."""
    match = re.match(r"(?:\w+://)?(?:[^@/]*@)?([^:/]+)(?::(\d+))?", proxy)
    if match is None:
        return f"Unsupported proxy configured: {proxy}"
    host, port = match[1], int(match[2] or 80)
    try:
        socket.create_connection((host, port), 5).close()
    except socket.gaierror:
        return f"Temporary failure resolving '{host}'"
    except TimeoutError:
        return f"Could not connect to {host}:{port} ({host}), connection timed out"
    except OSError as error:
        return f"Could not connect to {host}:{port} ({host}). - connect ({error.errno}: {error.strerror})"
    return None
