"""What the widgets of a run share: the colours of the states, texts of a certain width, bars."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from zkwizard.widgets.log_pane.display import fitted
from zkwizard.widgets.row_view import Row, RowView
from zkwizard.widgets.run.cell import Standing
from zkwizard.widgets.words import mark, plain_signs


def padded(text: str, width: int) -> str:
    """``text`` in exactly so many cells, with dots where something is left out."""
    size = cell_len(text)
    if size > width:
        text = fitted(text, width - 1) + mark("…") if width > 1 else fitted(text, width)
        size = cell_len(text)
    return text + " " * (width - size)


def bar(fraction: float, width: int) -> str:
    """How much is over; full only when all is."""
    full = width if fraction >= 1 else min(width - 1, int(fraction * width)) if width else 0
    done, rest = ("#", ".") if plain_signs() else ("━", "·")
    return done * full + rest * (width - full)


class Coloured(RowView):
    """Lines that show states. Only those that are other ones are painted: that costs more than all else."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"run--{standing.name.lower()}" for standing in Standing),
        "run--head",
        "run--bar",
        "run--cursor",
        "run--line",
    }
    DEFAULT_CSS = """
    Coloured {
        & > .run--waiting { color: $text-muted; }
        & > .run--at_work { color: $text-accent; text-style: bold; }
        & > .run--unchanged { color: $text-muted; }
        & > .run--changed { color: $text-success; }
        & > .run--failed { color: $text-error; text-style: bold; }
        & > .run--skipped { color: $text-warning; }
        & > .run--stopped { color: $text-warning; }
        & > .run--blocked { color: $text-warning; }
        & > .run--before { color: $text-muted; }
        & > .run--head { color: $text; text-style: bold; }
        & > .run--bar { color: $text-primary; }
        & > .run--cursor {
            background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold;
        }
        & > .run--line { color: $text-error; text-style: bold reverse; }
    }
    """

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.own_style = Style()
        """What all its lines are drawn on."""
        self._lines: dict[int, Strip] = {}
        """The lines that are on the screen, or will be as soon as it is painted."""
        self._seen: tuple[object, ...] = ()
        """From where they are seen."""
        self._styles: dict[str, Style] = {}

    def line(self, y: int) -> Strip:
        """What is to stand in a row of the widget now."""
        raise NotImplementedError

    def refresh_changed(self, lines: Iterable[int] | None = None) -> None:
        """Have those lines painted that are other ones now; ``lines`` where no others can be."""
        width, height = self.scrollable_content_region.size
        for y in range(height) if lines is None else lines:
            if not 0 <= y < height:
                continue
            line = self.line(y)
            if line != self._lines.get(y):
                self._lines[y] = Row(line, line.cell_length)
                self.refresh(Region(0, y, width, 1))

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw. All lines are made anew when the widget was scrolled, has another size or the focus."""
        self.own_style = self.rich_style
        seen = (self.scroll_offset, self.size, self.has_focus, self.own_style)
        if seen != self._seen:
            self._seen = seen
            self._lines.clear()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """The line as it was made last; that is done once for each change."""
        if y not in self._lines:
            line = self.line(y)
            self._lines[y] = Row(line, line.cell_length)
        return self._lines[y]

    def notify_style_update(self) -> None:
        """Another theme: other styles."""
        super().notify_style_update()
        self._styles.clear()
        self._lines.clear()

    def style_of(self, standing: Standing) -> Style:
        """The theme's style of a state."""
        return self.styled(standing.name.lower())

    def styled(self, name: str) -> Style:
        """The theme's style of a part; found out once, as that takes a look at all that lies below it."""
        if name not in self._styles:
            self._styles[name] = self.get_component_rich_style(f"run--{name}")
        return self._styles[name]
