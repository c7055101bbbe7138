"""What a node says, made harmless for a terminal: its control sequences could move the cursor, change the
title, or answer for the person who reads.
"""

from __future__ import annotations

import json
import re

_COLOURS = re.compile(r"\x1b\[[0-9;:]*m")
_SEQUENCES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
"""Control sequences as ECMA-48 (5.4) writes them: parameters, intermediates, a final byte."""
_HARMFUL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 but tab and line feed, DEL, C1
    "\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"  # what turns the direction or breaks the line
    "\u00ad\u180e\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"  # invisible
    "\ud800-\udfff]"  # halves of characters: no terminal's encoding can carry them
)


def harmless(text: str) -> str:
    """``text`` without colours, and with other control characters as visible signs; lines and tabs stay."""
    return _HARMFUL.sub(_visible, _COLOURS.sub("", text.replace("\r\n", "\n")))


def harmless_json(text: str) -> str:
    """The same value as JSON with escapes for what a terminal would act on."""
    return _HARMFUL.sub(lambda hit: json.dumps(hit[0])[1:-1], text)


def one_line(text: str) -> str:
    """The same in one line, for a cell of a table."""
    return " ".join(harmless(text).split())


def without_sequences(text: str) -> str:
    """``text`` without the control sequences that progress is drawn with; they print nothing themselves."""
    return _SEQUENCES.sub("", text)


def _visible(hit: re.Match[str]) -> str:
    code = ord(hit[0])
    if code < 0x20 or code == 0x7F:
        return chr(0x2400 + code) if code < 0x20 else "\u2421"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
