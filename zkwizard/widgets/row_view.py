"""Widgets that paint rows of their own many times a second, without what Textual does beside for each.

It looks up border, padding, tint and opacity anew; and every strip that was painted refers to itself from
then on (``Strip.divide`` of 8.2.8), so that only the garbage collector frees it, with all its caches: 100,000
objects in six seconds on a terminal of 200×60, in passes of 30 to 70 ms.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.color import Color
from textual.filter import LineFilter
from textual.geometry import Region
from textual.scroll_view import ScrollView
from textual.strip import Strip


class Row(Strip):
    """A strip that nothing holds but who uses it."""

    __slots__ = ()

    def divide(self, cuts: Iterable[int]) -> Sequence[Strip]:
        """Parts between the cuts; uncut it is itself, and not kept as a part of itself."""
        within = [cut for cut in cuts if cut <= self.cell_length]
        return [self] if within == [self.cell_length] else super().divide(within)

    def apply_filter(self, filter: LineFilter, background: Color) -> Strip:
        """The row as a filter leaves it; found out once."""
        known = self._filter_cache.get((filter, background))
        if known is None:
            known = Row(filter.apply(self._segments, background), self._cell_length)
            self._filter_cache[filter, background] = known
        return known


class RowView(ScrollView):
    """Has no border, padding, tint or opacity; keeps its rows itself, and makes them in ``render_line``."""

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows of a region, as wide as there is room beside the scrollbar."""
        width, height = self.size
        rows = [self.render_line(y) for y in crop.line_range if y < height]
        if len(rows) < crop.height:
            rows += [Strip.blank(width, self.rich_style)] * (crop.height - len(rows))
        background = self.background_colors[1]
        for each in self.get_line_filters():
            rows = [row.apply_filter(each, background) for row in rows]
        first, last = crop.column_span
        return rows if first == 0 and last >= width else [row.crop(first, last) for row in rows]
