"""Machines in OpenSSH's client configuration (ssh_config(5)), as nodes for the cluster file."""

from __future__ import annotations

import re
import shlex
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_DEEPEST = 8
_KEYS = {
    "hostname": "host", "port": "port", "user": "user", "identityfile": "key", "proxyjump": "jump",
}  # fmt: skip


@dataclass
class _Block:
    """The options that hold for hosts that match ``patterns``."""

    patterns: list[str]
    options: dict[str, str] = field(default_factory=dict)


def machines(path: Path | None = None) -> list[dict[str, Any]]:
    """Every host that is named without a pattern, with what holds for it: the first value counts.

    ``Match`` blocks are passed over, as they depend on the moment. Raises OSError.
    """
    file = path or Path("~/.ssh/config").expanduser()
    blocks = _read(file, file.parent, 0)
    names = [name for block in blocks for name in block.patterns if not re.search(r"[*?!%]", name)]
    return [_machine(name, blocks) for name in dict.fromkeys(names)]


def _read(path: Path, home: Path, depth: int, current: _Block | None = None) -> list[_Block]:
    blocks = [current or _Block(["*"])]
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        words = _words(line)
        if len(words) < 2:
            continue
        keyword, values = words[0].lower(), words[1:]
        if keyword == "host":
            blocks.append(_Block(values))
        elif keyword == "match":
            blocks.append(_Block([]))
        elif keyword == "include" and depth < _DEEPEST:
            for name in values:
                for found in _files(home / Path(name).expanduser()):
                    around = blocks[-1].patterns
                    with suppress(OSError):
                        blocks += _read(found, home, depth + 1, _Block(around))
                        blocks.append(_Block(around))
        elif keyword in _KEYS:
            blocks[-1].options.setdefault(keyword, values[0])
    return blocks


def _files(pattern: Path) -> list[Path]:
    """The files of an Include, whose last part may have wildcards."""
    return sorted(pattern.parent.glob(pattern.name)) if pattern.parent.is_dir() else []


def _words(line: str) -> list[str]:
    line = line.strip()
    if not line or line.startswith("#"):
        return []
    line = re.sub(r"^(\w+)\s*=\s*", r"\1 ", line)
    try:
        return shlex.split(line, comments=True)
    except ValueError:
        return line.split()


def _machine(name: str, blocks: list[_Block]) -> dict[str, Any]:
    found: dict[str, str] = {}
    for block in blocks:
        if _matches(name, block.patterns):
            for key, value in block.options.items():
                found.setdefault(_KEYS[key], value)
    ssh: dict[str, Any] = {"host": found.get("host", name).replace("%h", name)}
    if found.get("port", "22") != "22":
        ssh["port"] = int(found["port"]) if found["port"].isdecimal() else found["port"]
    for key in ("user", "key", "jump"):
        if found.get(key) and found[key].lower() != "none":
            ssh[key] = found[key]
    return {"name": name, "ssh": ssh}


def _matches(name: str, patterns: list[str]) -> bool:
    from fnmatch import fnmatchcase

    hit = any(fnmatchcase(name, pattern) for pattern in patterns if not pattern.startswith("!"))
    return hit and not any(fnmatchcase(name, pattern[1:]) for pattern in patterns if pattern.startswith("!"))
