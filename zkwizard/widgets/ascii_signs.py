"""What stands for each sign in plain ASCII: one table for the screens and for the log pane.

Letters and digits of any script stay: they are somebody's words. Everything takes as many cells as before.
"""

from __future__ import annotations

import unicodedata

_SIGNS = {
    "─": "-", "━": "-", "│": "|", "┃": "|", "║": "|", "═": "=", "╸": "-", "╺": "-", "╹": "|", "╻": "|",
    "…": "~", "·": ".", "•": "*", "●": "*", "○": "o", "■": "#", "✓": "+", "✗": "x", "▶": ">", "▸": ">",
    "»": "/", "▼": "v", "▲": "^", "◀": "<", "◂": "<", "→": ">", "←": "<", "↑": "^", "↓": "v", "–": "-",
    "’": "'", "‘": "'", "“": '"', "”": '"', "▁": "_", "▔": "-", "▎": "|", "▊": "|", "▌": "|", "▐": "|",
    "▏": "|", "▕": "|", "⏎": "<", "␣": "_", "🔎": "/ ", "⭘": "o", "✔": "+", "×": "x", "≤": "<", "≥": ">",
    "—": "-", "\xa0": " ",
}  # fmt: skip
_RANGES = ((0x2500, 0x2580, "+"), (0x2580, 0x25A0, "#"), (0x25A0, 0x2600, "*"), (0x2190, 0x2200, "^"))
"""Lines, blocks, shapes, arrows."""
_WORDS = ("L", "M", "Nd")
"""Beginnings of the Unicode categories that words and numbers are made of."""


class _Plain(dict[int, str]):
    """For ``str.translate``: found out once for every character that comes."""

    def __missing__(self, code: int) -> str:
        self[code] = found = _plain(chr(code))
        return found


def _plain(char: str) -> str:
    code = ord(char)
    if code < 0x80 or char in _SIGNS:
        return _SIGNS.get(char, char)
    for first, last, sign in _RANGES:
        if first <= code < last:
            return sign
    if unicodedata.category(char).startswith(_WORDS):
        return char
    from rich.cells import get_character_cell_size  # commands import this module, and --help is light

    return "?" * get_character_cell_size(char)


_TABLE = _Plain()


def in_ascii(text: str) -> str:
    """``text`` with signs in ASCII, as wide as before."""
    return text if text.isascii() else text.translate(_TABLE)
