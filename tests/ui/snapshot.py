"""A screen as text and styles, compared with the file that was looked at and kept.

`make snapshots` writes them anew; the difference is then read like that of any other file. Each file has the
screen's lines, and below them the styles of each line, cell by cell: ``a12b3`` is twelve cells in style a and
three in style b.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from difflib import unified_diff
from itertools import groupby
from pathlib import Path
from string import ascii_letters, punctuation

from rich.cells import cell_len
from rich.style import Style

from tests.ui.look import Seen

NOW = 1_795_381_200.0
"""Where the clock stands, in seconds since the epoch: 2026-11-22 21:00 UTC."""
FOLDER = Path(__file__).parent / "snapshots"
_SIGNS = ascii_letters + punctuation
_CHANGING: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<=asked at )\d\d:\d\d:\d\d|(?<=查詢於 )\d\d:\d\d:\d\d"), "21:00:00"),
    (re.compile(r"/tmp/zk-\w{8}|(?<=…)[\w/-]{1,16}(?=/(?:state|home|desk)/)"), "/home/ada/places"),
    (re.compile(r"\b\d{3},\d{3}\b(?= bytes|$)"), "600,000"),
)
"""What is another one each time, or with every word of a program; what stands for it is cut to its width."""


def picture(seen: Seen) -> str:
    """The screen on top, with what shines through it."""
    names: dict[str, str] = {}
    lines, styles = [], []
    for strip in seen.strips:
        signs = "".join(_sign(segment.style, names) * cell_len(segment.text) for segment in strip)
        lines.append(_steady("".join(segment.text for segment in strip)).rstrip())
        styles.append(" ".join(f"{sign}{len(list(cells))}" for sign, cells in groupby(signs)))
    legend = [f"{sign} {style}" for style, sign in names.items()]
    return "\n".join([*lines, "-- styles", *styles, "-- legend", *legend, ""])


def unchanged(seen: Seen, name: str) -> None:
    """Fails where the screen is not what was kept under this name and its size."""
    size = seen.app.size
    path = FOLDER / f"{name}-{size.width}x{size.height}.txt"
    now = picture(seen)
    if os.environ.get("ZKWIZARD_SNAPSHOTS") == "write":
        FOLDER.mkdir(exist_ok=True)
        path.write_text(now)
        return
    assert path.exists(), f"{path.name} is missing; make snapshots writes it"
    kept = path.read_text()
    assert now == kept, "\n".join(
        [path.name, *unified_diff(kept.splitlines(), now.splitlines(), lineterm="")]
    )


def _sign(style: Style | None, names: dict[str, str]) -> str:
    shown = re.sub(r" ?link \S+", "", str(style or Style()))
    if shown not in names:
        names[shown] = _SIGNS[len(names)]
    return names[shown]


def _steady(text: str) -> str:
    for pattern, stands_for in _CHANGING:
        text = "".join(_even(text, pattern, stands_for))
    return text


def _even(text: str, pattern: re.Pattern[str], words: str) -> Iterator[str]:
    """The text with the end of ``words``, as long as the hit, for every hit."""
    at = 0
    for hit in pattern.finditer(text):
        yield text[at : hit.start()]
        yield words[-len(hit[0]) :]
        at = hit.end()
    yield text[at:]
