"""A screen as text and styles, compared with the file that was looked at and kept.

`make snapshots` writes them anew; the difference is then read like that of any other file. Each file has the
screen's lines, and below them the styles of each line, cell by cell: ``a12b3`` is twelve cells in style a and
three in style b.
"""

from __future__ import annotations

import os
import re
from itertools import groupby
from pathlib import Path
from string import ascii_letters, punctuation

from rich.cells import cell_len
from rich.style import Style

from tests.ui.look import Seen

FOLDER = Path(__file__).parent / "snapshots"
_SIGNS = ascii_letters + punctuation
_CHANGING: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?\b"), "9999-12-31 23:59"),
    (re.compile(r"\b\d\d:\d\d:\d\d\b"), "23:59:59"),
    (re.compile(r"\b\ds ago\b"), "9s ago"),
    (re.compile(r"\b\ds 前"), "9s 前"),
    (re.compile(r"zkwizard \d+\.\d+\.\d+"), "zkwizard 9.9.9"),
)
"""What is another one each time, and as wide as what stands for it."""


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
    assert now.partition("-- styles")[0] == kept.partition("-- styles")[0], f"{path.name}: the text"
    assert now == kept, f"{path.name}: the styles"


def _sign(style: Style | None, names: dict[str, str]) -> str:
    shown = re.sub(r" ?link \S+", "", str(style or Style()))
    if shown not in names:
        names[shown] = _SIGNS[len(names)]
    return names[shown]


def _steady(text: str) -> str:
    for pattern, stands_for in _CHANGING:
        text = pattern.sub(lambda hit, words=stands_for: words[: len(hit[0])], text)
    return text
