"""How the lines are shown, and where somebody reads in each source."""

from __future__ import annotations

from dataclasses import dataclass, field

from zkwizard.widgets.log_pane.search import Pattern


@dataclass
class Options:
    """The same for all sources of a pane."""

    wrap: bool = True
    times: bool = False
    pattern: Pattern = field(default_factory=lambda: Pattern(""))
    only: bool = True
    """Whether a pattern hides the lines without it."""
    ascii_only: bool = False


@dataclass
class Place:
    """Where somebody reads in a source."""

    following: bool = True
    paused_at: int = 0
    """How many lines had come when following ended."""
    top: tuple[int, int] = (0, 0)
    """The line at the top of the screen, and which of its rows."""
    left: int = 0
    """Cells that are scrolled out at the left when lines are not wrapped."""
    current: int | None = None
    """The line that was last jumped to."""
