"""What the widgets of a run share: the colours of the states, texts of a certain width, bars."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from textual.geometry import Region
from textual.scroll_view import ScrollView
from textual.strip import Strip

from zkwizard.widgets.log_pane.display import fitted
from zkwizard.widgets.run.progress import Standing
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


class Coloured(ScrollView):
    """Lines that show states."""

    own_style = Style()
    """What all its lines are drawn on."""

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
        & > .run--head { color: $text; text-style: bold; }
        & > .run--bar { color: $text-primary; }
        & > .run--cursor {
            background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold;
        }
        & > .run--line { color: $text-error; text-style: bold reverse; }
    }
    """

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw; the widget's own style is found out once, and not for every line."""
        self.own_style = self.rich_style
        return super().render_lines(crop)

    def style_of(self, standing: Standing) -> Style:
        """The theme's style of a state."""
        return self.get_component_rich_style(f"run--{standing.name.lower()}")
