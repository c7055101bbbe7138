"""What the last look at every line changes: plain ASCII on request, and no colour at all for NO_COLOR."""

from __future__ import annotations

from functools import lru_cache

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from zkwizard.widgets.ascii_signs import in_ascii


class Ascii(LineFilter):
    """Lines, blocks, arrows and marks in ASCII. Letters of any script stay: they are somebody's words."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same segments with other signs, each as wide as before."""
        return [
            segment if segment.text.isascii() else Segment(in_ascii(segment.text), segment.style)
            for segment in segments
        ]


class Colourless(LineFilter):
    """No colours; what a background sets apart (a cursor, a selection) is reversed instead."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same segments with bold, underline and reverse only."""
        return [
            Segment(text, None if style is None else _plain(style, background.brightness), control)
            for text, style, control in segments
        ]


_DEFAULT = Style.from_color(RichColor.default(), RichColor.default())
_APART = 0.2
"""Difference of brightness (0 to 1) from which a background means something."""


@lru_cache(4096)
def _plain(style: Style, around: float) -> Style:
    own = style.bgcolor
    apart = (
        own is not None
        and not own.is_default
        and abs(Color.from_rich_color(own).brightness - around) > _APART
    )
    plain = style + _DEFAULT
    return plain + Style(reverse=not style.reverse) if apart else plain
