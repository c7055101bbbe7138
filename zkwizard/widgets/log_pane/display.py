"""A kept line as it is drawn: nothing in it acts on the terminal, and every character's width is certain."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rich.cells import cell_len, get_character_cell_size

from zkwizard.model.terminal import harmless, without_sequences
from zkwizard.widgets.ascii_signs import in_ascii as signs_in_ascii

_JOINERS = re.compile("[\u200c\u200d\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0100-\U000e01ef]")
"""Joiners, variation selectors and skin tones: terminals disagree on how wide what they join is."""
_TAB = 8


def plain(raw: bytes, ascii_only: bool = False) -> str:
    """The text of a line: one line, no control character; broken UTF-8 as U+FFFD."""
    text = raw.decode(errors="replace")
    if text.isascii() and text.isprintable():
        return text
    text = _JOINERS.sub("", harmless(without_sequences(text)).replace("\n", "␊")).expandtabs(_TAB)
    return in_ascii(text) if ascii_only else text


def all_plain(raws: Iterable[bytes]) -> bool:
    """Whether every line is drawn as it is, a character in each cell."""
    whole = b"".join(raws)
    return whole.isascii() and whole.decode().isprintable()


def in_ascii(text: str) -> str:
    """``text`` for a terminal that has no other signs: control characters as ``^[``, the rest as anywhere."""
    return text if text.isascii() else signs_in_ascii(_CONTROL.sub(_caret, text))


def _caret(hit: re.Match[str]) -> str:
    code = ord(hit[0])
    return "^?" if code == 0x2421 else "^" + chr(code - 0x2400 + 0x40)


_CONTROL = re.compile("[\u2400-\u241f\u2421]")
"""How harmless text shows C0 and DEL."""


def starts(text: str, width: int) -> list[int]:
    """Where each row of ``text`` begins when no row is wider than ``width`` cells, which is 2 at least."""
    if text.isascii():
        return list(range(0, len(text), width)) or [0]
    if cell_len(text) <= width:
        return [0]
    rows, filled = [0], 0
    for place, char in enumerate(text):
        size = get_character_cell_size(char)
        if filled + size > width:
            rows.append(place)
            filled = 0
        filled += size
    return rows


def count_rows(text: str, width: int) -> int:
    """How many rows ``starts`` gives."""
    return max(1, -(-len(text) // width)) if text.isascii() else len(starts(text, width))


def fitted(text: str, width: int) -> str:
    """``text`` cut on the right to ``width`` cells."""
    if cell_len(text) <= width:
        return text
    return text[: starts(text, width)[1]] if width >= 2 else ""


def shortened(text: str, width: int, dots: str) -> str:
    """``text`` with its beginning left out when it is wider than ``width`` cells: a path's end says more."""
    if cell_len(text) <= width:
        return text
    rest = text[::-1]
    return dots + fitted(rest, width - len(dots))[::-1]
