"""Swap: what is on now, and what would bring it back at the next boot."""

from __future__ import annotations

import re

from zkwizard.facts.fact import Fact, number
from zkwizard.model.facts import Swap

_OCTAL = re.compile(r"\\([0-7]{3})")
_NEVER = frozenset(["masked", "masked-runtime", "not-found", "disabled", "bad"])
"""States in which a unit brings nothing back."""

UNITS_SCRIPT = """\
timeout 5 systemctl list-units --type=swap --all --plain --no-legend --no-pager
echo files
timeout 5 systemctl list-unit-files --no-legend --no-pager 'zram*' 'systemd-zram-setup*' 'dphys-swapfile*'
"""


def parse_active(text: str) -> tuple[Swap, ...]:
    """/proc/swaps: file name (blanks as octal escapes), type, size in KiB, used, priority."""
    found = []
    for line in text.split("\n"):
        parts = line.split()
        if len(parts) >= 4 and parts[0].startswith("/"):
            path = _OCTAL.sub(lambda match: chr(int(match[1], 8)), parts[0])
            found.append(Swap(path, parts[1], number(parts[2]) // 1024))
    return tuple(found)


def parse_fstab(text: str) -> tuple[str, ...]:
    """Lines of fstab(5) whose third field is swap."""
    lines = (line.strip() for line in text.split("\n"))
    return tuple(line for line in lines if not line.startswith("#") and line.split()[2:3] == ["swap"])


def parse_units(text: str) -> tuple[str, ...]:
    """Swap units known to systemd and unit files for zram or a swap file, but those that can't start."""
    units, _, files = text.partition("\nfiles\n") if not text.startswith("files\n") else ("", "", text[6:])
    names = [_unit(line) for line in units.split("\n")] + [_unit(line) for line in files.split("\n")]
    return tuple(dict.fromkeys(name for name in names if name))


def _unit(line: str) -> str:
    """The unit of a list-units or list-unit-files line: a mark may come first, the state comes next."""
    words = [word for word in line.split() if word not in ("●", "*", "○", "×")]
    if len(words) < 2 or "." not in words[0]:
        return ""
    is_swap = words[0].endswith(".swap")
    starts = words[1] not in _NEVER and (is_swap or words[1] in ("enabled", "enabled-runtime", "generated"))
    return words[0] if starts else ""


ACTIVE = Fact("swaps", "cat /proc/swaps", parse_active)
FSTAB = Fact("fstab", "cat /etc/fstab", parse_fstab)
UNITS = Fact("swap-units", UNITS_SCRIPT, parse_units)
