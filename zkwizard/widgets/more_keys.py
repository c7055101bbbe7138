"""A second line of keys, for screens that have more than the footer holds; a click does the same."""

from __future__ import annotations

from rich.text import Text as RichText
from textual import events
from textual.binding import Binding
from textual.widget import Widget
from textual.widgets import Static

from zkwizard.widgets.textual_words import described


class MoreKeys(Widget):
    """Names the keys of some bindings as they are bound now; what can't be done here is left out."""

    def __init__(self, *ids: str) -> None:
        """``ids`` of bindings, in the order in which they are shown."""
        super().__init__()
        self._ids = ids

    async def on_mount(self) -> None:
        """Which keys there are is known once the screen is there."""
        known: dict[str | None, Binding] = {}
        for each in self.screen.active_bindings.values():
            if each.enabled:
                known.setdefault(each.binding.id, each.binding)
        await self.mount(*(_Key(known[name]) for name in self._ids if name in known))


class _Key(Static):
    """One key and its word."""

    def __init__(self, binding: Binding) -> None:
        super().__init__(markup=False)
        self._binding = binding

    def on_mount(self) -> None:
        """As the footer writes it."""
        key = self.app.get_key_display(self._binding)
        self.update(RichText.assemble((key, "bold"), " ", described(self._binding)))

    async def on_click(self, event: events.Click) -> None:
        """The same as the key."""
        event.stop()
        await self.screen.run_action(self._binding.action)
