"""The run: its screen, a person's word about it, what it asks, and the run itself as the screen sees it."""

from zkwizard.screens.run.screen import Run

__all__ = ["Run"]
