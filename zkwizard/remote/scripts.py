"""The shell texts that run on nodes (the .sh files of this folder), and how they are sent.

What is executed is one constant that every login shell understands, also csh and fish; everything else comes
over standard input as ``<bytes>\\n<script>``. So nothing is ever in an argument list, and a message has no
limit in size (an argument has: 128 kB).
"""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

READER = """exec sh -c 'IFS= read -r n && eval "$(dd bs="$n" count=1 iflag=fullblock 2>/dev/null)"'"""
"""The command of every session. Only quoting that sh, csh and fish read alike; and dd, because busybox's
``head -c`` takes more from a pipe than it prints."""

_WORTH = 60
"""Characters from which a paragraph is worth a name."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@cache
def _text(name: str) -> str:
    return (files("zkwizard.remote") / f"{name}.sh").read_text(encoding="utf-8")


def script(*names: str, **given: str | int) -> str:
    """The named texts one after the other, after assignments of what is ``given``."""
    assignments = "".join(f"{name}={shlex.quote(str(value))}\n" for name, value in given.items())
    return assignments + "".join(_text(name) for name in names)


def message(text: str) -> bytes:
    """What goes over standard input: one compound command, so that nothing is done of one that is cut off."""
    data = f"{{\n{text}\n}}\n".encode()
    return f"{len(data)}\n".encode() + data


def sharing(texts: Sequence[str]) -> tuple[str, list[str]]:
    """Assignments, and for each of the texts a word that gives it after them.

    Programs are alike for the most part, as each brings its functions along. What several have in common goes
    over the line once: a paragraph, with the empty line behind it.
    """
    parts = [re.split(r"(?<=\n\n)", text) for text in texts]
    seen = Counter(part for each in parts for part in set(each) if len(part) > _WORTH)
    names = {part: f"shared_{number}" for number, (part, count) in enumerate(seen.items()) if count > 1}
    words = [
        "".join(f'"${names[part]}"' if part in names else shlex.quote(part) for part in each)
        for each in parts
    ]
    return script(**{name: part for part, name in names.items()}), words


def file_name(value: str) -> str:
    """``value``, if it can be a file's name on a node; raises ValueError."""
    if not _NAME.fullmatch(value):
        raise ValueError(f"not usable as a file name: {value!r}")
    return value


def one_line(value: str) -> str:
    """``value`` without line breaks and control characters, for a record of lines."""
    return "".join(c for c in value if c.isprintable())
