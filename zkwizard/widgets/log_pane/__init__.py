"""The log pane: lines of nodes, phases and pods, everywhere the same."""

from zkwizard.widgets.log_pane.kinds import Kind
from zkwizard.widgets.log_pane.pane import LogPane

__all__ = ["Kind", "LogPane"]
